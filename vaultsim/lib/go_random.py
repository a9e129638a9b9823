"""Go's seeded pseudo-random generator, as the chain draws with it: the same seed gives the same numbers everywhere.

An additive lagged Fibonacci generator of 607 words of 64 bits with lag 273. Source: dydx-modules §20.14. The table of
constants is Go's (`go_math_rand_constants.txt`, BSD licence in `go_license.txt`).
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Final

from vaultsim.lib.ints import U64_MAX

LENGTH: Final = 607
TAP_LAG: Final = 273
_MODULUS: Final = 2**31 - 1
_MULTIPLIER: Final = 48_271
_SEED_FOR_ZERO: Final = 89_482_311
_WARM_UP: Final = 20


class GoRandom:
    """A generator seeded like Go's `rand.NewSource(seed)`."""

    __slots__ = ("_feed", "_tap", "_words")

    def __init__(self, seed: int) -> None:
        self._words = list(_seeded(seed % _MODULUS))
        self._tap = 0
        self._feed = LENGTH - TAP_LAG

    def intn(self, bound: int) -> int:
        """A number in [0, bound); `bound` is 1 to 2^31 - 1."""
        if not 0 < bound <= _MODULUS:
            raise ValueError(f"a bound of {bound} is outside 1 to {_MODULUS}")
        if bound & (bound - 1) == 0:
            return self._int31() & (bound - 1)
        highest = _MODULUS - 2**31 % bound
        drawn = self._int31()
        while drawn > highest:
            drawn = self._int31()
        return drawn % bound

    def _int31(self) -> int:
        self._tap = (self._tap - 1) % LENGTH
        self._feed = (self._feed - 1) % LENGTH
        word = self._words[self._feed] = (self._words[self._feed] + self._words[self._tap]) & U64_MAX
        return word >> 32 & _MODULUS


@lru_cache(maxsize=4)
def _seeded(seed: int) -> tuple[int, ...]:
    state = seed or _SEED_FOR_ZERO
    for _ in range(_WARM_UP):
        state = _MULTIPLIER * state % _MODULUS
    words: list[int] = []
    for constant in _constants():
        first = _MULTIPLIER * state % _MODULUS
        second = _MULTIPLIER * first % _MODULUS
        state = _MULTIPLIER * second % _MODULUS
        words.append((first << 40 ^ second << 20 ^ state ^ constant) & U64_MAX)
    return tuple(words)


@lru_cache(maxsize=1)
def _constants() -> tuple[int, ...]:
    text = files("vaultsim.lib").joinpath("go_math_rand_constants.txt").read_text("ascii")
    words = tuple(int(line, 16) for line in text.splitlines() if line and not line.startswith("#"))
    assert len(words) == LENGTH
    return words
