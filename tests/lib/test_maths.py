"""Rounding, against dydx-modules §2 and appendix B."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, trunc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaultsim.errors import ChainError, ChainPanic
from vaultsim.lib import maths

NUMBERS = st.integers(-(10**30), 10**30)
POSITIVE = st.integers(1, 10**18)


@given(NUMBERS, st.integers(-(10**18), 10**18).filter(bool))
def test_divisions_round_as_their_names_say(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    assert maths.floor_div(numerator, denominator) == floor(exact)
    assert maths.ceil_div(numerator, denominator) == ceil(exact)
    assert maths.trunc_div(numerator, denominator) == trunc(exact)


@given(NUMBERS, st.integers(-(10**7), 10**7))
def test_ppm_round_as_their_names_say(number: int, ppm: int) -> None:
    exact = Fraction(number * ppm, 10**6)
    assert maths.mul_ppm_floor(number, ppm) == floor(exact)
    assert maths.mul_ppm_ceil(number, ppm) == ceil(exact)
    assert maths.mul_ppm_trunc(number, ppm) == trunc(exact)


@given(NUMBERS, st.integers(-20, 20))
def test_powers_of_ten_round_as_their_names_say(number: int, exponent: int) -> None:
    exact = number * Fraction(10) ** exponent
    assert maths.mul_pow10_floor(number, exponent) == floor(exact)
    assert maths.mul_pow10_ceil(number, exponent) == ceil(exact)
    assert maths.mul_pow10_trunc(number, exponent) == trunc(exact)


@given(NUMBERS, POSITIVE)
def test_multiples_enclose_the_number(number: int, multiple: int) -> None:
    down, up = maths.round_down_to_multiple(number, multiple), maths.round_up_to_multiple(number, multiple)
    assert down <= number <= up
    assert (down % multiple, up % multiple) == (0, 0)
    assert up - down in (0, multiple)


@pytest.mark.parametrize("divide", [maths.floor_div, maths.ceil_div, maths.trunc_div, maths.floor_mod])
def test_division_by_zero_is_a_panic_of_the_chain(divide: object) -> None:
    with pytest.raises(ChainPanic, match="division by zero"):
        divide(1, 0)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [((0, 3), 2), ((-3, 0), -2), ((1, 4), 3), ((-4, -1), -3), ((5,), 5), ((3, 1, 2), 2), ((-1, 1), 0), ((2, 4), 3)],
)
def test_median_of_two_middles_rounds_away_from_zero(numbers: tuple[int, ...], expected: int) -> None:
    assert maths.median(numbers) == expected


def test_median_of_nothing_is_an_error() -> None:
    with pytest.raises(ChainError):
        maths.median(())


@pytest.mark.parametrize(("total", "count", "expected"), [(-7, 2, -3), (-1, 60, 0)])
def test_average_truncates(total: int, count: int, expected: int) -> None:
    assert maths.average_trunc([total] + [0] * (count - 1)) == expected


def test_clamp_tests_the_lower_bound_first() -> None:
    assert maths.clamp(1, 5, 3) == 5
    assert maths.clamp(7, 5, 3) == 3
    assert maths.clamp(4, 3, 5) == 4


@pytest.mark.parametrize(
    ("start", "end", "weight", "expected"), [(10, 20, 500_000, 15), (20, 10, 333_333, 17), (0, 7, 1_000_000, 7)]
)
def test_interpolation_floors_the_step(start: int, end: int, weight: int, expected: int) -> None:
    assert maths.linear_interpolate(start, end, weight) == expected


def test_interpolation_beyond_the_end_is_an_error() -> None:
    with pytest.raises(ChainError):
        maths.linear_interpolate(0, 1, 1_000_001)
