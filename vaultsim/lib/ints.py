"""Fixed widths and the nil integer of the wire format."""

from __future__ import annotations

from typing import Final

U32_MAX: Final = 2**32 - 1
U64_MAX: Final = 2**64 - 1
I32_MAX: Final = 2**31 - 1
I64_MAX: Final = 2**63 - 1
I32_MIN: Final = -(2**31)
MOST_DIGITS: Final = 78
"""As many digits as a number of 256 bits has."""


class NilInt(int):
    """The value of a SerializableInt field that was absent on the wire: counts as 0, told apart by identity.

    Source: dydx-vault §3.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "NIL_INT"


NIL_INT: Final = NilInt(0)


def wrap_u32(number: int) -> int:
    """`number` as Go's uint32 conversion keeps it: the low 32 bits."""
    return number & U32_MAX


def wrap_u64(number: int) -> int:
    """`number` as Go's uint64 conversion keeps it: the low 64 bits."""
    return number & U64_MAX


def is_u32(number: int) -> bool:
    """Whether `number` fits uint32."""
    return 0 <= number <= U32_MAX


def is_u64(number: int) -> bool:
    """Whether `number` fits uint64."""
    return 0 <= number <= U64_MAX


def whole_number(text: str) -> int | None:
    """The number of ASCII digits alone, of no more than a 256-bit number has; None for any other text."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None
