"""Messages as a test writes them: values of ours, or JSON with "@type" in which accounts and messages may stand."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from vaultsim.errors import UserError
from vaultsim.pb.proto_json import any_from_json
from vaultsim.pb.registry import unpack
from vaultsim.pb.runtime import JsonError, Message
from vaultsim.testing.accounts import NamedAccount

Sendable = Message | Mapping[str, Any]
"""A message: a value, or proto JSON with its type in "@type"."""
M = TypeVar("M", bound=Message)


def messages_of(given: Sendable | Sequence[Sendable]) -> tuple[Message, ...]:
    """The messages of one or of several. Raises UserError naming the field that does not fit."""
    many = (given,) if isinstance(given, Message | Mapping) else tuple(given)
    if not many:
        raise UserError("no message was given; a transaction has at least one")
    return tuple(message_of(one) for one in many)


def message_of(given: Sendable) -> Message:
    """A message as a value. Raises UserError."""
    if isinstance(given, Message):
        return given
    if not isinstance(given, Mapping):
        raise UserError(f'{given!r} is no message; give a value of vaultsim.pb or a dict with "@type"')
    try:
        return message_from_json(plain(given), "message")
    except JsonError as problem:
        raise UserError(str(problem)) from None


def message_from_json(value: object, path: str) -> Message:
    """The message of proto JSON with its type in "@type". Raises JsonError."""
    packed = any_from_json(value, path)
    if not packed.type_url:
        raise JsonError(f"{path}.@type", "expected a type URL")
    return unpack(packed)


def from_fields(cls: type[M], fields: Mapping[str, Any], place: str) -> M:
    """A message of a class from its fields, checked against the proto. Raises UserError."""
    try:
        return cls.from_json(plain(fields), place)
    except JsonError as problem:
        raise UserError(str(problem)) from None


def plain(value: Any) -> Any:
    """JSON in which accounts are their addresses and messages their fields."""
    if isinstance(value, NamedAccount):
        return value.address
    if isinstance(value, Message):
        return value.to_json()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(inner) for inner in value]
    return value
