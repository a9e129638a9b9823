"""Accounts: found, created with the next number, written. Source: dydx-modules §§1.10, 1.11."""

from __future__ import annotations

from collections.abc import Sequence

from vaultsim.address import module_address, to_bech32
from vaultsim.context import Context
from vaultsim.errors import ChainPanic
from vaultsim.pb.cosmos.auth.v1beta1 import BaseAccount, ModuleAccount, Params
from vaultsim.x.auth.state import AuthState
from vaultsim.x.auth.types import MODULE_PERMISSIONS, Account, base_of
from vaultsim.x.sdk_errors import UnknownAddress


class AccountKeeper:
    """Reads and writes accounts with the chain's accesses, so that their gas is the chain's."""

    def __init__(self, state: AuthState) -> None:
        self.state = state

    def params(self, ctx: Context) -> Params:
        """The parameters; empty ones when genesis gave none."""
        return self.state.params.get(ctx) or Params()

    def find(self, ctx: Context, address: bytes) -> Account | None:
        """The account at an address, or None."""
        return self.state.accounts.get(ctx, address)

    def get(self, ctx: Context, address: bytes) -> Account:
        """The account at an address. Raises UnknownAddress [sdk 9]."""
        account = self.state.accounts.get(ctx, address)
        if account is None:
            raise UnknownAddress(f"account {to_bech32(address)} does not exist")
        return account

    def set_account(self, ctx: Context, address: bytes, account: Account) -> None:
        """Writes an account and its number. Gas: SetAccount of dydx-modules §1.10."""
        old = self.state.accounts.get(ctx, address)
        if old is not None:
            self.state.addresses_by_number.delete(ctx, base_of(old).account_number)
        number = base_of(account).account_number
        if self.state.addresses_by_number.has(ctx, number):
            raise ChainPanic(f"account number {number} is taken")
        self.state.addresses_by_number.set(ctx, number, address)
        self.state.accounts.set(ctx, address, account)

    def ensure_account(self, ctx: Context, address: bytes) -> None:
        """Creates a plain account with the next number unless there is one at the address."""
        if not self.state.accounts.has(ctx, address):
            self._create(ctx, address)

    def ensure_accounts(self, ctx: Context, addresses: Sequence[bytes]) -> None:
        """As `ensure_account` for each of the (different) addresses, in order."""
        for address, is_there in zip(addresses, self.state.accounts.has_all(ctx, addresses), strict=True):
            if not is_there:
                self._create(ctx, address)

    def module_account(self, ctx: Context, name: str) -> ModuleAccount:
        """A module's account, created if missing. Panics for an unknown name or a plain account at its address."""
        permissions = MODULE_PERMISSIONS.get(name)
        if permissions is None:
            raise ChainPanic(f"module account {name} does not exist: unknown address")
        address = module_address(name)
        found = self.state.accounts.get(ctx, address)
        if found is None:
            base = BaseAccount(address=to_bech32(address), account_number=self.take_account_number(ctx))
            created = ModuleAccount(base_account=base, name=name, permissions=permissions)
            self.set_account(ctx, address, created)
            return created
        if not isinstance(found, ModuleAccount):
            raise ChainPanic(f"account {to_bech32(address)} is not a module account")
        return found

    def take_account_number(self, ctx: Context) -> int:
        """The next account number, which is used up."""
        number = self.state.next_account_number.get(ctx) or 0
        self.state.next_account_number.set(ctx, number + 1)
        return number

    def _create(self, ctx: Context, address: bytes) -> None:
        number = self.take_account_number(ctx)
        self.set_account(ctx, address, BaseAccount(address=to_bech32(address), account_number=number))
