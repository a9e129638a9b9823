"""Hypothesis strategies for values of the generated classes, and their twins in the protobuf runtime."""

from __future__ import annotations

from typing import Any as Json

from google.protobuf import message_factory
from hypothesis import strategies as st

from vaultsim.pb.index import MESSAGES
from vaultsim.pb.registry import class_named, descriptor_pool
from vaultsim.pb.runtime import Message

RANGES = {
    "int32": (-(2**31), 2**31 - 1),
    "sint32": (-(2**31), 2**31 - 1),
    "enum": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "sint64": (-(2**63), 2**63 - 1),
    "uint32": (0, 2**32 - 1),
    "fixed32": (0, 2**32 - 1),
    "uint64": (0, 2**64 - 1),
    "fixed64": (0, 2**64 - 1),
}
EDGES = [0, 1, 127, 128, 16383, 16384, 2**21, 2**28 - 1, 2**28, 2**31 - 1, 2**32 - 1, 2**42 - 1, 2**42, 2**63, -1, -64]
BY_KIND = {
    "bool": st.booleans(),
    "bytes": st.binary(max_size=5) | st.binary(min_size=126, max_size=130),
    "string": st.text(st.characters(codec="utf-8"), max_size=5) | st.just("dydx" * 40),
    "big_int": st.integers() | st.integers(-(2**200), 2**200),
    "math_int": st.integers().map(str),
    "dec": st.integers().map(str),
}


def number(kind: str) -> st.SearchStrategy[int]:
    low, high = RANGES[kind]
    return st.sampled_from([edge for edge in EDGES if low <= edge <= high]) | st.integers(low, high)


def scalar(kind: str) -> st.SearchStrategy[Json]:
    return number(kind) if kind in RANGES else BY_KIND[kind]


def moment() -> st.SearchStrategy[dict[str, int]]:
    seconds = st.integers(-62135596800, 253402300799)
    return st.fixed_dictionaries({"seconds": seconds, "nanos": st.integers(0, 999_999_999)})


def span() -> st.SearchStrategy[dict[str, int]]:
    return st.fixed_dictionaries({"seconds": st.integers(0, 10**9), "nanos": st.integers(0, 999_999_999)})


@st.composite
def values(draw: st.DrawFn, cls: type[Message], depth: int = 3) -> Message:
    """A value of `cls`, nested at most `depth` deep."""
    if cls.FULL_NAME == "google.protobuf.Timestamp":
        return cls(**draw(moment()))
    if cls.FULL_NAME == "google.protobuf.Duration":
        return cls(**draw(span()))
    fields: dict[str, Json] = {}
    chosen = {draw(st.sampled_from(members)) for _, members in cls.ONEOFS}
    for name, _, kind, label, type_name, _ in cls.FIELDS:
        if label == "oneof" and name not in chosen:
            continue
        one = values(class_for(type_name), depth - 1) if kind == "message" else scalar(kind)
        if kind == "message" and depth == 0 and label != "one":
            continue
        if label == "repeated":
            fields[name] = tuple(draw(st.lists(one, max_size=3)))
        elif label != "one" or draw(st.booleans()):
            fields[name] = draw(one if label == "one" else one | st.none())
    return cls(**fields)


def class_for(full_name: str) -> type[Message]:
    found = class_named(full_name)
    assert found is not None
    return found


def classes() -> st.SearchStrategy[type[Message]]:
    return st.sampled_from(sorted(MESSAGES)).map(class_for)


def twin(value: Message) -> Json:
    """The same value as a message of the protobuf runtime, with everything set that the chain always writes."""
    descriptor = descriptor_pool().FindMessageTypeByName(value.FULL_NAME)
    out = message_factory.GetMessageClass(descriptor)()
    for name, _, kind, label, _, _ in value.FIELDS:
        held = getattr(value, name)
        if label == "repeated" and kind == "message":
            for item in held:
                getattr(out, name).append(twin(item))
        elif label == "repeated":
            getattr(out, name).extend(held)
        elif kind == "message" and held is not None:
            getattr(out, name).CopyFrom(twin(held))
            getattr(out, name).SetInParent()
        elif kind == "big_int":
            sign = b"\x03" if held < 0 else b"\x02"
            setattr(out, name, sign + abs(held).to_bytes((held.bit_length() + 7) // 8, "big"))
        elif held is not None:
            setattr(out, name, held or "0" if kind in ("math_int", "dec") else held)
    return out
