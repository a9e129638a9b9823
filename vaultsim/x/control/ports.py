"""What x/control asks of others."""

from __future__ import annotations

from typing import Protocol

from vaultsim.context import Context
from vaultsim.x.bank.types import Coins


class Bank(Protocol):
    """Balances."""

    def mint(self, ctx: Context, recipient: bytes, coins: Coins) -> None:
        """Makes coins and gives them to an account."""
        ...
