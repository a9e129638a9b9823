"""What x/rewards asks of others. Source: dydx-modules §17."""

from __future__ import annotations

from typing import Protocol

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.prices import MarketPrice
from vaultsim.x.bank.types import Coin


class Bank(Protocol):
    """Balances."""

    def balance(self, ctx: Context, address: bytes, denom: str) -> int:
        """Amount of `denom` that `address` has."""
        ...

    def send_from_module(self, ctx: Context, module_name: str, recipient: bytes, coins: tuple[Coin, ...]) -> None:
        """Sends from a module's account; an unknown name is a chain panic."""
        ...


class LowestMakerFee(Protocol):
    """The highest rebate."""

    def lowest_maker_fee_ppm(self, ctx: Context) -> int:
        """Smallest maker fee of all tiers; may be negative."""
        ...


class Prices(Protocol):
    """Price of the reward token."""

    def find_market_price(self, ctx: Context, market_id: int) -> MarketPrice | None:
        """The price of a market, or None."""
        ...
