"""Configurations of authenticators: bytes to values, as strict and as lenient as the chain's own readers.

A composite's configuration is a JSON list of {"type": text, "config": base64}; a filter's is a list of names or
numbers between commas.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any, Final, NamedTuple

from vaultsim.errors import ChainError
from vaultsim.lib.ints import U32_MAX

_NUMBER: Final = re.compile(rb"[0-9]+")
_BYTE_MAX: Final = 255


class Part(NamedTuple):
    """One part of a composite authenticator."""

    kind: str
    config: bytes


class _Malformed(ValueError):
    """A configuration that does not fit; becomes an error without a code of its own."""


def names_of(config: bytes) -> frozenset[bytes]:
    """The names between commas; an empty configuration names the empty text."""
    return frozenset(config.split(b","))


def numbers_of(config: bytes) -> frozenset[int]:
    """The decimal numbers between commas, each of 32 bits. Raises ChainError (no code)."""
    return frozenset(_number(text) for text in config.split(b","))


def parts_of(config: bytes) -> tuple[Part, ...]:
    """The parts of a composite. Raises ChainError (no code) for what is no such JSON."""
    try:
        value = json.loads(
            config.decode("utf-8", "replace"), object_pairs_hook=_Fields, parse_constant=_refuse_constant
        )
        if value is None:
            return ()
        if not isinstance(value, list):
            raise _Malformed("not a list")
        return tuple(_part(one) for one in value)
    except (ValueError, RecursionError) as problem:
        raise ChainError(f"failed to parse sub-authenticators initialization data: {problem}") from None


class _Fields:
    """The fields of a JSON object in order, repeated ones included."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        self.pairs = pairs


def _part(value: object) -> Part:
    kind, config = "", b""
    if value is None:
        return Part(kind, config)
    if not isinstance(value, _Fields):
        raise _Malformed("a part is not an object")
    # Names of fields match whatever their case, and null leaves a field as it is.
    for name, inner in value.pairs:
        if name.lower() == "type" and inner is not None:
            if not isinstance(inner, str):
                raise _Malformed("a type is not a text")
            kind = inner
        elif name.lower() == "config":
            config = _bytes(inner)
    return Part(kind, config)


def _bytes(value: object) -> bytes:
    if value is None:
        return b""
    if isinstance(value, list):
        return bytes(_byte(one) for one in value)
    if not isinstance(value, str):
        raise _Malformed("a config is not base64")
    try:
        return base64.b64decode(value.replace("\r", "").replace("\n", ""), validate=True)
    except binascii.Error as problem:
        raise _Malformed(f"illegal base64 data: {problem}") from None


def _byte(value: object) -> int:
    if value is None:
        return 0
    if type(value) is not int or not 0 <= value <= _BYTE_MAX:
        raise _Malformed("a config holds what is no byte")
    return value


def _number(text: bytes) -> int:
    if _NUMBER.fullmatch(text) is None or (number := int(text)) > U32_MAX:
        raise ChainError(f"strconv.ParseUint: parsing {text.decode('utf-8', 'replace')!r}: invalid syntax or range")
    return number


def _refuse_constant(text: str) -> float:
    raise _Malformed(f"invalid character in {text}")
