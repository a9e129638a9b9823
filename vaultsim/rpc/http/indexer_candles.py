"""Candles of fills, by pair and resolution; bounded, and undone when the chain goes back."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from vaultsim.context import NANOSECONDS
from vaultsim.rpc.http.indexer_markets import Market
from vaultsim.rpc.http.indexer_numbers import plus, usdc
from vaultsim.rpc.http.indexer_records import Fill

RESOLUTIONS: Final[Mapping[str, int]] = {
    "1MIN": 60,
    "5MINS": 300,
    "15MINS": 900,
    "30MINS": 1_800,
    "1HOUR": 3_600,
    "4HOURS": 14_400,
    "1DAY": 86_400,
}
"""Seconds by name."""
MOST_CANDLES: Final = 1_000
"""Remembered ones of each pair and resolution."""
MOST_UNDONE: Final = 100_000

Series = tuple[int, str]


class Candle(NamedTuple):
    """What was traded of a pair in one span of time; prices and volumes in human units."""

    start_seconds: int
    low: Decimal
    high: Decimal
    open: Decimal
    close: Decimal
    base_volume: Decimal
    usd_volume: Decimal
    trades: int
    starting_open_interest: Decimal


class _Change(NamedTuple):
    height: int
    series: Series
    start_seconds: int
    before: Candle | None


class CandleStore:
    """Candles by pair and resolution, the oldest first."""

    def __init__(self) -> None:
        self._series: dict[Series, dict[int, Candle]] = {}
        self._changes: deque[_Change] = deque(maxlen=MOST_UNDONE)

    def add(self, fill: Fill, market: Market, open_interest: int) -> None:
        """Adds a fill to a candle of each resolution. open_interest: base quantums before the fill's block."""
        for name, seconds in RESOLUTIONS.items():
            start = fill.time_ns // NANOSECONDS // seconds * seconds
            series = (fill.clob_pair_id, name)
            candles = self._series.setdefault(series, {})
            before = candles.get(start)
            if before is None:
                candles[start] = _first(start, fill, market, open_interest)
            else:
                candles[start] = _grown(before, fill, market)
            self._changes.append(_Change(fill.height, series, start, before))
            if len(candles) > MOST_CANDLES:
                del candles[next(iter(candles))]

    def between(self, clob_pair_id: int, resolution: str, first: int | None, end: int | None) -> list[Candle]:
        """Candles that start from `first` to before `end` (seconds since 1970), the last one first."""
        candles = self._series.get((clob_pair_id, resolution), {})
        return [
            candle
            for start, candle in reversed(candles.items())
            if (first is None or start >= first) and (end is None or start < end)
        ]

    def go_back(self, height: int, time_ns: int) -> None:
        """Undoes what blocks above `height` added; what cannot be undone any more is forgotten."""
        is_whole = len(self._changes) < MOST_UNDONE
        while self._changes and self._changes[-1].height > height:
            change = self._changes.pop()
            candles = self._series[change.series]
            if change.before is None:
                candles.pop(change.start_seconds, None)
            elif change.start_seconds in candles:
                candles[change.start_seconds] = change.before
        if not is_whole and not self._changes:
            self._forget_from(time_ns // NANOSECONDS)

    def _forget_from(self, seconds: int) -> None:
        for (_, resolution), candles in self._series.items():
            for start in [one for one in candles if one + RESOLUTIONS[resolution] > seconds]:
                del candles[start]


def _first(start: int, fill: Fill, market: Market, open_interest: int) -> Candle:
    price = fill.price
    return Candle(
        start_seconds=start,
        low=price,
        high=price,
        open=price,
        close=price,
        base_volume=market.size(fill.base_quantums),
        usd_volume=usdc(fill.quote_quantums),
        trades=1,
        starting_open_interest=market.size(open_interest),
    )


def _grown(before: Candle, fill: Fill, market: Market) -> Candle:
    return before._replace(
        low=min(before.low, fill.price),
        high=max(before.high, fill.price),
        close=fill.price,
        base_volume=plus(before.base_volume, market.size(fill.base_quantums)),
        usd_volume=plus(before.usd_volume, usdc(fill.quote_quantums)),
        trades=before.trades + 1,
    )
