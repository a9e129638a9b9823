"""What x/sending asks of others. Source: dydx-modules §§10.8, 11."""

from __future__ import annotations

from typing import Protocol

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.x.bank.types import Coin


class Accounts(Protocol):
    """Accounts of x/auth."""

    def ensure_account(self, ctx: Context, address: bytes) -> None:
        """Makes a plain account unless there is one."""
        ...


class Bank(Protocol):
    """Balances."""

    def send_coins(self, ctx: Context, sender: bytes, recipient: bytes, coins: tuple[Coin, ...]) -> None:
        """Moves coins between accounts."""
        ...

    def send_from_module(self, ctx: Context, module_name: str, recipient: bytes, coins: tuple[Coin, ...]) -> None:
        """Sends from a module's account; an unknown name is a chain panic."""
        ...


class Subaccounts(Protocol):
    """Balances of subaccounts."""

    def deposit(self, ctx: Context, from_address: bytes, to: SubaccountId, asset_id: int, quantums: int) -> None:
        """Moves quantums from an account to a subaccount."""
        ...

    def withdraw(self, ctx: Context, sender: SubaccountId, to_address: bytes, asset_id: int, quantums: int) -> None:
        """Moves quantums from a subaccount to an account."""
        ...

    def transfer(
        self, ctx: Context, sender: SubaccountId, recipient: SubaccountId, asset_id: int, quantums: int
    ) -> None:
        """Moves quantums from one subaccount to another."""
        ...
