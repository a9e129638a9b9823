"""The texts that stand for times, durations, decimals and big integers in proto JSON.

Readers raise ValueError with what was expected.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_TIME: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?:([Zz])|([+-])(\d\d):(\d\d))", re.ASCII
)
_DURATION: Final = re.compile(r"([+-]?)(\d+)(?:\.(\d{1,9}))?s", re.ASCII)
_DECIMAL: Final = re.compile(r"(-?)(\d+)(?:\.(\d{1,18}))?", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
DECIMAL_PLACES: Final = 18
_BASES: Final = {"0x": 16, "0o": 8, "0b": 2}


def _fraction(nanos: int) -> str:
    """`nanos` as three, six or nine digits behind a point, or nothing."""
    if not nanos:
        return ""
    digits = f"{nanos:09d}"
    while digits.endswith("000"):
        digits = digits[:-3]
    return "." + digits


def time_to_text(seconds: int, nanos: int) -> str:
    """RFC 3339 in UTC; the fraction has 0, 3, 6 or 9 digits."""
    moment = _EPOCH + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + _fraction(nanos) + "Z"


def time_from_text(text: str) -> tuple[int, int]:
    """Seconds since 1970 and nanoseconds of an RFC 3339 time."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"expected an RFC 3339 time such as 2024-11-21T00:00:01Z, found {text!r}")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"expected an RFC 3339 time, found {text!r}: {error}") from None
    since = moment - _EPOCH
    seconds = since.days * 86_400 + since.seconds
    if match[9]:
        offset = int(match[10]) * 3600 + int(match[11]) * 60
        seconds += offset if match[9] == "-" else -offset
    return seconds, int((match[7] or "").ljust(9, "0"))


def duration_to_text(seconds: int, nanos: int) -> str:
    """Seconds with 0, 3, 6 or 9 fraction digits and the unit, e.g. "300s"."""
    sign = "-" if seconds < 0 or nanos < 0 else ""
    return f"{sign}{abs(seconds)}{_fraction(abs(nanos))}s"


def duration_from_text(text: str) -> tuple[int, int]:
    """Seconds and nanoseconds, both of the duration's sign."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"expected seconds such as 300s or 1.5s, found {text!r}")
    seconds, nanos = int(match[2]), int((match[3] or "").ljust(9, "0"))
    return (-seconds, -nanos) if match[1] == "-" else (seconds, nanos)


def go_int(text: str) -> int:
    """An integer as Go's big.Int reads text: base by prefix, a leading 0 means octal, underscores between digits."""
    digits = text.lower().removeprefix("-") if text.startswith("-") else text.lower().removeprefix("+")
    base = _BASES.get(digits[:2], 10)
    octal = base == 10 and len(digits) > 1 and digits[0] == "0"
    legal = digits.isascii() and bool(digits) and digits[0] not in "+-" and not any(sign.isspace() for sign in digits)
    try:
        if not legal:
            raise ValueError
        number = int(digits[1:].removeprefix("_"), 8) if octal else int(digits, 0)
    except ValueError:
        raise ValueError(f"expected an integer, found {text!r}") from None
    return -number if text.startswith("-") else number


def decimal_from_wire(digits: str) -> str:
    """A decimal of 18 places out of its wire text, the integer count of 10^-18."""
    number = int(digits or "0")
    text = str(abs(number)).rjust(DECIMAL_PLACES + 1, "0")
    return ("-" if number < 0 else "") + text[:-DECIMAL_PLACES] + "." + text[-DECIMAL_PLACES:]


def decimal_to_wire(text: str) -> str:
    """The wire text of a decimal with at most 18 places."""
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise ValueError(f"expected a decimal with at most {DECIMAL_PLACES} places, found {text!r}")
    number = int(match[2] + (match[3] or "").ljust(DECIMAL_PLACES, "0"))
    return str(-number if match[1] else number)
