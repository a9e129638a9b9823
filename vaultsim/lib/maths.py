"""Division and parts per million with the rounding in the name; integers only.

Source: dydx-modules §2.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from vaultsim.errors import ChainError, ChainPanic
from vaultsim.lib.ints import U64_MAX

ONE_MILLION: Final = 1_000_000


def floor_div(numerator: int, denominator: int) -> int:
    """Quotient rounded toward minus infinity."""
    if denominator == 0:
        raise ChainPanic("division by zero")
    return numerator // denominator


def ceil_div(numerator: int, denominator: int) -> int:
    """Quotient rounded toward plus infinity."""
    if denominator == 0:
        raise ChainPanic("division by zero")
    return -(-numerator // denominator)


def trunc_div(numerator: int, denominator: int) -> int:
    """Quotient rounded toward zero (Go's Quo)."""
    if denominator == 0:
        raise ChainPanic("division by zero")
    quotient = abs(numerator) // abs(denominator)
    return quotient if (numerator < 0) == (denominator < 0) else -quotient


def floor_mod(number: int, divisor: int) -> int:
    """Remainder of the floored division: non-negative for a positive divisor."""
    if divisor == 0:
        raise ChainPanic("division by zero")
    return number % divisor


@lru_cache(maxsize=256)
def pow10(exponent: int) -> int:
    """10^exponent for a non-negative exponent."""
    if exponent < 0:
        raise ValueError(f"pow10 of a negative exponent: {exponent}")
    return int(10**exponent)


def mul_pow10_floor(number: int, exponent: int) -> int:
    """number * 10^exponent, floored when the exponent is negative."""
    return number * pow10(exponent) if exponent >= 0 else number // pow10(-exponent)


def mul_pow10_ceil(number: int, exponent: int) -> int:
    """number * 10^exponent, rounded up when the exponent is negative."""
    return number * pow10(exponent) if exponent >= 0 else -(-number // pow10(-exponent))


def mul_pow10_trunc(number: int, exponent: int) -> int:
    """number * 10^exponent, rounded toward zero when the exponent is negative."""
    return number * pow10(exponent) if exponent >= 0 else trunc_div(number, pow10(-exponent))


def mul_ppm_floor(number: int, ppm: int) -> int:
    """floor(number * ppm / 10^6)."""
    return number * ppm // ONE_MILLION


def mul_ppm_ceil(number: int, ppm: int) -> int:
    """ceil(number * ppm / 10^6); a rebate of -0.9 becomes 0, of -1.1 becomes -1."""
    return -(-(number * ppm) // ONE_MILLION)


def mul_ppm_trunc(number: int, ppm: int) -> int:
    """trunc(number * ppm / 10^6)."""
    return trunc_div(number * ppm, ONE_MILLION)


def round_down_to_multiple(number: int, multiple: int) -> int:
    """Largest multiple not above `number`."""
    if multiple <= 0:
        raise ChainPanic("multiple must be positive")
    return number - number % multiple


def round_up_to_multiple(number: int, multiple: int) -> int:
    """Smallest multiple not below `number`."""
    if multiple <= 0:
        raise ChainPanic("multiple must be positive")
    return -(-number // multiple) * multiple


def clamp(number: int, low: int, high: int) -> int:
    """`number` limited to [low, high]; when low > high, low wins for numbers below it."""
    if number < low:
        return low
    return high if number > high else number


def must_u64(number: int) -> int:
    """`number`, which must fit uint64: a chain panic otherwise."""
    if not 0 <= number <= U64_MAX:
        raise ChainPanic(f"{number} does not fit uint64")
    return number


def average_trunc(numbers: Sequence[int]) -> int:
    """Average rounded toward zero (AvgInt32)."""
    return trunc_div(sum(numbers), len(numbers))


def median(numbers: Sequence[int]) -> int:
    """Median; the mean of two middle values is rounded away from zero.

    Raises ChainError for an empty list. Source: dydx-modules §2.
    """
    if not numbers:
        raise ChainError("input cannot be empty")
    ordered = sorted(numbers)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    low, high = ordered[middle - 1], ordered[middle]
    if low <= 0 <= high:
        total = low + high
        half = trunc_div(total, 2)
        return half + (total - 2 * half)
    if low > 0:
        return high - (high - low) // 2
    return low + (high - low) // 2


def linear_interpolate(start: int, end: int, weight_ppm: int) -> int:
    """start moved toward end by floor(|end - start| * weight / 10^6); a weight above 10^6 is an error."""
    if weight_ppm > ONE_MILLION:
        raise ChainError("uint64 interpolation requires 0 <= cPpm <= 1_000_000")
    step = abs(end - start) * weight_ppm // ONE_MILLION
    return start - step if start > end else start + step
