"""What the indexer remembers of blocks: fills, transfers, candles, oracle prices; bounded, undone with the chain."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple, TypeVar

from vaultsim.context import NANOSECONDS
from vaultsim.node.live.blocks import BlockRecord
from vaultsim.node.live.node import Node
from vaultsim.rpc.http.indexer_candles import CandleStore
from vaultsim.rpc.http.indexer_markets import Market, Markets
from vaultsim.rpc.http.indexer_records import Fill, Transfer, fills_of, transfers_of

R = TypeVar("R", Fill, Transfer)
MOST_FILLS: Final = 50_000
MOST_TRANSFERS: Final = 50_000
_DAY_NS: Final = 86_400 * NANOSECONDS
_SAMPLE_NS: Final = 300 * NANOSECONDS
_MOST_SAMPLES: Final = _DAY_NS // _SAMPLE_NS + 1


class DayOfTrade(NamedTuple):
    """What was traded of a pair within the last 24 hours of chain time."""

    quote_quantums: int = 0
    trades: int = 0


class History:
    """Listens to a node's blocks. Newest first wherever it is read."""

    def __init__(self, node: Node, markets: Markets) -> None:
        self._node = node
        self._markets = markets
        self._fills: deque[Fill] = deque(maxlen=MOST_FILLS)
        self._transfers: deque[Transfer] = deque(maxlen=MOST_TRANSFERS)
        self._samples: deque[tuple[int, dict[int, int]]] = deque(maxlen=_MOST_SAMPLES)
        self._by_owner: dict[tuple[str, int], list[Fill]] = {}
        self._by_owner_at = b""
        self.candles = CandleStore()
        self._open_interest = self._present_open_interest()
        for record in node.blocks.oldest_first():
            self._follow(record)
        self._sample(node.time_ns)
        node.listeners.append(self._follow)
        node.revert_listeners.append(self._go_back)

    def fills(self) -> Iterator[Fill]:
        """Remembered fills."""
        return reversed(self._fills)

    def fills_of(self, owner: str, number: int) -> list[Fill]:
        """Remembered fills of a subaccount, the oldest first."""
        state = self._node.app.store.app_hash
        if state != self._by_owner_at:
            self._by_owner = {}
            for fill in self._fills:
                for side in (fill.taker, fill.maker):
                    self._by_owner.setdefault((side.owner, side.number), []).append(fill)
            self._by_owner_at = state
        return self._by_owner.get((owner, number), [])

    def transfers(self) -> Iterator[Transfer]:
        """Remembered transfers."""
        return reversed(self._transfers)

    def last_day(self) -> dict[int, DayOfTrade]:
        """Volumes by pair; pairs without a trade are left out."""
        since_ns = self._node.time_ns - _DAY_NS
        days: dict[int, DayOfTrade] = {}
        for fill in self.fills():
            if fill.time_ns < since_ns:
                break
            day = days.get(fill.clob_pair_id, DayOfTrade())
            days[fill.clob_pair_id] = DayOfTrade(day.quote_quantums + fill.quote_quantums, day.trades + 1)
        return days

    def price_of_yesterday(self, market: Market) -> int | None:
        """The oracle price 24 hours ago, or the first one known since, within five minutes; None without any."""
        since_ns = self._node.time_ns - _DAY_NS
        for time_ns, prices in self._samples:
            if time_ns >= since_ns - _SAMPLE_NS and market.perpetual.params.market_id in prices:
                return prices[market.perpetual.params.market_id]
        return None

    def _follow(self, record: BlockRecord) -> None:
        traded: dict[int, int] = {}
        for fill in self._add_records(record):
            market = self._markets.of_pair(fill.clob_pair_id)
            if market is not None:
                traded[market.pair.id] = market.perpetual.open_interest
                before = self._open_interest.get(market.pair.id, 0)
                self.candles.add(fill, market, before)
        self._open_interest.update(traded)
        if not self._samples or record.time_ns - self._samples[-1][0] >= _SAMPLE_NS:
            self._sample(record.time_ns)

    def _add_records(self, record: BlockRecord) -> list[Fill]:
        fills = fills_of(record, self._markets)
        self._fills.extend(fills)
        self._transfers.extend(transfers_of(record))
        return fills

    def _go_back(self, height: int) -> None:
        _drop_above(self._fills, height)
        _drop_above(self._transfers, height)
        while self._samples and self._samples[-1][0] > self._node.time_ns:
            self._samples.pop()
        self.candles.go_back(height, self._node.time_ns)
        self._open_interest = self._present_open_interest()

    def _present_open_interest(self) -> dict[int, int]:
        return {market.pair.id: market.perpetual.open_interest for market in self._markets.all()}

    def _sample(self, time_ns: int) -> None:
        prices = self._node.app.modules.prices.all_market_prices(self._node.app.query_context())
        self._samples.append((time_ns, {price.id: price.price for price in prices}))


def _drop_above(records: deque[R], height: int) -> None:
    while records and records[-1].height > height:
        records.pop()
