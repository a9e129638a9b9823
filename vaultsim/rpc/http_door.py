"""An HTTP door: one ASGI application on one port, run by uvicorn in our own event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any, Final

import uvicorn

from vaultsim.rpc.addresses import Address, listening_socket
from vaultsim.rpc.http_protocol import PatientHttp, PatientWebSocket, patient
from vaultsim.rpc.limits import ServerLimits

_GRACE_SECONDS: Final = 0.5
_LOOK_EVERY_SECONDS: Final = 0.01
_KEEP_ALIVE_SECONDS: Final = 30


class HttpDoor:
    """Serves `app` on one port. name: the door's flag, for what it says."""

    def __init__(self, app: Any, name: str, limits: ServerLimits) -> None:
        self._name = name
        self._server = _Server(_config(app, limits))
        self._serving: asyncio.Task[None] | None = None

    async def open(self, address: Address) -> Address:
        """Starts to listen; returns the bound address. Raises UserError when it cannot be had."""
        bound = listening_socket(address, self._name)
        port = bound.getsockname()[1]
        self._serving = asyncio.create_task(self._server.serve(sockets=[bound]), name=f"{self._name} door")
        while not self._server.started and not self._serving.done():
            await asyncio.sleep(0)
        if self._serving.done():
            await self._serving
        return address._replace(port=port)

    async def close(self) -> None:
        """Closes the port and every connection."""
        if self._serving is not None:
            self._server.ended.set()
            await self._serving


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ended = asyncio.Event()

    async def main_loop(self) -> None:
        """Waits for the end without waking up ten times a second."""
        await self.on_tick(0)
        await self.ended.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Lets requests in work end, cuts the rest off, and cancels what does not notice even that."""
        for listening in sockets or ():
            asyncio.get_running_loop().remove_reader(listening)
        # A connection just taken shows a few turns of the loop later; asyncio forgets those of a closed server.
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
        for server in self.servers:
            server.close()
        for listening in sockets or ():
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self._quiet_within(_GRACE_SECONDS)
        for connection in list(self.server_state.connections):
            # Its task hears that the client is gone, an ordinary end; a cancelled one would be logged as a failure.
            connection.transport.abort()
        await self._quiet_within(_GRACE_SECONDS)
        for task in list(self.server_state.tasks):
            task.cancel()

    async def _quiet_within(self, seconds: float) -> None:
        """Waits until nothing is open or in work any more."""
        loop, state = asyncio.get_running_loop(), self.server_state
        deadline = loop.time() + seconds
        while (state.connections or state.tasks) and loop.time() < deadline:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are for the whole program, not for one door of several."""
        yield


def _config(app: Any, limits: ServerLimits) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        http=patient(PatientHttp, limits.patience_seconds),
        ws=patient(PatientWebSocket, limits.patience_seconds),
        ws_max_size=limits.request_bytes,
        limit_concurrency=limits.connections,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
    )
