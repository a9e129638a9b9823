"""Decimals of 18 places as whole counts of 10^-18: exact text in and out."""

from __future__ import annotations

import re
from typing import Final

PLACES: Final = 18
ONE_FIXED: Final = 10**PLACES
"""One, in counts of 10^-18."""
_DECIMAL: Final = re.compile(r"(-?)([0-9]{1,78})(?:\.([0-9]{1,18}))?", re.ASCII)


def fixed_from_text(text: str) -> int:
    """Counts of 10^-18 of a decimal with at most 18 places. Raises ValueError for any other text."""
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise ValueError(f"expected a decimal with at most {PLACES} places, found {text[:80]!r}")
    number = int(match[2]) * ONE_FIXED + int((match[3] or "").ljust(PLACES, "0"))
    return -number if match[1] else number


def text_of_fixed(number: int) -> str:
    """The decimal with all of its 18 places."""
    digits = str(abs(number)).rjust(PLACES + 1, "0")
    return f"{'-' if number < 0 else ''}{digits[:-PLACES]}.{digits[-PLACES:]}"


def fixed_ratio_floor(numerator: int, denominator: int) -> int:
    """numerator / denominator in counts of 10^-18, rounded toward minus infinity; the denominator is above zero."""
    return numerator * ONE_FIXED // denominator


def mul_fixed_floor(number: int, fixed: int) -> int:
    """number * fixed, rounded toward minus infinity; the result counts what `number` counts."""
    return number * fixed // ONE_FIXED
