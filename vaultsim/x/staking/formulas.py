"""What delegated shares are worth, with the SDK's decimal rounding. Source: dydx-modules §13."""

from __future__ import annotations

from typing import Final, NamedTuple

from vaultsim.lib.maths import floor_div, floor_mod, pow10

PRECISION: Final = 18
_ONE: Final = pow10(PRECISION)


class Validator(NamedTuple):
    """Tokens behind a validator, and the shares they are split into (10^-18 share)."""

    tokens: int
    shares_e18: int


def tokens_of_shares(shares_e18: int, validator: Validator) -> int:
    """Whole base tokens that `shares_e18` stand for: to 18 digits, then to a whole, each time half to even."""
    scaled = shares_e18 * validator.tokens * _ONE * _ONE
    quotient_e36 = floor_div(scaled, validator.shares_e18)
    return half_even_div(half_even_div(quotient_e36, _ONE), _ONE)


def half_even_div(numerator: int, denominator: int) -> int:
    """Quotient rounded to the nearest, ties to even; for a non-negative numerator."""
    quotient, twice_rest = floor_div(numerator, denominator), 2 * floor_mod(numerator, denominator)
    if twice_rest > denominator or (twice_rest == denominator and quotient & 1):
        return quotient + 1
    return quotient


def decimal_e18(text: str) -> int:
    """A decimal text with up to 18 fraction digits, as a whole number of 10^-18. Raises ValueError."""
    whole, _, fraction = text.partition(".")
    if len(fraction) > PRECISION:
        raise ValueError(f"{text!r} has more than {PRECISION} fraction digits")
    return int(whole + fraction.ljust(PRECISION, "0"))
