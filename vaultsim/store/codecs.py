"""How keys and values of collections become bytes and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

T = TypeVar("T")
M = TypeVar("M", bound="Encodable")


class Encodable(Protocol):
    """A value with exact wire bytes, such as a generated message."""

    def encode(self) -> bytes:
        """The value's bytes."""
        ...


class Codec(NamedTuple, Generic[T]):
    """A pair of functions: value to bytes, bytes to value."""

    encode: Callable[[T], bytes]
    decode: Callable[[bytes], T]


def message(cls: Any) -> Codec[Any]:
    """Bytes of a generated message class."""
    return Codec(_encode_message, cls.decode)


def _encode_message(value: Encodable) -> bytes:
    return value.encode()


def _u32_be(number: int) -> bytes:
    return number.to_bytes(4, "big")


def _u64_be(number: int) -> bytes:
    return number.to_bytes(8, "big")


def _from_be(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


def _encode_varint_field_1(number: int) -> bytes:
    if number == 0:
        return b""
    out = bytearray(b"\x08")
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _decode_varint_field_1(raw: bytes) -> int:
    number = 0
    for position, byte in enumerate(raw[1:]):
        number |= (byte & 127) << 7 * position
    return number


U32_BE: Codec[int] = Codec(_u32_be, _from_be)
"""Four bytes, big endian."""
U64_BE: Codec[int] = Codec(_u64_be, _from_be)
"""Eight bytes, big endian."""
UINT_VALUE: Codec[int] = Codec(_encode_varint_field_1, _decode_varint_field_1)
"""The well-known UInt32Value and UInt64Value messages: 0 is the empty byte string."""
DECIMAL: Codec[int] = Codec(lambda number: str(number).encode(), lambda raw: int(raw))
"""Decimal text."""
TEXT: Codec[str] = Codec(
    lambda text: text.encode("utf-8", "surrogateescape"), lambda raw: raw.decode("utf-8", "surrogateescape")
)
"""UTF-8 text."""
RAW: Codec[bytes] = Codec(lambda raw: raw, lambda raw: raw)
"""Bytes as they are."""
PRESENT: Codec[None] = Codec(lambda _: b"", lambda _: None)
"""An empty value whose presence is what counts."""


def _encode_u32_list(numbers: tuple[int, ...]) -> bytes:
    return b"".join(number.to_bytes(4, "big") for number in numbers)


def _decode_u32_list(raw: bytes) -> tuple[int, ...]:
    whole = len(raw) - len(raw) % 4
    return tuple(int.from_bytes(raw[index : index + 4], "big") for index in range(0, whole, 4))


U32_LIST: Codec[tuple[int, ...]] = Codec(_encode_u32_list, _decode_u32_list)
"""Concatenated four-byte big endian numbers."""


class _Memo(dict[T, bytes]):
    """Bytes of recent values; the look-up of a known one runs no Python code."""

    def __init__(self, encode: Callable[[T], bytes], most: int) -> None:
        super().__init__()
        self._encode = encode
        self._most = most

    def __missing__(self, value: T) -> bytes:
        if len(self) >= self._most:
            self.clear()
        raw = self[value] = self._encode(value)
        return raw


def memoized(codec: Codec[T], most: int = 1 << 16) -> Codec[T]:
    """The codec with its encoder remembering the bytes of recent (hashable) values."""
    return Codec(_Memo(codec.encode, most).__getitem__, codec.decode)
