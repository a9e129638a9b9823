"""What x/vest asks of others."""

from __future__ import annotations

from typing import Protocol

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.blocktime import BlockInfo
from vaultsim.x.bank.types import Coins


class Bank(Protocol):
    """Balances."""

    def balance(self, ctx: Context, address: bytes, denom: str) -> int:
        """Amount of `denom` that `address` has."""
        ...

    def send_between_modules(self, ctx: Context, sender: str, recipient: str, coins: Coins) -> None:
        """Sends between modules' accounts; an unknown name is a chain panic."""
        ...


class Clock(Protocol):
    """Block times."""

    def previous_block(self, ctx: Context) -> BlockInfo:
        """Height and time of the block before; Go's zero time when there was none."""
        ...
