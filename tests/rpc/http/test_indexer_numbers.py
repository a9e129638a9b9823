"""Human numbers of the indexer door: exact, and as the real indexer writes them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaultsim.lib.quantums import fill_amount_to_quote_quantums
from vaultsim.rpc.http import indexer_numbers as numbers
from vaultsim.rpc.http.indexer_names import subaccount_uuid

BIG = st.integers(-(10**40), 10**40)
EXPONENTS = st.integers(-30, 30)


@pytest.mark.parametrize(
    ("number", "exponent", "shown"),
    [
        (9_850_000_000, -5, "98500"),
        (1_000_000, -10, "0.0001"),
        (125, -1, "12.5"),
        (0, -7, "0"),
        (-5, -3, "-0.005"),
        (25, 3, "25000"),
        (10**30 + 1, -30, "1.000000000000000000000000000001"),
    ],
)
def test_numbers_are_shown_in_plain_digits(number: int, exponent: int, shown: str) -> None:
    assert numbers.text(numbers.exact(number, exponent)) == shown


@given(BIG, EXPONENTS, BIG, EXPONENTS)
def test_sums_and_products_are_exact(left: int, left_exponent: int, right: int, right_exponent: int) -> None:
    one, two = numbers.exact(left, left_exponent), numbers.exact(right, right_exponent)
    exact_one = Fraction(left) * Fraction(10) ** left_exponent
    exact_two = Fraction(right) * Fraction(10) ** right_exponent
    assert Fraction(numbers.text(numbers.times(one, two))) == exact_one * exact_two
    assert Fraction(numbers.text(numbers.plus(one, two))) == exact_one + exact_two
    assert Fraction(numbers.text(numbers.minus(one, two))) == exact_one - exact_two


@pytest.mark.parametrize(
    ("left", "right", "shown"),
    [
        ("1", "3", "0.33333333333333333333"),
        ("2", "3", "0.66666666666666666667"),
        ("-1", "8", "-0.125"),
        ("0", "0", "0"),
    ],
)
def test_quotients_have_twenty_places_rounded_half_away_from_zero(left: str, right: str, shown: str) -> None:
    assert numbers.text(numbers.over(Decimal(left), Decimal(right))) == shown


@given(
    subticks=st.integers(1, 10**7),
    tick=st.sampled_from([1, 100_000, 1_000_000]),
    steps=st.integers(1, 10**6),
    step=st.sampled_from([1_000_000, 10**9]),
    exponent=st.sampled_from([-9, -8, -5, 0, 1]),
)
def test_the_price_of_a_fill_is_found_again_in_what_it_cost(
    subticks: int, tick: int, steps: int, step: int, exponent: int
) -> None:
    price, base = subticks * tick, steps * step
    quote = fill_amount_to_quote_quantums(price, base, exponent)
    found = numbers.tick_multiple(quote, base, exponent, tick)
    assert found % tick == 0
    assert fill_amount_to_quote_quantums(found, base, exponent) == quote
    # A tick moves the cost of a step by a quantum or more: then there is but one such price.
    if step * tick * Fraction(10) ** exponent >= 1:
        assert found == price


@pytest.mark.parametrize(
    ("time_ns", "shown", "epoch"),
    [
        (1_732_147_200_000_000_000, "2024-11-21T00:00:00.000Z", b"1732147200"),
        (1_732_147_200_123_999_999, "2024-11-21T00:00:00.123Z", b"1732147200.123"),
        (0, "1970-01-01T00:00:00.000Z", b"0"),
    ],
)
def test_times_have_milliseconds(time_ns: int, shown: str, epoch: bytes) -> None:
    assert numbers.iso_time(time_ns) == shown
    assert bytes(numbers.epoch_seconds(time_ns)) == epoch


def test_ids_of_subaccounts_are_those_of_the_indexer() -> None:
    # The main vault's id, a constant of the indexer.
    megavault = "dydx18tkxrnrkqc2t0lr3zxr5g6a4hdvqksylxqje4r"
    assert subaccount_uuid(megavault, 0) == "c7169f81-0c80-54c5-a41f-9cbb6a538fdf"
