"""Values of x/bank that are no wire types."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from vaultsim.errors import ChainPanic
from vaultsim.pb.cosmos.base.v1beta1 import Coin as PbCoin

_DENOM: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9/:._-]{2,127}", re.ASCII)
_INTEGER: Final = re.compile(r"[+-]?[0-9]+", re.ASCII)
_MOST_BITS: Final = 256


class Coin(NamedTuple):
    """An amount of one denomination in its smallest unit."""

    denom: str
    amount: int

    def __str__(self) -> str:
        return f"{self.amount}{self.denom}"


Coins = tuple[Coin, ...]


def coins_text(coins: Iterable[Coin]) -> str:
    """Coins as events and logs show them: amount and denomination, separated by commas."""
    return ",".join([f"{coin.amount}{coin.denom}" for coin in coins])


def is_amount(text: str) -> bool:
    """Whether a wire amount decodes: no text (unset), or a decimal integer of at most 256 bits."""
    return not text or (_INTEGER.fullmatch(text) is not None and int(text).bit_length() <= _MOST_BITS)


def coins_of(wire: Iterable[PbCoin]) -> Coins:
    """Coins of a message. Panics for an unset amount, as touching it does on the chain."""
    coins = []
    for coin in wire:
        if not coin.amount:
            raise ChainPanic("runtime error: invalid memory address or nil pointer dereference")
        coins.append(Coin(coin.denom, int(coin.amount)))
    return tuple(coins)


def to_wire(coins: Iterable[Coin]) -> tuple[PbCoin, ...]:
    """Coins as messages hold them."""
    return tuple(PbCoin(denom=coin.denom, amount=str(coin.amount)) for coin in coins)


@lru_cache(maxsize=4_096)
def is_denom(text: str) -> bool:
    """Whether `text` is well formed as a denomination."""
    return _DENOM.fullmatch(text) is not None


def are_valid(coins: Coins) -> bool:
    """Whether every amount is positive and the denominations are well formed, distinct and in order."""
    before = ""
    for coin in coins:
        if coin.amount <= 0 or coin.denom <= before or not is_denom(coin.denom):
            return False
        before = coin.denom
    return True
