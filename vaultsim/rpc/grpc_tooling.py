"""What gRPC tools ask of any server: health, and reflection over our private descriptor pool.

Both are loaded when they are first asked, so that a start does not wait for them. Reflection is served as v1 and as
v1alpha: the messages are the same on the wire, and the installed package knows v1alpha only.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import grpc

from vaultsim.pb.registry import descriptor_pool
from vaultsim.rpc.table import MethodTable

if TYPE_CHECKING:
    from google.protobuf.descriptor_pb2 import FileDescriptorProto
    from google.protobuf.descriptor_pool import DescriptorPool

HEALTH: Final = "grpc.health.v1.Health"
REFLECTION_V1: Final = "grpc.reflection.v1.ServerReflection"
REFLECTION_V1ALPHA: Final = "grpc.reflection.v1alpha.ServerReflection"


class ToolingMethods:
    """Handlers of health and reflection, for the services that a table serves."""

    def __init__(self, table: MethodTable) -> None:
        self._services = sorted({served.method.service for served in table})
        self._loaded: dict[str, Any] | None = None

    def service(self, details: Any) -> Any:
        """The handler of a path, None when it is neither health nor reflection."""
        if not details.method.startswith("/grpc."):
            return None
        if self._loaded is None:
            self._loaded = {**_health_handlers(self._services), **_reflection_handlers(self._services)}
        return self._loaded.get(details.method)


def _health_handlers(services: list[str]) -> dict[str, Any]:
    from grpc_health.v1 import health, health_pb2

    servicer = health.aio.HealthServicer()
    serving = health_pb2.HealthCheckResponse.SERVING
    # Its own way to set a status is a coroutine, for watchers that cannot be there yet.
    servicer._server_status.update(dict.fromkeys(services, serving))
    codec = {
        "request_deserializer": health_pb2.HealthCheckRequest.FromString,
        "response_serializer": health_pb2.HealthCheckResponse.SerializeToString,
    }
    return {
        f"/{HEALTH}/Check": grpc.unary_unary_rpc_method_handler(servicer.Check, **codec),
        f"/{HEALTH}/Watch": grpc.unary_stream_rpc_method_handler(servicer.Watch, **codec),
    }


def _reflection_handlers(services: list[str]) -> dict[str, Any]:
    from grpc_reflection.v1alpha import reflection, reflection_pb2

    names = [*services, HEALTH, REFLECTION_V1, REFLECTION_V1ALPHA]
    servicer = reflection.aio.ReflectionServicer(names, pool=_reflected_pool())
    handler = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        request_deserializer=reflection_pb2.ServerReflectionRequest.FromString,
        response_serializer=reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    return {f"/{name}/ServerReflectionInfo": handler for name in (REFLECTION_V1, REFLECTION_V1ALPHA)}


@cache
def _reflected_pool() -> DescriptorPool:
    """Our pool, and in it the files of health and reflection themselves."""
    from google.protobuf.descriptor_pb2 import FileDescriptorProto
    from grpc_health.v1 import health_pb2
    from grpc_reflection.v1alpha import reflection_pb2

    pool = descriptor_pool()
    reflection = FileDescriptorProto.FromString(reflection_pb2.DESCRIPTOR.serialized_pb)
    health = FileDescriptorProto.FromString(health_pb2.DESCRIPTOR.serialized_pb)
    for file in (health, reflection, _as_v1(reflection)):
        pool.Add(file)  # type: ignore[no-untyped-call]
    return pool


def _as_v1(file: FileDescriptorProto) -> FileDescriptorProto:
    """The reflection file under the name it has since it is stable."""
    text = str(file).replace("v1alpha", "v1")
    from google.protobuf import text_format

    return text_format.Parse(text, type(file)())
