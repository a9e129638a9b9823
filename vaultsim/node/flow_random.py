"""Random numbers that are the same on every machine: integers only.

Source: SplitMix64 (Steele, Lea, Flood 2014; the constants are its definition). A normal draw is the sum of twelve
uniform draws minus six (Irwin-Hall: mean 0, variance 1, within ±6), in units of 2^-32.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

_MASK: Final = (1 << 64) - 1
_GAMMA: Final = 0x9E3779B97F4A7C15
FRACTION_BITS: Final = 32
"""Fixed-point fraction bits of normal draws, log returns and growth factors."""
ONE: Final = 1 << FRACTION_BITS

T = TypeVar("T")


class Random:
    """SplitMix64 from a seed of any size; `child` gives an independent stream for a name and a number."""

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK
        while seed >> 64:
            seed >>= 64
            self._state = (self.next64() ^ seed) & _MASK

    def next64(self) -> int:
        """A uniform draw of 64 bits."""
        self._state = (self._state + _GAMMA) & _MASK
        mixed = self._state
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & _MASK
        return mixed ^ mixed >> 31

    def below(self, bound: int) -> int:
        """A uniform draw from 0 to bound - 1 (bias below bound / 2^64)."""
        return self.next64() * bound >> 64

    def between(self, low: int, high: int) -> int:
        """A uniform draw from low to high, both included."""
        return low + self.below(high - low + 1)

    def happens(self, numerator: int, denominator: int) -> bool:
        """True in numerator of denominator cases."""
        return self.below(denominator) < numerator

    def choose(self, among: Sequence[T]) -> T:
        """One of a non-empty sequence."""
        return among[self.below(len(among))]

    def normal(self) -> int:
        """A normal draw in units of 2^-32."""
        total = 0
        for _ in range(6):
            both = self.next64()
            total += (both >> 32) + (both & 0xFFFFFFFF)
        return total - 6 * ONE

    def capture(self) -> int:
        """Where the sequence stands."""
        return self._state

    def restore(self, kept: int) -> None:
        """Goes on from a captured place."""
        self._state = kept

    def child(self) -> Random:
        """A generator of its own, so that draws of one kind do not move those of another."""
        return Random(self.next64())


def growth(log_return: int) -> int:
    """exp(x) for x in units of 2^-32, in units of 2^-32, rounded down; for |x| up to about 8.

    The argument is halved until it is below 1/16, seven terms of the series are summed with 64 fraction bits, and the
    result is squared back.
    """
    halvings = max(0, abs(log_return).bit_length() - (FRACTION_BITS - 4))
    one = 1 << 64
    small = (log_return << 64 - FRACTION_BITS) >> halvings
    term = total = one
    for order in range(1, 10):
        term = term * small // (order * one)
        total += term
    for _ in range(halvings):
        total = total * total >> 64
    return total >> 64 - FRACTION_BITS
