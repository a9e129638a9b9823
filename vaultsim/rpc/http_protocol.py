"""What uvicorn's connections do not do by themselves: lose patience, and refuse an endless head.

A client that does not send its request, or does not read its answer, would hold on to a connection and its buffers for
as long as it likes.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

MOST_HEAD_BYTES: Final = 64 * 1024
"""Request line and headers together."""

_TOO_LATE: Final = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_TOO_LONG: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class _Patience:
    """A timer that ends a connection unless what it waits for happens in time."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._loop = loop
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None

    def start(self, end: Any) -> None:
        """Calls `end` unless `stop` comes first; a running timer goes on."""
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, end)

    def stop(self) -> None:
        """It happened."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class PatientHttp(HttpToolsProtocol):
    """One HTTP connection. patience_seconds: for a request to come whole, and for each answer to be read on."""

    patience_seconds: float = 30.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_bytes = 0
        self._is_in_head = True
        self._request = _Patience(self.loop, self.patience_seconds)
        self._reader = _Patience(self.loop, self.patience_seconds)
        self._request.start(self._is_too_late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._request.stop()
        self._reader.stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._head_bytes += len(data)
        super().data_received(data)
        if self._is_in_head and self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self._end(_TOO_LONG)

    def on_message_begin(self) -> None:
        self._is_in_head = True
        self._request.start(self._is_too_late)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._head_bytes = 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._request.stop()
        self._is_in_head = True
        self._head_bytes = 0
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._request.stop()
        super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        self._reader.start(self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        self._reader.stop()
        super().resume_writing()

    def _is_too_late(self) -> None:
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and cycle.response_started and not cycle.response_complete:
            self.transport.abort()
        else:
            self._end(_TOO_LATE)

    def _end(self, answer: bytes) -> None:
        self._request.stop()
        self.transport.write(answer)
        self.transport.close()


class PatientWebSocket(WebSocketsSansIOProtocol):
    """One WebSocket connection. A client that does not read is not read either, and let go after `patience_seconds`."""

    patience_seconds: float = 30.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._reader = _Patience(self.loop, self.patience_seconds)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._reader.stop()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        self._reader.start(self.transport.abort)
        self.transport.pause_reading()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._reader.stop()
        if not self.read_paused:
            self.transport.resume_reading()
        super().resume_writing()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        # What is still buffered for a peer that is gone would keep the connection.
        self.transport.abort()


def patient(protocol: type[Any], seconds: float) -> type[asyncio.Protocol]:
    """The protocol with this patience."""
    return cast(type[asyncio.Protocol], type(protocol.__name__, (protocol,), {"patience_seconds": seconds}))
