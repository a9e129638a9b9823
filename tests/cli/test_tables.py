"""Amounts as people read them: exact, never through a float."""

from __future__ import annotations

import pytest

from vaultsim.cli.tables import ratio, usdc


@pytest.mark.parametrize(
    ("quote_quantums", "text"),
    [
        (0, "0.000000"),
        (1, "0.000001"),
        (-1, "-0.000001"),
        (1_234_567_890, "1,234.567890"),
        (-2_000_000, "-2.000000"),
        (10**24 + 1, "1,000,000,000,000,000,000.000001"),
        (None, "-"),
    ],
)
def test_usdc(quote_quantums: int | None, text: str) -> None:
    assert usdc(quote_quantums) == text


@pytest.mark.parametrize(
    ("numerator", "denominator", "text"),
    [(1, 3, "0.333333"), (2, 3, "0.666666"), (-2, 3, "-0.666666"), (5, 0, "-"), (0, 7, "0.000000"), (9, 9, "1.000000")],
)
def test_ratio_rounds_towards_zero(numerator: int, denominator: int, text: str) -> None:
    assert ratio(numerator, denominator) == text
