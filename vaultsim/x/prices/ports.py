"""What x/prices needs from other modules."""

from __future__ import annotations

from typing import Protocol

from vaultsim.context import Context
from vaultsim.x.marketmap.types import MarketMapEntry


class MarketMapPort(Protocol):
    """The market map."""

    def find(self, pair_text: str) -> MarketMapEntry | None:
        """The market of a pair "BASE/QUOTE", or None."""
        ...

    def read(self, ctx: Context, pair_text: str) -> MarketMapEntry | None:
        """Like `find`, paid for where gas is."""
        ...

    def enable(self, ctx: Context, pair_text: str) -> None:
        """Enables a market; raises ChainError for an unknown pair."""
        ...

    def disable(self, ctx: Context, pair_text: str) -> None:
        """Disables a market; raises ChainError for an unknown pair."""
        ...


class RevsharePort(Protocol):
    """Revenue shares of market mappers."""

    def create_mapper_details(self, ctx: Context, market_id: int) -> None:
        """Starts the mapper's share of a new market. Source: dydx-modules §15.4."""
        ...


class PriceListener(Protocol):
    """A module that is told of price updates."""

    def market_prices_updated(self, ctx: Context, market_ids: tuple[int, ...]) -> None:
        """The prices of these markets were written, changed or not."""
        ...
