"""Values of x/bank that are no wire types."""

from __future__ import annotations

from typing import NamedTuple


class Coin(NamedTuple):
    """An amount of one denomination in its smallest unit."""

    denom: str
    amount: int

    def __str__(self) -> str:
        return f"{self.amount}{self.denom}"
