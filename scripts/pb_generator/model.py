"""What the descriptor set says, reduced to what the emitters need."""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

KINDS = {
    3: "int64",
    4: "uint64",
    5: "int32",
    6: "fixed64",
    7: "fixed32",
    8: "bool",
    9: "string",
    11: "message",
    12: "bytes",
    13: "uint32",
    14: "enum",
    17: "sint32",
    18: "sint64",
}
# DoubleValue and FloatValue, which come along with the well-known wrappers: there are no floats on this chain.
FLOATS = (1, 2)
CUSTOM_KINDS = {
    "github.com/dydxprotocol/v4-chain/protocol/dtypes.SerializableInt": "big_int",
    "cosmossdk.io/math.Int": "math_int",
    "cosmossdk.io/math.LegacyDec": "dec",
    "ecdsaPK": "bytes",
}
# Only options and the description of protos itself: no value classes.
META_PACKAGES = {"gogoproto", "cosmos_proto", "cosmos.msg.v1", "google.api"}
META_FILES = {"google/protobuf/descriptor.proto"}
VARINT_KINDS = {"int64", "uint64", "int32", "bool", "uint32", "enum", "sint32", "sint64"}


@dataclass(frozen=True)
class Field:
    """One field of a message."""

    name: str
    json_name: str
    number: int
    kind: str
    label: str  # "one", "nullable", "repeated", "oneof"
    type_name: str  # full name of the message or enum, else ""
    oneof: str
    std: str  # "time", "duration" or ""

    @property
    def wire_type(self) -> int:
        """Wire type of one value, not of a packed list."""
        if self.kind in VARINT_KINDS:
            return 0
        return {"fixed32": 5, "fixed64": 1}.get(self.kind, 2)

    @property
    def is_packed(self) -> bool:
        """Whether it is a list that is written packed."""
        return self.label == "repeated" and self.wire_type != 2


@dataclass(frozen=True)
class Message:
    """One message type."""

    full_name: str
    package: str
    class_name: str
    signers: tuple[str, ...]
    fields: tuple[Field, ...]  # by number, as on the wire
    declared: tuple[Field, ...]  # as written in the proto, the order of JSON
    doc: str


@dataclass(frozen=True)
class Enum:
    """One enum type."""

    full_name: str
    package: str
    class_name: str
    values: tuple[tuple[str, int], ...]
    doc: str


@dataclass(frozen=True)
class Method:
    """One method of a service, with its REST routes (verb, path, body)."""

    service: str
    name: str
    request: str
    response: str
    routes: tuple[tuple[str, str, str], ...]


@dataclass
class Model:
    """Everything a descriptor set declares."""

    messages: dict[str, Message] = field(default_factory=dict)
    enums: dict[str, Enum] = field(default_factory=dict)
    methods: list[Method] = field(default_factory=list)


def read_model(raw: bytes, raw_with_comments: bytes) -> Model:
    """The model of a serialised FileDescriptorSet; comments come from its twin with source information."""
    files = _parse(raw)
    docs = _comments(raw_with_comments)
    model = Model()
    for file in files:
        if file.package in META_PACKAGES or file.name in META_FILES:
            continue
        for message, full_name in _walk(file.message_type, file.package):
            if any(item.type in FLOATS for item in message.field):
                continue
            _add_message(model, file.package, message, full_name, docs)
        for enum in file.enum_type:
            _add_enum(model, file.package, enum, f"{file.package}.{enum.name}", docs)
        for service in file.service:
            _add_service(model, file.package, service)
    return model


def _parse(raw: bytes) -> Any:
    pool = descriptor_pool.DescriptorPool()
    names = []
    for file in descriptor_pb2.FileDescriptorSet.FromString(raw).file:
        pool.Add(file)
        names.append(file.name)
    message_factory.GetMessageClassesForFiles(names, pool)
    set_class = message_factory.GetMessageClass(pool.FindMessageTypeByName("google.protobuf.FileDescriptorSet"))
    return set_class.FromString(raw).file


def _options(thing: Any) -> dict[str, Any]:
    return {descriptor.full_name: value for descriptor, value in thing.options.ListFields()}


def _walk(messages: Any, prefix: str) -> Iterator[tuple[Any, str]]:
    for message in messages:
        full_name = f"{prefix}.{message.name}"
        yield message, full_name
        yield from _walk(message.nested_type, full_name)


def _class_name(full_name: str, package: str) -> str:
    return full_name[len(package) + 1 :].replace(".", "_")


def _add_message(model: Model, package: str, message: Any, full_name: str, docs: dict[str, str]) -> None:
    declared = tuple(_field(message, item) for item in message.field)
    fields = tuple(sorted(declared, key=lambda item: item.number))
    _check_oneofs(full_name, fields)
    model.messages[full_name] = Message(
        full_name=full_name,
        package=package,
        class_name=_class_name(full_name, package),
        signers=tuple(_options(message).get("cosmos.msg.v1.signer", ())),
        fields=fields,
        declared=declared,
        doc=docs.get(full_name, ""),
    )
    for enum in message.enum_type:
        _add_enum(model, package, enum, f"{full_name}.{enum.name}", docs)


def _check_oneofs(full_name: str, fields: tuple[Field, ...]) -> None:
    """Members of a oneof must be neighbours: the chain writes them all at one place."""
    order = [item.oneof or item.name for item in fields]
    for index, name in enumerate(order):
        if index and name in order[: index - 1] and order[index - 1] != name:
            raise ValueError(f"{full_name}: the members of oneof {name} are not neighbours")


def _field(message: Any, item: Any) -> Field:
    options = _options(item)
    kind = KINDS[item.type]
    if "gogoproto.customtype" in options:
        kind = CUSTOM_KINDS[options["gogoproto.customtype"]]
    oneof = message.oneof_decl[item.oneof_index].name if item.HasField("oneof_index") else ""
    if item.label == 3:
        label = "repeated"
    elif oneof:
        label = "oneof"
    elif kind == "message" and options.get("gogoproto.nullable", True):
        label = "nullable"
    else:
        label = "one"
    # The attribute of a field that is called as a Python keyword ends in an underscore; its JSON name does not.
    name = f"{item.name}_" if keyword.iskeyword(item.name) else item.name
    std = "time" if options.get("gogoproto.stdtime") else "duration" if options.get("gogoproto.stdduration") else ""
    return Field(name, item.json_name, item.number, kind, label, item.type_name.lstrip("."), oneof, std)


def _add_enum(model: Model, package: str, enum: Any, full_name: str, docs: dict[str, str]) -> None:
    values = tuple((value.name, value.number) for value in enum.value)
    model.enums[full_name] = Enum(full_name, package, _class_name(full_name, package), values, docs.get(full_name, ""))


def _add_service(model: Model, package: str, service: Any) -> None:
    for method in service.method:
        rule = _options(method).get("google.api.http")
        rules = [] if rule is None else [rule, *rule.additional_bindings]
        model.methods.append(
            Method(
                service=f"{package}.{service.name}",
                name=method.name,
                request=method.input_type.lstrip("."),
                response=method.output_type.lstrip("."),
                routes=tuple(
                    (one.WhichOneof("pattern").upper(), getattr(one, one.WhichOneof("pattern")), one.body)
                    for one in rules
                ),
            )
        )


def _comments(raw: bytes) -> dict[str, str]:
    """The comment above each message and enum, by full name."""
    docs: dict[str, str] = {}
    for file in descriptor_pb2.FileDescriptorSet.FromString(raw).file:
        if file.package.startswith("google"):
            continue
        for location in file.source_code_info.location:
            text = " ".join(location.leading_comments.split())
            name = _name_at(file, list(location.path))
            if text and name:
                docs[name] = text
    return docs


def _name_at(file: Any, path: list[int]) -> str:
    """Full name of the message or enum that a source location points at, or empty."""
    here, name = file, file.package
    steps = {4: "message_type", 5: "enum_type"}
    while len(path) >= 2:
        attribute = steps.get(path[0])
        if attribute is None:
            return ""
        here = getattr(here, attribute)[path[1]]
        name = f"{name}.{here.name}"
        steps = {3: "nested_type", 4: "enum_type"}
        path = path[2:]
    return "" if path or here is file else name
