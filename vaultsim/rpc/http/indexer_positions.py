"""Subaccounts and their positions in the indexer's shapes.

What the state does not hold (entry prices, sums, realized gains) comes from the remembered fills; a part of a
position that is older than those counts as entered at the present oracle price. Source: client-surfaces §§1.1, 1.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any as Json
from typing import NamedTuple

from vaultsim.node.live.node import Node
from vaultsim.pb.dydxprotocol.subaccounts import PerpetualPosition, Subaccount
from vaultsim.pb.runtime import sized_text
from vaultsim.rpc.http.indexer_history import History
from vaultsim.rpc.http.indexer_markets import Market, Markets
from vaultsim.rpc.http.indexer_numbers import ZERO, exact, iso_time, minus, over, plus, text, times, usdc
from vaultsim.rpc.http.indexer_records import Fill
from vaultsim.x.assets.types import USDC_ASSET_ID


class Entry(NamedTuple):
    """How a position came about: its sums in base units, average prices, and the height and time of its start."""

    size: Decimal = ZERO
    entry_price: Decimal = ZERO
    max_size: Decimal = ZERO
    sum_open: Decimal = ZERO
    sum_close: Decimal = ZERO
    exit_price: Decimal = ZERO
    realized: Decimal = ZERO
    height: int = 0
    time_ns: int = 0


class Positions:
    """Reads subaccounts of the last committed state."""

    def __init__(self, node: Node, markets: Markets, history: History) -> None:
        self._node = node
        self._markets = markets
        self._history = history

    def subaccounts_of(self, owner: str) -> Iterator[Subaccount]:
        """The subaccounts of an address, by number as the store orders them."""
        ctx = self._node.app.query_context()
        rows = self._node.app.modules.subaccounts.state.subaccounts.items(ctx, b"\x0a" + sized_text(owner))
        for key, subaccount in rows:
            if key.owner == owner:
                yield subaccount

    def subaccount_json(self, subaccount: Subaccount) -> dict[str, Json]:
        """A subaccount with its positions."""
        funding = self._funding(subaccount)
        assets = {one["symbol"]: one for one in self.asset_json(subaccount)}
        perpetuals = {one["market"]: one for one in self.perpetual_json(subaccount)}
        equity, initial_margin = self._worth(subaccount, funding)
        owner, number = _names(subaccount)
        height = str(self._node.height)
        return {
            "address": owner,
            "subaccountNumber": number,
            "equity": text(equity),
            "freeCollateral": text(minus(equity, initial_margin)),
            "openPerpetualPositions": perpetuals,
            "assetPositions": assets,
            "marginEnabled": True,
            "updatedAtHeight": height,
            "latestProcessedBlockHeight": height,
        }

    def equity(self, subaccount: Subaccount) -> Decimal:
        """What a subaccount is worth at oracle prices, in USDC."""
        return self._worth(subaccount, self._funding(subaccount))[0]

    def asset_json(self, subaccount: Subaccount) -> list[dict[str, Json]]:
        """Asset positions, that of USDC with the unsettled funding; those of nothing are left out."""
        ctx, keeper = self._node.app.query_context(), self._node.app.modules.keepers.assets
        quantums = {USDC_ASSET_ID: 0, **{one.asset_id: one.quantums for one in subaccount.asset_positions}}
        found = []
        for asset_id in sorted(quantums):
            asset = keeper.find(ctx, asset_id)
            if asset is None:
                continue
            size = exact(quantums[asset_id], asset.atomic_resolution)
            if asset_id == USDC_ASSET_ID:
                size = plus(size, self._funding(subaccount))
            if size:
                found.append(_asset_json(asset_id, asset.symbol, size, _names(subaccount)[1]))
        return found

    def perpetual_json(self, subaccount: Subaccount) -> list[dict[str, Json]]:
        """Open perpetual positions."""
        shown = []
        for position in subaccount.perpetual_positions:
            market = self._markets.of_perpetual(position.perpetual_id)
            if market is not None:
                shown.append(self._open_json(subaccount, position, market))
        return shown

    def _funding(self, subaccount: Subaccount) -> Decimal:
        """Funding of all positions that is not paid yet, in USDC; positive when the subaccount gets it."""
        return plus(*(self._unsettled_funding(one) for one in subaccount.perpetual_positions))

    def _open_json(self, subaccount: Subaccount, position: PerpetualPosition, market: Market) -> dict[str, Json]:
        size = market.size(position.quantums)
        entry = self._entry(subaccount, market, size)
        gain = times(size, minus(market.oracle_price, entry.entry_price))
        return {
            "market": market.ticker,
            "status": "OPEN",
            "side": "LONG" if size > 0 else "SHORT",
            "size": text(size),
            "maxSize": text(entry.max_size),
            "entryPrice": text(entry.entry_price),
            "exitPrice": text(entry.exit_price) if entry.sum_close else None,
            "realizedPnl": text(entry.realized),
            "unrealizedPnl": text(gain),
            "createdAt": iso_time(entry.time_ns),
            "createdAtHeight": str(entry.height),
            "closedAt": None,
            "sumOpen": text(entry.sum_open),
            "sumClose": text(entry.sum_close),
            "netFunding": text(self._unsettled_funding(position)),
            "subaccountNumber": _names(subaccount)[1],
        }

    def _entry(self, subaccount: Subaccount, market: Market, size: Decimal) -> Entry:
        owner, number = _names(subaccount)
        own = [fill for fill in self._history.fills_of(owner, number) if fill.clob_pair_id == market.pair.id]
        moves = [_move(fill, market, owner, number) for fill in own]
        older = minus(size, plus(*(move.size for move in moves)))
        first = self._node.blocks.get(self._node.blocks.earliest_height)
        entry = Entry(
            size=older,
            entry_price=market.oracle_price if older else ZERO,
            max_size=older,
            sum_open=abs(older),
            height=first.height if first is not None else self._node.height,
            time_ns=first.time_ns if first is not None else self._node.time_ns,
        )
        for move in moves:
            entry = _moved(entry, move)
        return entry

    def _unsettled_funding(self, position: PerpetualPosition) -> Decimal:
        market = self._markets.of_perpetual(position.perpetual_id)
        if market is None:
            return ZERO
        change = position.funding_index - market.perpetual.funding_index
        # Indexes are quote quantums per base quantum in ppm.
        return times(usdc(position.quantums * change), exact(1, -6))

    def _worth(self, subaccount: Subaccount, funding: Decimal) -> tuple[Decimal, Decimal]:
        """Equity and initial margin requirement, in USDC."""
        cash = sum(one.quantums for one in subaccount.asset_positions if one.asset_id == USDC_ASSET_ID)
        equity, margin = plus(usdc(cash), funding), ZERO
        for position in subaccount.perpetual_positions:
            market = self._markets.of_perpetual(position.perpetual_id)
            if market is not None:
                notional = times(market.size(position.quantums), market.oracle_price)
                equity = plus(equity, notional)
                margin = plus(margin, times(abs(notional), market.initial_margin_fraction))
        return equity, margin


class _Move(NamedTuple):
    """What a fill did to one subaccount's position; size is negative for a sale."""

    size: Decimal
    price: Decimal
    height: int
    time_ns: int


def _names(subaccount: Subaccount) -> tuple[str, int]:
    return ("", 0) if subaccount.id is None else (subaccount.id.owner, subaccount.id.number)


def _move(fill: Fill, market: Market, owner: str, number: int) -> _Move:
    side = fill.taker if (fill.taker.owner, fill.taker.number) == (owner, number) else fill.maker
    size = market.size(fill.base_quantums if side.is_buy else -fill.base_quantums)
    return _Move(size, fill.price, fill.height, fill.time_ns)


def _moved(entry: Entry, move: _Move) -> Entry:
    """The position after a fill: opened, grown, shrunk, or turned around."""
    if not entry.size:
        size = abs(move.size)
        return Entry(move.size, move.price, move.size, size, ZERO, ZERO, ZERO, move.height, move.time_ns)
    if (entry.size > 0) == (move.size > 0):
        return _grown(entry, move)
    closed = min(abs(entry.size), abs(move.size))
    shrunk = _shrunk(entry, move.price, closed)
    rest = plus(entry.size, move.size)
    if not rest or (rest > 0) == (entry.size > 0):
        return shrunk._replace(size=rest)
    return _moved(Entry(), move._replace(size=rest))


def _grown(entry: Entry, move: _Move) -> Entry:
    size = plus(entry.size, move.size)
    opened = plus(entry.sum_open, abs(move.size))
    paid = plus(times(entry.entry_price, entry.sum_open), times(move.price, abs(move.size)))
    largest = size if abs(size) > abs(entry.max_size) else entry.max_size
    return entry._replace(size=size, sum_open=opened, entry_price=over(paid, opened), max_size=largest)


def _shrunk(entry: Entry, price: Decimal, closed: Decimal) -> Entry:
    sum_close = plus(entry.sum_close, closed)
    got = plus(times(entry.exit_price, entry.sum_close), times(price, closed))
    gain = minus(price, entry.entry_price) if entry.size > 0 else minus(entry.entry_price, price)
    return entry._replace(
        sum_close=sum_close, exit_price=over(got, sum_close), realized=plus(entry.realized, times(gain, closed))
    )


def _asset_json(asset_id: int, symbol: str, size: Decimal, number: int) -> dict[str, Json]:
    return {
        "symbol": symbol,
        "side": "LONG" if size > 0 else "SHORT",
        "size": text(abs(size)),
        "assetId": str(asset_id),
        "subaccountNumber": number,
    }
