"""What x/perpetuals needs from other modules."""

from __future__ import annotations

from typing import Protocol

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.epochs import EpochInfo
from vaultsim.pb.dydxprotocol.prices import MarketPrice


class PricesPort(Protocol):
    """Oracle prices."""

    def market_price(self, ctx: Context, market_id: int) -> MarketPrice:
        """The price of a market; raises [prices 201]."""
        ...

    def find_market_price(self, ctx: Context, market_id: int) -> MarketPrice | None:
        """The price of a market, or None."""
        ...


class EpochsPort(Protocol):
    """Epochs by name."""

    def get(self, ctx: Context, name: str) -> EpochInfo:
        """The epoch; raises [epochs 5]."""
        ...

    def started_this_block(self, ctx: Context, name: str) -> bool:
        """Whether an epoch started in this block; raises [epochs 5]."""
        ...


class ClobPort(Protocol):
    """Clob pairs; bound after both keepers exist."""

    def find_clob_pair_id_for_perpetual(self, ctx: Context, perpetual_id: int) -> int:
        """The clob pair that trades a perpetual; raises [clob 19]."""
        ...

    def clob_pair_status(self, ctx: Context, clob_pair_id: int) -> int:
        """Status of a clob pair (1: active); raises [clob 8]."""
        ...
