"""What x/assets needs from other modules."""

from __future__ import annotations

from typing import Protocol

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.prices import MarketPrice


class PricesPort(Protocol):
    """Oracle prices."""

    def market_price(self, ctx: Context, market_id: int) -> MarketPrice:
        """The price of a market; raises [prices 201]."""
        ...
