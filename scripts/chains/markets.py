"""Markets of the shipped chains: oracle exponent and price, resolution, step, tick, tier.

The first rows of markets.csv are facts of the dYdX chain's own genesis; the rest are plausible markets of the same
kind, with the resolution that the chain's listing rule gives: atomic_resolution = -6 - (digits of price - 1 - decimals).
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

CROSS = "PERPETUAL_MARKET_TYPE_CROSS"
ISOLATED = "PERPETUAL_MARKET_TYPE_ISOLATED"
_TABLE = Path(__file__).with_name("markets.csv")


class Market(NamedTuple):
    """One market: price in units of 10^exponent USD; the rest as in perpetual and clob pair."""

    ticker: str
    exponent: int
    price: int
    atomic_resolution: int
    step_base_quantums: int
    subticks_per_tick: int
    quantum_conversion_exponent: int
    liquidity_tier: int
    isolated: bool
    min_price_change_ppm: int
    default_funding_ppm: int

    @property
    def market_type(self) -> str:
        return ISOLATED if self.isolated else CROSS


def market_rows() -> list[Market]:
    """The markets of the table, in its order."""
    with _TABLE.open(newline="") as stream:
        return [_market(row) for row in csv.DictReader(stream)]


def markets(*tickers: str) -> list[Market]:
    """The named markets, in the order asked for."""
    found = {market.ticker: market for market in market_rows()}
    return [found[ticker] for ticker in tickers]


def _market(row: dict[str, str]) -> Market:
    numbers = {name: int(value) for name, value in row.items() if name not in ("ticker", "isolated")}
    return Market(ticker=row["ticker"], isolated=row["isolated"] == "1", **numbers)
