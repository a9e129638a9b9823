"""What x/perpvault asks of others. Source: perp-vault §§3, 9, 12."""

from __future__ import annotations

from typing import Protocol

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.prices import MarketPrice
from vaultsim.x.bank.types import Coins


class Accounts(Protocol):
    """Accounts."""

    def module_account(self, ctx: Context, name: str) -> object:
        """A module's account, created if missing."""
        ...


class Bank(Protocol):
    """Tokens are coins of the bank."""

    def balance(self, ctx: Context, address: bytes, denom: str) -> int:
        """What an address holds of a denomination."""
        ...

    def supply(self, ctx: Context, denom: str) -> int:
        """How much of a denomination there is."""
        ...

    def send_to_module(self, ctx: Context, sender: bytes, module_name: str, coins: Coins) -> None:
        """Sends to a module's account; raises [sdk 5]."""
        ...

    def send_from_module(self, ctx: Context, module_name: str, recipient: bytes, coins: Coins) -> None:
        """Sends from a module's account; raises [sdk 4], [sdk 5]."""
        ...

    def send_between_modules(self, ctx: Context, sender: str, recipient: str, coins: Coins) -> None:
        """Sends from a module's account to another's; raises [sdk 5]."""
        ...

    def mint_to_module(self, ctx: Context, module_name: str, coins: Coins) -> None:
        """Makes coins in a module's account."""
        ...

    def burn_from_module(self, ctx: Context, module_name: str, coins: Coins) -> None:
        """Destroys coins of a module's account; raises [sdk 5]."""
        ...


class Prices(Protocol):
    """Markets of the oracle."""

    def find_market_price(self, ctx: Context, market_id: int) -> MarketPrice | None:
        """The price of a market, or None."""
        ...


class CallbackTarget(Protocol):
    """What may be told that a request of the queue was executed or cancelled."""

    def position_executed(self, ctx: Context, key: str, was_executed: bool, is_increase: bool) -> None:
        """Called while the module is locked; what it raises is swallowed, and what it wrote is dropped then."""
        ...
