"""What the generated value classes share: the base class, varints, the pieces of the codecs.

Bytes are those of gogoproto on the real chain: fields in ascending order, zero scalars left out, numeric lists
packed, non-nullable messages and SerializableInt always written. Source: dydx-modules §3, dydx-vault §3.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any as Json
from typing import ClassVar, Final, NamedTuple, Self

import msgspec

from vaultsim.lib.ints import NIL_INT

replace = msgspec.structs.replace

# name, JSON name, kind, label ("one", "nullable", "repeated", "oneof"), full name of the message or enum, number.
FieldRow = tuple[str, str, str, str, str, int]


class Method(NamedTuple):
    """One gRPC method; `routes` are its REST doors as (verb, path, body)."""

    service: str
    name: str
    request: str
    response: str
    routes: tuple[tuple[str, str, str], ...]

    @property
    def path(self) -> str:
        """The method as gRPC and abci_query name it, with the leading slash."""
        return f"/{self.service}/{self.name}"


class DecodeError(ValueError):
    """Bytes that the chain's own decoder refuses."""


class JsonError(ValueError):
    """JSON that does not fit the message: `path` names the place, `reason` what was expected there."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class Message(msgspec.Struct, frozen=True, kw_only=True, gc=False, cache_hash=True):
    """A protobuf message as an immutable, hashable value. Built by keyword; changed copies come from `replace`."""

    FULL_NAME: ClassVar[str] = ""
    TYPE_URL: ClassVar[str] = "/"
    SIGNERS: ClassVar[tuple[str, ...]] = ()
    NUMBERS: ClassVar[frozenset[int]] = frozenset()
    FIELDS: ClassVar[tuple[FieldRow, ...]] = ()
    ONEOFS: ClassVar[tuple[tuple[str, tuple[str, ...]], ...]] = ()

    def encode(self) -> bytes:
        """The chain's bytes of this value."""
        raise NotImplementedError

    @classmethod
    def decode_part(cls, raw: bytes, at: int, end: int) -> Self:
        """The value held in `raw[at:end]`; raises DecodeError, or IndexError when `raw` ends early."""
        raise NotImplementedError

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """The value of `raw`; unknown fields are dropped. Raises DecodeError."""
        try:
            return cls.decode_part(raw, 0, len(raw))
        except IndexError:
            raise truncated(cls.FULL_NAME) from None
        except RecursionError:
            raise DecodeError(f"{cls.FULL_NAME}: nested too deeply") from None

    def to_json(self) -> dict[str, Json]:
        """Proto JSON as the SDK writes it: snake_case names, 64-bit integers as text, defaults shown."""
        from vaultsim.pb.proto_json import message_to_json

        return message_to_json(self)

    @classmethod
    def from_json(cls, obj: object, path: str = "$", *, ignore_unknown: bool = False) -> Self:
        """The value of proto JSON `obj`. Raises JsonError."""
        from vaultsim.pb.proto_json import message_from_json

        return message_from_json(cls, obj, path, ignore_unknown=ignore_unknown)


class ProtoEnum:
    """Integer constants of a protobuf enum; `NAMES` and `VALUES` translate both ways."""

    NAMES: ClassVar[dict[int, str]] = {}
    VALUES: ClassVar[dict[str, int]] = {}


# Varints below 2**14 as they end (VARINT) and as they go on (MORE): one look-up for most numbers, a few for the rest.
VARINT: Final[list[bytes]] = [bytes((low,)) for low in range(128)] + [
    bytes((low | 128, high)) for high in range(1, 128) for low in range(128)
]
MORE: Final[list[bytes]] = [bytes((low | 128, high | 128)) for high in range(128) for low in range(128)]


def varint(number: int) -> bytes:
    """`number`, an unsigned 64-bit integer, as a varint. Raises OverflowError outside that range."""
    if number < 0 or number >> 64:
        raise OverflowError(f"{number} does not fit uint64")
    if number < 0x4000:
        return VARINT[number]
    if number < 0x10000000:
        return MORE[number & 0x3FFF] + VARINT[number >> 14]
    if number < 0x40000000000:
        return MORE[number & 0x3FFF] + MORE[number >> 14 & 0x3FFF] + VARINT[number >> 28]
    out = MORE[number & 0x3FFF] + MORE[number >> 14 & 0x3FFF] + MORE[number >> 28 & 0x3FFF]
    return out + varint(number >> 42)


def signed_varint(number: int) -> bytes:
    """`number`, an int32 or int64, as a varint: negative ones take ten bytes."""
    return varint(number & 0xFFFFFFFFFFFFFFFF)


def zigzag32(number: int) -> bytes:
    """`number`, a sint32, as a zig-zag varint."""
    if not -0x80000000 <= number <= 0x7FFFFFFF:
        raise OverflowError(f"{number} does not fit sint32")
    return varint(number << 1 if number >= 0 else -number * 2 - 1)


def zigzag64(number: int) -> bytes:
    """`number`, a sint64, as a zig-zag varint."""
    return varint(number << 1 if number >= 0 else -number * 2 - 1)


def sized(raw: bytes) -> bytes:
    """`raw` behind its length."""
    size = len(raw)
    return (VARINT[size] if size < 0x4000 else varint(size)) + raw


def sized_text(text: str) -> bytes:
    """`text` in UTF-8 behind its length."""
    raw = text.encode("utf-8", "surrogateescape")
    size = len(raw)
    return (VARINT[size] if size < 0x4000 else varint(size)) + raw


def sized_big_int(number: int) -> bytes:
    """SerializableInt content behind its length: sign byte 02 or 03, big-endian magnitude without leading zeros."""
    if number == 0:
        return b"\x01\x02"
    if number > 0:
        size = (number.bit_length() + 7) >> 3
        return varint(size + 1) + b"\x02" + number.to_bytes(size, "big")
    size = ((-number).bit_length() + 7) >> 3
    return varint(size + 1) + b"\x03" + (-number).to_bytes(size, "big")


def repeated_messages(tag: bytes, values: tuple[Message, ...]) -> bytes:
    """Each of `values` behind `tag` and its length."""
    out = []
    for value in values:
        raw = value.encode()
        size = len(raw)
        out.append(tag + (VARINT[size] if size < 0x4000 else varint(size)) + raw)
    return b"".join(out)


def repeated_bytes(tag: bytes, values: tuple[bytes, ...]) -> bytes:
    """Each of `values` behind `tag` and its length."""
    return b"".join([tag + sized(raw) for raw in values])


def repeated_text(tag: bytes, values: tuple[str, ...]) -> bytes:
    """Each of `values` behind `tag` and its length."""
    return b"".join([tag + sized_text(text) for text in values])


def packed(parts: Iterable[bytes]) -> bytes:
    """A packed list: all `parts` behind their common length."""
    return sized(b"".join(parts))


def read_varint(raw: bytes, at: int) -> tuple[int, int]:
    """The varint at `at`, cut to 64 bits, and where it ends."""
    number = shift = 0
    while shift < 70:
        byte = raw[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 128:
            return number & 0xFFFFFFFFFFFFFFFF, at
        shift += 7
    raise DecodeError("varint longer than ten bytes")


def read_size(raw: bytes, at: int, end: int) -> tuple[int, int]:
    """Where the length-delimited content at `at` starts and ends."""
    size = raw[at]
    at += 1
    if size > 127:
        size, at = read_varint(raw, at - 1)
    stop = at + size
    if stop > end:
        raise DecodeError("unexpected end of data")
    return at, stop


def read_signed32(number: int) -> int:
    """An int32 out of the varint `number`."""
    number &= 0xFFFFFFFF
    return number - 0x100000000 if number & 0x80000000 else number


def read_signed64(number: int) -> int:
    """An int64 out of the varint `number`."""
    return number - 0x10000000000000000 if number & 0x8000000000000000 else number


def read_zigzag32(number: int) -> int:
    """A sint32 out of the varint `number`."""
    number &= 0xFFFFFFFF
    return number >> 1 if not number & 1 else -(number >> 1) - 1


def read_zigzag64(number: int) -> int:
    """A sint64 out of the varint `number`."""
    return number >> 1 if not number & 1 else -(number >> 1) - 1


def read_packed(raw: bytes, at: int, end: int) -> list[int]:
    """The varints that fill `raw[at:end]`."""
    out = []
    while at < end:
        number = raw[at]
        at += 1
        if number > 127:
            number, at = read_varint(raw, at - 1)
        out.append(number)
    if at != end:
        raise DecodeError("unexpected end of data")
    return out


def read_big_int(raw: bytes, at: int, end: int) -> int:
    """SerializableInt content in `raw[at:end]`; no content is 0. Source: dydx-vault §3."""
    if at == end:
        return 0
    header = raw[at]
    if header >> 1 != 1:
        raise DecodeError(f"SerializableInt: encoding version {header >> 1} is not supported")
    magnitude = int.from_bytes(raw[at + 1 : end], "big")
    return -magnitude if header & 1 else magnitude


def read_other(raw: bytes, at: int, end: int, tag: int, known: frozenset[int]) -> int:
    """Where the field with an unexpected `tag` ends, its content starting at `at`.

    Raises DecodeError when the number is a known one (its wire type is wrong then), or the tag is no tag.
    """
    number = read_signed32(tag >> 3)
    if tag & 7 == 4:
        raise DecodeError("wire type end group for a field that is no group")
    if number <= 0:
        raise DecodeError(f"illegal field number {number}")
    if number in known:
        raise DecodeError(f"wrong wire type {tag & 7} for field {number}")
    return skip(raw, at, end, tag & 7)


def skip(raw: bytes, at: int, end: int, wire_type: int) -> int:
    """Where the unknown content of `wire_type` that starts at `at` ends."""
    if wire_type == 0:
        at = read_varint(raw, at)[1]
    elif wire_type == 1:
        at += 8
    elif wire_type == 2:
        at = read_size(raw, at, end)[1]
    elif wire_type == 5:
        at += 4
    elif wire_type == 3:
        at = skip_group(raw, at, end)
    else:
        raise DecodeError(f"illegal wire type {wire_type}")
    if at > end:
        raise DecodeError("unexpected end of data")
    return at


def skip_group(raw: bytes, at: int, end: int) -> int:
    """Where the group whose content starts at `at` ends, its end tag included."""
    while True:
        tag, at = read_varint(raw, at)
        if tag & 7 == 4:
            return at
        at = skip(raw, at, end, tag & 7)


def check_std_time(seconds: int, nanos: int) -> None:
    """Refuses what time.Time cannot hold: years 1 to 9999 are legal."""
    if not -62135596800 <= seconds < 253402300800 or not 0 <= nanos < 1_000_000_000:
        raise DecodeError(f"timestamp {seconds} s, {nanos} ns is out of range")


def check_std_duration(seconds: int, nanos: int) -> None:
    """Refuses what time.Duration, an int64 of nanoseconds, cannot hold, and parts of unlike sign."""
    in_parts = abs(nanos) < 1_000_000_000 and not (seconds < 0 < nanos or nanos < 0 < seconds)
    if not in_parts or not -(2**63) <= seconds * 1_000_000_000 + nanos < 2**63:
        raise DecodeError(f"duration {seconds} s, {nanos} ns is out of range")


def truncated(name: str) -> DecodeError:
    """The error for a field of message `name` that runs past the end."""
    return DecodeError(f"{name}: unexpected end of data")


__all__ = [
    "NIL_INT",
    "DecodeError",
    "FieldRow",
    "JsonError",
    "Message",
    "ProtoEnum",
    "replace",
    "varint",
]
