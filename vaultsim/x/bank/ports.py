"""What x/bank needs from other modules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vaultsim.context import Context


class Accounts(Protocol):
    """Accounts by address."""

    def find(self, ctx: Context, address: bytes) -> object | None:
        """The account at an address, or None."""
        ...

    def ensure_account(self, ctx: Context, address: bytes) -> None:
        """Creates a plain account unless there is one."""
        ...

    def ensure_accounts(self, ctx: Context, addresses: Sequence[bytes]) -> None:
        """As `ensure_account` for each of several different addresses."""
        ...

    def module_account(self, ctx: Context, name: str) -> object:
        """A module's account, created if missing; panics for an unknown name."""
        ...
