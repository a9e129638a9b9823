"""Arguments of CometBFT's methods, out of JSON params and out of a URI's query. Source: CometBFT 0.38, RPC."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any as Json
from typing import Final, NamedTuple

from vaultsim.lib.ints import I64_MAX
from vaultsim.rpc.http.answers import BadJson, json_value
from vaultsim.rpc.http.comet_failures import INVALID_PARAMS, RpcFailed

_INTEGER: Final = re.compile(r"-?[0-9]{1,20}", re.ASCII)

Arguments = Mapping[str, Json]
"""Values by name; None for what was not given."""


class Kind(Enum):
    """What an argument is: how JSON and a URI show it differs."""

    INTEGER = "integer"
    TEXT = "string"
    BYTES = "base64 string"
    HEX = "hexadecimal string"
    FLAG = "bool"


class Argument(NamedTuple):
    """An argument of a method."""

    name: str
    kind: Kind


class _Misfit(ValueError):
    """A value that is not of its argument's kind."""


def arguments_from_json(expected: Sequence[Argument], params: Json) -> Arguments:
    """The arguments of a request: by name, or all of them in order. Raises RpcFailed."""
    if params is None:
        params = {}
    if isinstance(params, list):
        if len(params) != len(expected):
            names = [one.name for one in expected]
            raise _refusal("json", f"expected {len(expected)} parameters ({' '.join(names)}), got {len(params)}")
        params = {one.name: value for one, value in zip(expected, params, strict=True)}
    if not isinstance(params, dict):
        raise _refusal("json", "params must be an object or an array")
    return {one.name: _read("json", one, params.get(one.name), _from_json) for one in expected}


def arguments_from_query(expected: Sequence[Argument], query: Mapping[str, str]) -> Arguments:
    """The arguments in a URI: quoted text, 0x and hexadecimal digits, bare numbers. Raises RpcFailed."""
    return {one.name: _read("http", one, query.get(one.name) or None, _from_query) for one in expected}


def _read(source: str, expected: Argument, value: Json, reader: Json) -> Json:
    if value is None:
        return None
    try:
        return reader(expected.kind, value)
    except _Misfit as problem:
        raise _refusal(source, f"{expected.name}: {problem}") from None


def _refusal(source: str, text: str) -> RpcFailed:
    return RpcFailed(f"error converting {source} params to arguments: {text}", INVALID_PARAMS)


def _from_json(kind: Kind, value: Json) -> Json:
    if kind is Kind.INTEGER:
        return _integer(value)
    if kind is Kind.FLAG:
        if not isinstance(value, bool):
            raise _Misfit("expected true or false")
        return value
    if not isinstance(value, str):
        raise _Misfit(f"expected a {kind.value}")
    if kind is Kind.BYTES:
        return _base64(value)
    return _hex(value) if kind is Kind.HEX else value


def _from_query(kind: Kind, text: str) -> Json:
    if text[:2] in ("0x", "0X"):
        if kind in (Kind.INTEGER, Kind.FLAG):
            raise _Misfit(f"got a hex string, but expected {kind.value}")
        raw = _hex(text[2:])
        return raw.decode("utf-8", "replace") if kind is Kind.TEXT else raw
    if kind is Kind.INTEGER and _INTEGER.fullmatch(text):
        return _integer(text)
    try:
        value = json_value(text.encode("utf-8", "surrogatepass"))
    except BadJson:
        raise _Misfit(f'expected {kind.value}; text and bytes stand in quotes, as in "text", or after 0x') from None
    if kind in (Kind.BYTES, Kind.HEX):
        # A quoted string in a URI is the bytes themselves, unlike one in JSON.
        if not isinstance(value, str):
            raise _Misfit("expected a quoted string or 0x and hexadecimal digits")
        return value.encode()
    return _from_json(kind, value)


def _integer(value: Json) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Misfit("expected a 64-bit integer, as a string")
    if not -I64_MAX - 1 <= value <= I64_MAX:
        raise _Misfit(f"{value} does not fit 64 bits")
    return value


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _Misfit("expected base64") from None


def _hex(text: str) -> bytes:
    try:
        return binascii.unhexlify(text)
    except (binascii.Error, ValueError):
        raise _Misfit("expected pairs of hexadecimal digits") from None
