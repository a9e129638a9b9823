"""Proto JSON as the SDK writes and reads it (gogoproto jsonpb: original names, defaults shown).

Integers of 64 bits and SerializableInt are text, enums their names, bytes base64 (null for an empty single field),
absent messages null, an unset oneof left out, an Any its message's fields behind "@type". Source: dydx-vault §3, §5,
DESIGN genesis.
"""

from __future__ import annotations

import base64
import binascii
from functools import cache
from typing import Any as Json
from typing import TypeVar

from vaultsim.pb.google.protobuf import Any, Duration, Timestamp
from vaultsim.pb.json_text import (
    decimal_from_wire,
    decimal_to_wire,
    duration_from_text,
    duration_to_text,
    go_int,
    time_from_text,
    time_to_text,
)
from vaultsim.pb.registry import class_named, enum_named, message_class
from vaultsim.pb.runtime import DecodeError, FieldRow, JsonError, Message

M = TypeVar("M", bound=Message)

TEXT_INTEGERS = {"int64", "uint64", "fixed64", "sint64"}
RANGES = {
    "int32": (-(2**31), 2**31 - 1),
    "sint32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "sint64": (-(2**63), 2**63 - 1),
    "uint32": (0, 2**32 - 1),
    "fixed32": (0, 2**32 - 1),
    "uint64": (0, 2**64 - 1),
    "fixed64": (0, 2**64 - 1),
}
WRAPPERS = {
    f"google.protobuf.{name}Value": kind
    for name, kind in (
        ("Bool", "bool"),
        ("Bytes", "bytes"),
        ("Int32", "int32"),
        ("Int64", "int64"),
        ("String", "string"),
        ("UInt32", "uint32"),
        ("UInt64", "uint64"),
    )
}


def message_to_json(message: Message) -> dict[str, Json]:
    """The fields of `message` in the order of the proto."""
    out: dict[str, Json] = {}
    for attribute, _, kind, label, type_name, _ in message.FIELDS:
        value = getattr(message, attribute)
        name = attribute.removesuffix("_")
        if label == "repeated":
            out[name] = [_value_to_json(kind, type_name, item) for item in value]
        elif kind == "bytes" and label == "one" and not value:
            out[name] = None
        elif value is not None:
            out[name] = _value_to_json(kind, type_name, value)
        elif label == "nullable":
            out[name] = None
    return out


def _value_to_json(kind: str, type_name: str, value: Json) -> Json:
    if kind == "message":
        return _message_value_to_json(value)
    if kind in TEXT_INTEGERS or kind == "big_int":
        return str(int(value))
    if kind == "enum":
        return enum_named(type_name).NAMES.get(value, value)
    if kind == "bytes":
        return base64.b64encode(value).decode()
    if kind == "math_int":
        return value or "0"
    if kind == "dec":
        return decimal_from_wire(value)
    return value


def _message_value_to_json(value: Message) -> Json:
    if isinstance(value, Any):
        return any_to_json(value)
    if isinstance(value, Timestamp):
        return time_to_text(value.seconds, value.nanos)
    if isinstance(value, Duration):
        return duration_to_text(value.seconds, value.nanos)
    if value.FULL_NAME in WRAPPERS:
        return _value_to_json(WRAPPERS[value.FULL_NAME], "", getattr(value, "value"))  # noqa: B009
    return message_to_json(value)


def any_to_json(packed: Any) -> dict[str, Json]:
    """The message inside `packed`, its fields behind "@type". Raises JsonError when the type is unknown."""
    if not packed.type_url and not packed.value:
        return {}
    found = message_class(packed.type_url)
    if found is None:
        raise JsonError("@type", f"unknown type {packed.type_url!r}")
    try:
        inner = _message_value_to_json(found.decode(packed.value))
    except DecodeError as error:
        raise JsonError("@type", f"{packed.type_url}: {error}") from None
    return {"@type": packed.type_url, **(inner if isinstance(inner, dict) else {"value": inner})}


def any_from_json(obj: object, path: str, *, ignore_unknown: bool = False) -> Any:
    """The Any of an object with "@type". Raises JsonError."""
    if not isinstance(obj, dict):
        raise JsonError(path, f"expected an object with @type, found {_kind_of(obj)}")
    if not obj:
        return Any()
    url = obj.get("@type")
    if not isinstance(url, str):
        raise JsonError(f"{path}.@type", "expected a type URL")
    found = message_class(url)
    if found is None:
        raise JsonError(f"{path}.@type", f"unknown type {url!r}")
    rest: object = {key: value for key, value in obj.items() if key != "@type"}
    if found in (Any, Timestamp, Duration) or found.FULL_NAME in WRAPPERS:
        rest = obj.get("value")
    value = _message_from_value(found, rest, path, ignore_unknown)
    return Any(type_url=url, value=value.encode())


@cache
def _rows(cls: type[Message]) -> dict[str, FieldRow]:
    """The fields of `cls` by either JSON name."""
    return {**{row[1]: row for row in cls.FIELDS}, **{row[0].removesuffix("_"): row for row in cls.FIELDS}}


@cache
def _oneofs(cls: type[Message]) -> dict[str, str]:
    return {member: group for group, members in cls.ONEOFS for member in members}


def message_from_json(cls: type[M], obj: object, path: str, *, ignore_unknown: bool = False) -> M:
    """The value of `cls` that `obj` describes; names in snake_case or camelCase, null for a default.

    Raises JsonError.
    """
    value = _message_from_value(cls, obj, path, ignore_unknown)
    assert isinstance(value, cls)
    return value


def _message_from_value(cls: type[Message], obj: object, path: str, ignore_unknown: bool) -> Message:
    if cls is Any:
        return any_from_json(obj, path, ignore_unknown=ignore_unknown)
    if cls is Timestamp or cls is Duration:
        if not isinstance(obj, str):
            raise JsonError(path, f"expected text, found {_kind_of(obj)}")
        read = time_from_text if cls is Timestamp else duration_from_text
        seconds, nanos = _told(read, obj, path)
        return Timestamp(seconds=seconds, nanos=nanos) if cls is Timestamp else Duration(seconds=seconds, nanos=nanos)
    if cls.FULL_NAME in WRAPPERS and not isinstance(obj, dict):
        return cls(**_wrapped(cls, obj, path))
    if not isinstance(obj, dict):
        raise JsonError(path, f"expected an object, found {_kind_of(obj)}")
    return cls(**_fields_from_json(cls, obj, path, ignore_unknown))


def _wrapped(cls: type[Message], obj: object, path: str) -> dict[str, Json]:
    return {"value": _scalar_from_json(WRAPPERS[cls.FULL_NAME], "", obj, path)}


def _fields_from_json(cls: type[Message], obj: dict[str, Json], path: str, ignore_unknown: bool) -> dict[str, Json]:
    rows, groups = _rows(cls), _oneofs(cls)
    found: dict[str, Json] = {}
    set_groups: dict[str, str] = {}
    for key, value in obj.items():
        row = rows.get(key)
        if row is None:
            if ignore_unknown:
                continue
            raise JsonError(f"{path}.{key}", f"unknown field of {cls.FULL_NAME}")
        name = row[0]
        if value is None:
            continue
        if name in found:
            raise JsonError(f"{path}.{key}", f"{name} is given twice")
        group = groups.get(name)
        if group is not None and set_groups.setdefault(group, name) != name:
            raise JsonError(f"{path}.{key}", f"{set_groups[group]} is set already, and only one may be")
        found[name] = _field_from_json(row, value, f"{path}.{key}", ignore_unknown)
    return found


def _field_from_json(row: FieldRow, value: object, path: str, ignore_unknown: bool) -> Json:
    _, _, kind, label, type_name, _ = row
    if label != "repeated":
        return _value_from_json(kind, type_name, value, path, ignore_unknown)
    if not isinstance(value, list | tuple):
        raise JsonError(path, f"expected a list, found {_kind_of(value)}")
    return tuple(
        _value_from_json(kind, type_name, item, f"{path}[{index}]", ignore_unknown) for index, item in enumerate(value)
    )


def _value_from_json(kind: str, type_name: str, value: object, path: str, ignore_unknown: bool) -> Json:
    if kind != "message":
        return _scalar_from_json(kind, type_name, value, path)
    found = class_named(type_name)
    assert found is not None
    return _message_from_value(found, value, path, ignore_unknown)


def _scalar_from_json(kind: str, type_name: str, value: object, path: str) -> Json:
    if kind in RANGES:
        return _integer_from_json(value, RANGES[kind], path)
    if kind == "big_int":
        return _big_int_from_json(value, path)
    if kind == "bool":
        if not isinstance(value, bool):
            raise JsonError(path, f"expected true or false, found {_kind_of(value)}")
        return value
    if kind == "enum":
        return _enum_from_json(type_name, value, path)
    if kind in ("math_int", "dec") and isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise JsonError(path, f"expected text, found {_kind_of(value)}")
    if kind == "bytes":
        return _bytes_from_json(value, path)
    if kind == "math_int":
        return str(_told(go_int, value, path))
    return _told(decimal_to_wire, value, path) if kind == "dec" else value


def _integer_from_json(value: object, bounds: tuple[int, int], path: str) -> int:
    low, high = bounds
    if isinstance(value, str) and value.removeprefix("-").isdecimal() and value.isascii():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise JsonError(path, f"expected an integer, found {_kind_of(value)}")
    if not low <= value <= high:
        raise JsonError(path, f"expected an integer from {low} to {high}, found {value}")
    return value


def _big_int_from_json(value: object, path: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise JsonError(path, f"expected a decimal integer in quotes, found {_kind_of(value)}")
    return int(_told(go_int, value, path))


def _enum_from_json(type_name: str, value: object, path: str) -> int:
    enum = enum_named(type_name)
    if isinstance(value, str):
        if value in enum.VALUES:
            return enum.VALUES[value]
        if not value.removeprefix("-").isdecimal():
            raise JsonError(path, f"expected one of {', '.join(enum.VALUES)}, found {value!r}")
    return _integer_from_json(value, RANGES["int32"], path)


def _bytes_from_json(value: str, path: str) -> bytes:
    text = value.replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise JsonError(path, "expected base64") from None


def _told(read: Json, text: str, path: str) -> Json:
    try:
        return read(text)
    except ValueError as error:
        raise JsonError(path, str(error)) from None


def _kind_of(value: object) -> str:
    names = {bool: "a truth value", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    return names.get(type(value), "null" if value is None else type(value).__name__)


__all__ = ["any_from_json", "any_to_json", "message_from_json", "message_to_json"]
