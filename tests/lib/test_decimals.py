"""Decimal numbers as people write them: exact both ways, never rounded."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaultsim.lib.decimals import short_text_of, text_of, units_of


@pytest.mark.parametrize(
    ("text", "decimals", "units"),
    [
        ("0", 6, 0),
        ("1", 6, 1_000_000),
        ("12.5", 6, 12_500_000),
        ("0.000001", 6, 1),
        ("1,000,000.25", 6, 1_000_000_250_000),
        ("1_000", 6, 1_000_000_000),
        ("-3.000000", 6, -3_000_000),
        ("1.00000000", 6, 1_000_000),
        ("98620.5", 5, 9_862_050_000),
        ("12300", -2, 123),
        ("7", 0, 7),
    ],
)
def test_a_number_is_counted_in_units(text: str, decimals: int, units: int) -> None:
    assert units_of(text, decimals) == units


@pytest.mark.parametrize(
    "text", ["", ".5", "1.", "1e3", "one", "1 2", "--1", "٣", "1.5usdc", "+1", "12,5", "1,0000", ",100"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no decimal number"):
        units_of(text, 6)


@pytest.mark.parametrize(
    ("text", "decimals", "cure"),
    [("0.0000001", 6, "6 decimals at most"), ("1.5", 0, "0 decimals at most"), ("150", -2, "a multiple of 100")],
)
def test_nothing_is_rounded(text: str, decimals: int, cure: str) -> None:
    with pytest.raises(ValueError, match=cure):
        units_of(text, decimals)


@given(st.integers(-(10**30), 10**30), st.integers(-8, 18))
def test_text_and_units_are_inverse(units: int, decimals: int) -> None:
    text = text_of(units, decimals)
    assert units_of(text, decimals) == units
    assert Fraction(text) == units * Fraction(10) ** -decimals


@pytest.mark.parametrize(("units", "decimals", "text"), [(1_500_000, 6, "1.5"), (2_000_000, 6, "2"), (100, 0, "100")])
def test_a_short_text_has_no_zeros_at_its_end(units: int, decimals: int, text: str) -> None:
    assert short_text_of(units, decimals) == text
