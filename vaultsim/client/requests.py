"""Requests written on a command line, field by field or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from vaultsim.client.signer import address_named
from vaultsim.errors import UserError
from vaultsim.pb.google.protobuf import Duration, Timestamp
from vaultsim.pb.registry import class_named
from vaultsim.pb.runtime import FieldRow, JsonError, Message, Method

_TEXT_MESSAGES: Final = (Timestamp.FULL_NAME, Duration.FULL_NAME)


def request_of(method: Method, fields: Sequence[str], text: str | None) -> Message:
    """The request of a method from `name=value` fields or from JSON. Raises UserError naming the field."""
    cls = class_named(method.request)
    assert cls is not None
    if text is not None and fields:
        raise UserError("--request holds the whole request; leave --field out")
    value = _from_fields(cls, fields) if text is None else _parsed(text)
    try:
        return cls.from_json(value, "request")
    except JsonError as problem:
        names = ", ".join(row[0] for row in cls.FIELDS) or "none"
        raise UserError(f"{method.path}, {problem}; its fields are {names}") from None


def _from_fields(cls: type[Message], fields: Sequence[str]) -> dict[str, Any]:
    request: dict[str, Any] = {}
    for text in fields:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UserError(f"--field {text!r}: write NAME=VALUE, nested names with dots")
        *outer, last = name.split(".")
        at = request
        for part in outer:
            at = at.setdefault(part, {})
            if not isinstance(at, dict):
                raise UserError(f"--field {text!r}: {part} has a value already and cannot have fields")
        at[last] = _value(_row(cls, name.split(".")), value)
    return request


def _value(row: FieldRow | None, text: str) -> Any:
    """A value as proto JSON: `@name` is an address, lists and messages are JSON, times and the rest are text."""
    if text.startswith("@"):
        return address_named(text[1:])
    if row is None:
        return text
    _, _, kind, label, type_name, _ = row
    if label == "repeated" or (kind == "message" and type_name not in _TEXT_MESSAGES):
        return _parsed(text)
    if kind == "bool" and text in ("true", "false"):
        return text == "true"
    return text


def _row(cls: type[Message] | None, path: Sequence[str]) -> FieldRow | None:
    """The field that a dotted name means, None when there is none."""
    row: FieldRow | None = None
    for name in path:
        row = next((one for one in cls.FIELDS if name in one[:2]), None) if cls is not None else None
        if row is None:
            return None
        cls = class_named(row[4]) if row[2] == "message" else None
    return row


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as problem:
        raise UserError(f"{text!r} is no JSON: {problem.msg} at column {problem.colno}") from None
