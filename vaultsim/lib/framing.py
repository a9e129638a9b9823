"""Length-delimited fields of the wire format, for values that are kept as bytes."""

from __future__ import annotations


def length_delimited(number: int, content: bytes) -> bytes:
    """A field of wire type 2 with its tag and length."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def split_first_field(raw: bytes) -> tuple[bytes, bytes]:
    """Content of a leading field 1 of wire type 2, and the bytes after it; no content when there is none."""
    if not raw.startswith(b"\x0a"):
        return b"", raw
    size = shift = 0
    at = 1
    while at < len(raw):
        byte = raw[at]
        at += 1
        size |= (byte & 127) << shift
        if byte < 128:
            break
        shift += 7
    return raw[at : at + size], raw[at + size :]


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
