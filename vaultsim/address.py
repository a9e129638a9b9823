"""Account addresses: bech32 text with prefix `dydx`, 20 bytes, and the addresses of modules.

Source: dydx-modules §1.9, dydx-vault §1. The checksum is that of BIP 173.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final

PREFIX: Final = "dydx"
_ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_POSITION: Final = {letter: index for index, letter in enumerate(_ALPHABET)}
_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


class InvalidAddress(ValueError):
    """The text is not a bech32 address with the expected prefix; the sentence says why."""


@lru_cache(maxsize=65_536)
def from_bech32(text: str, prefix: str = PREFIX) -> bytes:
    """Address bytes of bech32 `text`. Raises InvalidAddress for another prefix, a wrong checksum or length."""
    if not text.strip():
        raise InvalidAddress("empty address string is not allowed")
    if text != text.lower() and text != text.upper():
        raise InvalidAddress(f"{text!r} mixes upper and lower case")
    head, _, tail = text.lower().rpartition("1")
    if not head or len(tail) < 6 or any(letter not in _POSITION for letter in tail):
        raise InvalidAddress(f"{text!r} is not bech32")
    words = [_POSITION[letter] for letter in tail]
    if _polymod(_expand(head) + words) != 1:
        raise InvalidAddress(f"{text!r} has a wrong checksum")
    if head != prefix:
        raise InvalidAddress(f"{text!r} has prefix {head!r}, expected {prefix!r}")
    raw = _to_bytes(words[:-6], text)
    if not 1 <= len(raw) <= 255:
        raise InvalidAddress(f"{text!r} holds {len(raw)} bytes")
    return raw


@lru_cache(maxsize=65_536)
def to_bech32(raw: bytes, prefix: str = PREFIX) -> str:
    """Bech32 text of address bytes."""
    words: list[int] = []
    accumulator = bits = 0
    for byte in raw:
        accumulator = accumulator << 8 | byte
        bits += 8
        while bits >= 5:
            bits -= 5
            words.append(accumulator >> bits & 31)
    if bits:
        words.append(accumulator << (5 - bits) & 31)
    checksum = _polymod(_expand(prefix) + words + [0] * 6) ^ 1
    words += [checksum >> 5 * (5 - index) & 31 for index in range(6)]
    return f"{prefix}1{''.join(_ALPHABET[word] for word in words)}"


def is_bech32(text: str) -> bool:
    """Whether `text` is a valid account address."""
    try:
        from_bech32(text)
    except InvalidAddress:
        return False
    return True


@lru_cache(maxsize=4_096)
def module_address(name: str) -> bytes:
    """First 20 bytes of SHA-256 of the name."""
    return hashlib.sha256(name.encode()).digest()[:20]


@lru_cache(maxsize=4_096)
def module_bech32(name: str) -> str:
    """Bech32 text of a module's address."""
    return to_bech32(module_address(name))


def _expand(prefix: str) -> list[int]:
    return [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]


def _polymod(values: list[int]) -> int:
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for index, generator in enumerate(_GENERATORS):
            if top >> index & 1:
                checksum ^= generator
    return checksum


def _to_bytes(words: list[int], text: str) -> bytes:
    accumulator = bits = 0
    raw = bytearray()
    for word in words:
        accumulator = (accumulator << 5 | word) & 0xFFF
        bits += 5
        if bits >= 8:
            bits -= 8
            raw.append(accumulator >> bits & 0xFF)
    if bits >= 5 or accumulator & ((1 << bits) - 1):
        raise InvalidAddress(f"{text!r} has invalid padding")
    return bytes(raw)
