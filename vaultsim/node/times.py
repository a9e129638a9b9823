"""Block times as nanoseconds since 1970 (UTC) and their text forms.

Source: DESIGN of the block file: RFC 3339 text, or "+1.5s" after the block before.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_RFC_3339: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$"
)
_STEP: Final = re.compile(r"\+(\d{1,12})(?:\.(\d{1,9}))?s$")
_DURATION: Final = re.compile(r"(\d{1,12})(?:\.(\d{1,9}))?(ns|us|ms|s|m|h|d)\Z", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
NANOSECONDS: Final = 1_000_000_000
_UNITS: Final = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "s": NANOSECONDS,
    "m": 60 * NANOSECONDS,
    "h": 3_600 * NANOSECONDS,
    "d": 86_400 * NANOSECONDS,
}


def parse_time(text: str) -> int:
    """Nanoseconds since 1970 of RFC 3339 `text`. Raises ValueError with a sentence."""
    match = _RFC_3339.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no RFC 3339 time such as 2024-11-21T00:00:01Z")
    year, month, day, hour, minute, second, fraction, sign, offset_hours, offset_minutes = match.groups()
    try:
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError as problem:
        raise ValueError(f"{text!r} is no real time: {problem}") from None
    if sign:
        offset = timedelta(hours=int(offset_hours), minutes=int(offset_minutes))
        moment = moment - offset if sign == "+" else moment + offset
    return (moment - _EPOCH) // timedelta(seconds=1) * NANOSECONDS + _fraction(fraction)


def parse_step(text: str) -> int | None:
    """Nanoseconds of a relative time such as "+1.5s", or None when `text` is not relative."""
    match = _STEP.match(text)
    if match is None:
        return None
    seconds, fraction = match.groups()
    return int(seconds) * NANOSECONDS + _fraction(fraction)


def parse_duration(text: str) -> int:
    """Nanoseconds of a length of time such as "1s", "1.5s", "250ms" or "2h". Raises ValueError with a sentence."""
    match = _DURATION.match(text)
    if match is None:
        raise ValueError(f'{text!r} is no length of time such as "1s", "250ms", "5m" or "2h"')
    whole, fraction, unit = match.groups()
    return int(whole) * _UNITS[unit] + _fraction(fraction) * _UNITS[unit] // NANOSECONDS


def format_time(time_ns: int) -> str:
    """RFC 3339 text in UTC, with as many fraction digits as are needed."""
    seconds, fraction = divmod(time_ns, NANOSECONDS)
    moment = _EPOCH + timedelta(seconds=seconds)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    return f"{text}.{fraction:09d}".rstrip("0") + "Z" if fraction else text + "Z"


def _fraction(digits: str | None) -> int:
    return int(digits.ljust(9, "0")) if digits else 0
