"""Conversions and the risk triple, against dydx-modules §§2.1, 2.2 and appendix B."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaultsim.errors import ChainPanic
from vaultsim.lib.margin import Risk
from vaultsim.lib.quantums import (
    base_to_quote_quantums,
    fill_amount_to_quote_quantums,
    price_to_subticks,
    quote_to_base_quantums,
    subticks_to_price,
)


@pytest.mark.parametrize(
    ("base", "resolution", "price", "exponent", "expected"),
    [
        (10**10, -10, 5_000_000_000, -5, 50_000_000_000),
        (-12_345, -10, 5_000_000_123, -5, -61_725),
        (12_345, -10, 5_000_000_123, -5, 61_725),
    ],
)
def test_base_to_quote(base: int, resolution: int, price: int, exponent: int, expected: int) -> None:
    assert base_to_quote_quantums(base, resolution, price, exponent) == expected


def test_quote_to_base_truncates() -> None:
    assert quote_to_base_quantums(-999_999, -9, 1_500_000_000, -6) == -666_666
    with pytest.raises(ChainPanic):
        quote_to_base_quantums(1, -9, 0, -6)


def test_price_to_subticks_and_back() -> None:
    assert price_to_subticks(3_000_000_000, -6, -9, -9) == (3_000_000_000, 1)
    assert subticks_to_price(3_000_000_000, -6, -9, -9) == 3_000_000_000


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(-12, 3))
def test_fill_quote_floors(subticks: int, base: int, exponent: int) -> None:
    assert fill_amount_to_quote_quantums(subticks, base, exponent) == subticks * base * Fraction(10) ** exponent // 1


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Risk(26, 0, 50), Risk(50, 0, 100), -1),
        (Risk(25, 0, 50), Risk(50, 0, 100), -1),
        (Risk(24, 0, 50), Risk(50, 0, 100), 1),
        (Risk(0, 0, 0), Risk(1, 0, 0), 1),
        (Risk(1, 0, 0), Risk(1, 0, 0), 0),
    ],
)
def test_riskier_is_less_collateral_per_maintenance_margin(one: Risk, other: Risk, expected: int) -> None:
    assert one.compare(other) == expected


def test_states_of_a_risk() -> None:
    assert Risk(10, 10, 5).is_initially_collateralized()
    assert not Risk(9, 10, 5).is_initially_collateralized()
    assert Risk(5, 10, 5).is_maintenance_collateralized()
    assert Risk(4, 10, 5).is_liquidatable()
    assert not Risk(-1, 0, 0).is_liquidatable()
    assert Risk(1, 2, 3).plus(Risk(10, 20, 30)) == Risk(11, 22, 33)
