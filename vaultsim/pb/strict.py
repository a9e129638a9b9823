"""What the transaction decoder checks on raw bytes before it decodes them: no unknown fields, one form per value.

Source: the SDK's transaction decoding (ADR-020 unknown fields, ADR-027 form), [sdk 2] when refused (dydx-modules §1.5).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

from vaultsim.pb.runtime import DecodeError, Message, varint

MAX_DEPTH: Final = 10_000
MAX_FIELD_NUMBER: Final = 2**29 - 1
NON_CRITICAL_BIT: Final = 1 << 10
WIRE_TYPES: Final = {
    "fixed32": 5,
    "fixed64": 1,
    "string": 2,
    "bytes": 2,
    "message": 2,
    "big_int": 2,
    "math_int": 2,
    "dec": 2,
}

# The class of a full message name, and the class behind an Any's type URL.
ClassNamed = Callable[[str], type[Message] | None]


class UnknownFieldError(DecodeError):
    """A field that the message type does not have, or an Any of an unknown type."""


def consume_varint(raw: bytes, at: int, end: int) -> tuple[int, int]:
    """The varint at `at` and where it ends. Raises DecodeError when it is cut off or does not fit 64 bits."""
    number = shift = 0
    while at < end and shift < 70:
        byte = raw[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 128:
            if number >> 64:
                break
            return number, at
        shift += 7
    raise DecodeError("bad varint")


def consume_tag(raw: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Field number and wire type of the tag at `at`, and where it ends."""
    tag, at = consume_varint(raw, at, end)
    number = tag >> 3
    if not 1 <= number <= MAX_FIELD_NUMBER:
        raise DecodeError("invalid field number")
    return number, tag & 7, at


def consume_value(raw: bytes, at: int, end: int, number: int, wire_type: int) -> int:
    """Where the value at `at` ends."""
    if wire_type == 0:
        at = consume_varint(raw, at, end)[1]
    elif wire_type in (1, 5):
        at += 8 if wire_type == 1 else 4
    elif wire_type == 2:
        size, at = consume_varint(raw, at, end)
        at += size
    elif wire_type == 3:
        at = _consume_group(raw, at, end, number)
    else:
        raise DecodeError(f"unexpected wire type {wire_type}")
    if at > end:
        raise DecodeError("unexpected end of data")
    return at


def _consume_group(raw: bytes, at: int, end: int, number: int) -> int:
    while True:
        inner, wire_type, at = consume_tag(raw, at, end)
        if wire_type == 4:
            if inner != number:
                raise DecodeError("mismatching end group marker")
            return at
        at = consume_value(raw, at, end, inner, wire_type)


@cache
def _kinds(cls: type[Message]) -> dict[int, tuple[str, frozenset[int], str]]:
    """Kind, legal wire types and message name of each field, by its number."""
    out = {}
    for _, _, kind, _, type_name, number in cls.FIELDS:
        wire_type = WIRE_TYPES.get(kind, 0)
        legal = {wire_type} if kind == "fixed32" else {wire_type, 2}
        out[number] = (kind, frozenset(legal), type_name)
    return out


def reject_unknown_fields(
    raw: bytes,
    cls: type[Message],
    allow_non_critical: bool,
    class_named: ClassNamed,
    class_behind: ClassNamed,
) -> bool:
    """Walks `raw` as a `cls`, into nested messages and Anys, and tells whether non-critical unknown fields are there.

    A field number with bit 11 set is non-critical. Raises UnknownFieldError for any other unknown field (for every
    one unless `allow_non_critical`) and DecodeError for malformed bytes.
    """
    work: list[tuple[bytes, type[Message], int]] = [(raw, cls, 0)]
    seen = False
    while work:
        part, part_class, depth = work.pop()
        if depth >= MAX_DEPTH and part:
            raise DecodeError("recursion limit reached")
        found, inner = _walk(part, part_class, allow_non_critical)
        seen = seen or found
        children = []
        for content, type_name in inner:
            if type_name == "google.protobuf.Any":
                any_class = class_named(type_name)
                assert any_class is not None
                seen = _walk(content, any_class, allow_non_critical)[0] or seen
                children.append((*_inside_any(content, any_class, class_behind), depth + 1))
            else:
                child = class_named(type_name)
                assert child is not None
                children.append((content, child, depth + 1))
        work += reversed(children)
    return seen


def _inside_any(content: bytes, any_class: type[Message], class_behind: ClassNamed) -> tuple[bytes, type[Message]]:
    packed = any_class.decode(content)
    url: str = getattr(packed, "type_url")  # noqa: B009
    value: bytes = getattr(packed, "value")  # noqa: B009
    found = class_behind(url)
    if found is None:
        raise UnknownFieldError(f"unable to resolve type URL {url}")
    return value, found


def _walk(raw: bytes, cls: type[Message], allow_non_critical: bool) -> tuple[bool, list[tuple[bytes, str]]]:
    """Whether non-critical unknown fields are among the fields of `raw`, and its nested messages with their names."""
    kinds = _kinds(cls)
    at, end, seen = 0, len(raw), False
    inner: list[tuple[bytes, str]] = []
    while at < end:
        number, wire_type, at = consume_tag(raw, at, end)
        known = kinds.get(number)
        if known is None:
            critical = not number & NON_CRITICAL_BIT
            if critical or not allow_non_critical:
                raise UnknownFieldError(f"{cls.FULL_NAME}: unknown field {number}, wire type {wire_type}")
            seen = True
        elif wire_type not in known[1]:
            raise DecodeError(f"{cls.FULL_NAME}: wrong wire type {wire_type} for field {number}")
        start, at = at, consume_value(raw, at, end, number, wire_type)
        if known is not None and known[0] == "message":
            inner.append((raw[consume_varint(raw, start, at)[1] : at], known[2]))
    return seen, inner


def reject_non_adr027(raw: bytes) -> None:
    """Refuses a raw transaction whose fields are not in ascending order or whose lengths are not as short as can be.

    Raises DecodeError.
    """
    at, end, last = 0, len(raw), 0
    while at < end:
        number, wire_type, at = consume_tag(raw, at, end)
        if wire_type != 2:
            raise DecodeError(f"expected 2 wire type, got {wire_type}")
        if number < last:
            raise DecodeError(f"txRaw must follow ADR-027, got tagNum {number} after tagNum {last}")
        last = number
        size, start = consume_varint(raw, at, end)
        if start - at != len(varint(size)):
            raise DecodeError(f"length prefix varint for tagNum {number} is not as short as possible")
        at = consume_value(raw, at, end, number, 2)
