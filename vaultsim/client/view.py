"""What a command shows: JSON for programs, lines and a table for people, from the same answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from vaultsim.errors import UserError
from vaultsim.pb.runtime import JsonError, Message

Line = tuple[str, str]


class Table(msgspec.Struct, frozen=True):
    """Columns (a name that ends in `>` is set right) and rows."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """An answer. json: proto JSON of it, stable between releases."""

    json: Any
    lines: Sequence[Line] = ()
    table: Table | None = None


def plain_json(message: Message) -> dict[str, Any]:
    """The proto JSON of an answer. Raises UserError when it holds a message that the protos do not have."""
    try:
        return message.to_json()
    except JsonError as problem:
        raise UserError(f"the answer cannot be shown: {problem}") from None


def generic(message: Message) -> View:
    """Any answer: its fields, nested ones with dots."""
    json = plain_json(message)
    return View(json=json, lines=list(_flat(json)))


def _flat(value: Any, name: str = "") -> list[Line]:
    found: list[Line] = []
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            found += _flat(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            found += _flat(inner, f"{name}[{index}]")
    else:
        found.append((name or "answer", _scalar(value)))
    return found


def _scalar(value: Any) -> str:
    if value is None or value in ([], {}):
        return "-"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
