"""Path and query parameters of the REST gateway as a request message. Source: grpc-gateway 1.16, runtime."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any as Json
from typing import Final, NamedTuple

from vaultsim.pb.google.protobuf import Duration, Timestamp
from vaultsim.pb.proto_json import WRAPPERS, message_from_json
from vaultsim.pb.registry import class_named
from vaultsim.pb.runtime import FieldRow, JsonError, Message
from vaultsim.rpc.failures import GrpcCode, RequestFailed

_TRUTHS: Final = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}
_TEXT_MESSAGES: Final = (Timestamp.FULL_NAME, Duration.FULL_NAME)
MOST_PARAMETERS: Final = 1_000


class _Place(NamedTuple):
    """A field inside a message: the names on the way to it, and its row."""

    names: tuple[str, ...]
    row: FieldRow


def message_of_parameters(
    request: type[Message], in_path: Sequence[tuple[str, str]], in_query: Sequence[tuple[str, str]]
) -> Message:
    """The request that parameters describe; those in the path win, unknown ones are not looked at.

    Raises RequestFailed for a value that does not fit its field.
    """
    if len(in_query) > MOST_PARAMETERS:
        raise RequestFailed(GrpcCode.INVALID_ARGUMENT, f"more than {MOST_PARAMETERS} parameters")
    fields: dict[str, Json] = {}
    fixed = {name for name, _ in in_path}
    for name, texts in _grouped((name, text) for name, text in in_query if name not in fixed):
        _fill(fields, request, name, texts)
    for name, text in in_path:
        _fill(fields, request, name, [text])
    try:
        return message_from_json(request, fields, "request")
    except JsonError as problem:
        name = problem.path.removeprefix("request.")
        raise _mismatch(name, problem.reason) from None


def _grouped(parameters: Iterable[tuple[str, str]]) -> Iterable[tuple[str, list[str]]]:
    groups: dict[str, list[str]] = {}
    for name, text in parameters:
        groups.setdefault(name, []).append(text)
    return groups.items()


def _fill(fields: dict[str, Json], request: type[Message], name: str, texts: list[str]) -> None:
    place = _place(request, tuple(name.split(".")))
    if place is None:
        return
    _, _, kind, label, _, _ = place.row
    values = [_json_of(kind, text, name) for text in texts]
    if label != "repeated" and len(values) > 1:
        raise RequestFailed(GrpcCode.INVALID_ARGUMENT, f"too many values for field {name}: {', '.join(texts)[:200]}")
    at = fields
    for step in place.names[:-1]:
        at = at.setdefault(step, {})
    at[place.names[-1]] = values if label == "repeated" else values[0]


@cache
def _rows(message: type[Message]) -> dict[str, FieldRow]:
    return {**{row[1]: row for row in message.FIELDS}, **{_proto_name(row): row for row in message.FIELDS}}


def _proto_name(row: FieldRow) -> str:
    """The name in the proto; an attribute that Python has a word for, such as `from`, ends in an underscore."""
    return row[0].removesuffix("_")


def _place(message: type[Message], names: tuple[str, ...]) -> _Place | None:
    """The field that dotted names lead to; None when there is none that text can fill."""
    row = _rows(message).get(names[0])
    if row is None:
        return None
    _, _, kind, label, type_name, _ = row
    if len(names) == 1:
        is_text = kind != "message" or type_name in _TEXT_MESSAGES or type_name in WRAPPERS
        return _Place((_proto_name(row),), row) if is_text else None
    inner = class_named(type_name) if kind == "message" and label != "repeated" else None
    found = None if inner is None else _place(inner, names[1:])
    return None if found is None else _Place((_proto_name(row), *found.names), found.row)


def _json_of(kind: str, text: str, name: str) -> Json:
    if kind == "bool":
        if text not in _TRUTHS:
            raise _mismatch(name, f"{text[:80]!r} is neither true nor false")
        return _TRUTHS[text]
    # A plus that was not escaped has become a blank.
    return text.replace(" ", "+") if kind == "bytes" else text


def _mismatch(name: str, problem: str) -> RequestFailed:
    return RequestFailed(GrpcCode.INVALID_ARGUMENT, f"type mismatch, parameter: {name}, error: {problem}")
