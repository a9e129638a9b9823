"""The gRPC door: bytes in, bytes out, over the table of methods.

A request's metadata `x-cosmos-block-height` selects an older state; the answer's initial metadata says the height it
is about. Plaintext. Source: client-surfaces §1.5, §5.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, NoReturn, Protocol

import grpc
import grpc.aio

from vaultsim.errors import ChainHalted, UserError
from vaultsim.rpc.addresses import Address, check_free
from vaultsim.rpc.failures import GrpcCode, RequestFailed
from vaultsim.rpc.limits import ServerLimits
from vaultsim.rpc.table import MethodTable

HEIGHT_HEADER: Final = "x-cosmos-block-height"
_HEIGHT: Final = re.compile(r"[+-]?[0-9]{1,19}")
_INT64_MAX: Final = 2**63 - 1
_STATUS_CODES: Final = {GrpcCode(status.value[0]): status for status in grpc.StatusCode}
_DETAIL_BYTES: Final = 2_000
"""Longest text of a status: percent-encoded it must fit a client's limit of 8 KiB for all metadata."""
_LARGE_BYTES: Final = 16 * 1024
"""Answers up to here are bounded well enough by the number of requests in work."""
_STREAMS_PER_CONNECTION: Final = 256
_KEEPALIVE_MS: Final = 60_000
_HANDSHAKE_MS: Final = 10_000

log: Final = logging.getLogger("vaultsim.grpc")


class Call(Protocol):
    """What a handler uses of grpc.aio.ServicerContext."""

    def invocation_metadata(self) -> Iterable[tuple[str, str | bytes]] | None: ...

    async def send_initial_metadata(self, metadata: tuple[tuple[str, str], ...]) -> None: ...

    async def abort(self, code: Any, details: str) -> NoReturn: ...

    def add_done_callback(self, callback: Callable[[Any], None]) -> None: ...


class GrpcDoor:
    """A gRPC server over a table of methods. Open it once, in the loop that it lives in."""

    def __init__(self, table: MethodTable, limits: ServerLimits) -> None:
        self._table = table
        self._limits = limits
        self._server: Any = None

    async def open(self, address: Address) -> Address:
        """Starts to listen; returns the bound address. Raises UserError when it cannot be had."""
        from vaultsim.rpc.grpc_tooling import ToolingMethods

        check_free(address, "grpc")
        handlers = (_TableMethods(self._table, self._limits), ToolingMethods(self._table))
        self._server = grpc.aio.server(
            handlers=handlers,
            options=_options(self._limits),
            maximum_concurrent_rpcs=self._limits.concurrent_requests,
        )
        try:
            port = self._server.add_insecure_port(address.target)
        except RuntimeError:
            raise UserError(f"--grpc: cannot listen on {address.target}; give another HOST:PORT") from None
        await self._server.start()
        return address._replace(port=port)

    async def close(self, grace_seconds: float = 0.5) -> None:
        """Takes no more requests, gives the open ones `grace_seconds`, then cancels them."""
        if self._server is not None:
            server, self._server = self._server, None
            await server.stop(grace_seconds)


class _TableMethods:
    """Finds the handler of a path; grpc.aio asks this for every request."""

    def __init__(self, table: MethodTable, limits: ServerLimits) -> None:
        unread = _Unread(limits.unread_bytes)
        self._handlers = {
            path: grpc.unary_unary_rpc_method_handler(_answering(table, path, unread)) for path in table.paths()
        }

    def service(self, details: Any) -> Any:
        """The handler, None when the path is not served: UNIMPLEMENTED."""
        return self._handlers.get(details.method)


class _Unread:
    """Counts the bytes of large answers that clients have not taken yet."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._bytes = 0

    def has_room_for(self, answer: bytes, call: Call) -> bool:
        """Whether one more answer may wait to be read; it counts until the call is over."""
        size = len(answer)
        if self._bytes + size > self._most:
            return False
        self._bytes += size
        call.add_done_callback(lambda _: self._forget(size))
        return True

    def _forget(self, size: int) -> None:
        self._bytes -= size


def _answering(table: MethodTable, path: str, unread: _Unread) -> Callable[[bytes, Call], Awaitable[bytes]]:
    ask = table.ask

    async def answer(request: bytes, call: Call) -> bytes:
        try:
            raw, height = await ask(path, request, selected_height(call.invocation_metadata() or ()))
        except RequestFailed as failure:
            await call.abort(_STATUS_CODES[failure.status], status_text(failure.text))
        except ChainHalted as halt:
            await call.abort(grpc.StatusCode.INTERNAL, status_text(f"the chain halted: {halt}"))
        except Exception:
            log.exception("%s failed; the server goes on", path)
            await call.abort(
                grpc.StatusCode.INTERNAL, f"{path} failed because of a bug in vaultsim; its log says where"
            )
        if len(raw) > _LARGE_BYTES and not unread.has_room_for(raw, call):
            await call.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "too many large answers wait to be read; ask again")
        await call.send_initial_metadata(((HEIGHT_HEADER, str(height)),))
        return raw

    return answer


def selected_height(metadata: Iterable[tuple[str, str | bytes]]) -> int | None:
    """The height that a request asks about, None for the last one.

    As on the chain, a header that comes more than once is not looked at. Raises RequestFailed for one that is no int64.
    """
    found = [value for name, value in metadata if name == HEIGHT_HEADER]
    if len(found) != 1:
        return None
    text = str(found[0])
    if not _HEIGHT.fullmatch(text) or not -_INT64_MAX <= int(text) <= _INT64_MAX:
        raise RequestFailed(GrpcCode.INVALID_ARGUMENT, f"{HEIGHT_HEADER}: {text[:80]!r} is no block height")
    return int(text)


def status_text(text: str) -> str:
    """`text` as the details of a status can carry it: valid UTF-8, and not too long for a client."""
    return text.encode("utf-8", "replace")[:_DETAIL_BYTES].decode("utf-8", "ignore")


def _options(limits: ServerLimits) -> list[tuple[str, int]]:
    return [
        # Two servers must not share a port without noticing.
        ("grpc.so_reuseport", 0),
        ("grpc.max_receive_message_length", limits.request_bytes),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_allowed_incoming_connections", limits.connections),
        ("grpc.max_concurrent_streams", _STREAMS_PER_CONNECTION),
        # A peer that says nothing, or is gone without a word, is let go.
        ("grpc.server_handshake_timeout_ms", _HANDSHAKE_MS),
        ("grpc.keepalive_time_ms", _KEEPALIVE_MS),
        ("grpc.keepalive_timeout_ms", _HANDSHAKE_MS),
        # Clients may ask whether we are alive as often as every second.
        ("grpc.http2.min_ping_interval_without_data_ms", 1_000),
    ]
