"""Decimal numbers as people write them, as whole numbers of a small unit: exact both ways, nothing is rounded."""

from __future__ import annotations

import re
from typing import Final

from vaultsim.lib.maths import pow10

USDC_DECIMALS: Final = 6
"""A quote quantum is a millionth of a USDC."""
_NUMBER: Final = re.compile(
    r"(-?)(\d{1,60}|\d{1,3}(?:,\d{3}){1,19}|\d{1,3}(?:_\d{3}){1,19})(?:\.(\d{1,60}))?$", re.ASCII
)


def units_of(text: str, decimals: int) -> int:
    """How many units of 10^-decimals a decimal number is; `1,000` and `1_000` are read as well.

    Raises ValueError for what is no decimal number, and for one that is not a whole number of units.
    """
    match = _NUMBER.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no decimal number such as 12.5")
    sign, whole, fraction = match[1], match[2].replace(",", "").replace("_", ""), (match[3] or "").rstrip("0")
    missing = decimals - len(fraction)
    units, left = divmod(int(whole + fraction) * pow10(max(missing, 0)), pow10(max(-missing, 0)))
    if left:
        allowed = f"{decimals} decimals at most" if decimals >= 0 else f"a multiple of {pow10(-decimals)}"
        raise ValueError(f"{text!r} is too exact; give {allowed}")
    return -units if sign else units


def text_of(units: int, decimals: int) -> str:
    """The decimal number of so many units of 10^-decimals, with all its decimals."""
    if decimals <= 0:
        return str(units * pow10(-decimals))
    whole, part = divmod(abs(units), pow10(decimals))
    return f"{'-' if units < 0 else ''}{whole}.{part:0{decimals}d}"


def short_text_of(units: int, decimals: int) -> str:
    """As `text_of`, without the zeros at the end."""
    text = text_of(units, decimals)
    return text.rstrip("0").removesuffix(".") if "." in text else text
