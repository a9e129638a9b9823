"""Message classes by type URL, gRPC services, and the private descriptor pool behind reflection.

The pool is private so that this package, cosmpy and v4_proto can live in one process: the default pool refuses a
second file or message of the same name. Source: client-surfaces §3.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module, resources
from typing import TYPE_CHECKING, Final

from vaultsim.pb import strict
from vaultsim.pb.google.protobuf import Any
from vaultsim.pb.index import ENUMS, MESSAGES
from vaultsim.pb.runtime import DecodeError, Message, Method, ProtoEnum
from vaultsim.pb.services import SERVICES

if TYPE_CHECKING:
    from google.protobuf.descriptor_pool import DescriptorPool

_SWITCH: Final = "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"


@cache
def class_named(full_name: str) -> type[Message] | None:
    """The value class of the message `full_name`, e.g. "dydxprotocol.clob.Order"; None when there is none."""
    place = MESSAGES.get(full_name)
    if place is None:
        return None
    found: type[Message] = getattr(import_module(place[0]), place[1])
    return found


@cache
def enum_named(full_name: str) -> type[ProtoEnum]:
    """The constants of the enum `full_name`. Raises KeyError."""
    module, name = ENUMS[full_name]
    found: type[ProtoEnum] = getattr(import_module(module), name)
    return found


def message_class(type_url: str) -> type[Message] | None:
    """The value class behind an Any's type URL; None unless it is a slash and a name we know."""
    return class_named(type_url[1:]) if type_url.startswith("/") else None


def pack(message: Message) -> Any:
    """`message` inside an Any, with the chain's bare leading slash."""
    return Any(type_url=message.TYPE_URL, value=message.encode())


def unpack(packed: Any) -> Message:
    """The value inside `packed`. Raises DecodeError, also for an unknown type."""
    found = message_class(packed.type_url)
    if found is None:
        raise DecodeError(f"unknown type {packed.type_url!r}")
    return found.decode(packed.value)


def services() -> dict[str, tuple[Method, ...]]:
    """The methods of each service, by full service name."""
    return SERVICES


@cache
def _msg_methods() -> dict[str, Method]:
    return {method.request: method for name, methods in SERVICES.items() if name.endswith(".Msg") for method in methods}


def response_class(request_type_url: str) -> type[Message] | None:
    """The response class of a transaction message, by its Msg service; None when no service handles it."""
    method = _msg_methods().get(request_type_url.removeprefix("/"))
    return None if method is None else class_named(method.response)


def reject_unknown_fields(raw: bytes, cls: type[Message], allow_non_critical: bool) -> bool:
    """Whether `raw`, bytes of a `cls`, holds unknown fields that are non-critical; looks into Anys too.

    Raises UnknownFieldError (a DecodeError) for other unknown fields, and for all of them unless
    `allow_non_critical`; DecodeError for malformed bytes.
    """
    return strict.reject_unknown_fields(raw, cls, allow_non_critical, class_named, message_class)


def descriptor_set() -> bytes:
    """The serialised FileDescriptorSet of everything under `proto/`."""
    return resources.files("vaultsim.pb").joinpath("descriptors.binpb").read_bytes()


@cache
def descriptor_pool() -> DescriptorPool:
    """The private DescriptorPool. Raises RuntimeError on another protobuf runtime than upb."""
    from google.protobuf import descriptor_pb2
    from google.protobuf import descriptor_pool as pools
    from google.protobuf.internal import api_implementation

    runtime = api_implementation.Type()
    if runtime != "upb":
        raise RuntimeError(f"protobuf runs on {runtime!r}; its upb runtime is needed (unset {_SWITCH})")
    pool = pools.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(descriptor_set()).file:
        pool.Add(file)  # type: ignore[no-untyped-call]
    return pool
