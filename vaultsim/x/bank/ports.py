"""What x/bank needs from other modules."""

from __future__ import annotations

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

    def module_account(self, ctx: Context, name: str) -> object:
        """A module's account, created if missing; panics for an unknown name."""
        ...
