"""All doors of a node and its block loop, in one event loop: started together, stopped together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, ParamSpec, TypeVar

import msgspec

from vaultsim.node.live.node import Node
from vaultsim.node.times import NANOSECONDS
from vaultsim.rpc.addresses import LOOPBACK, Address
from vaultsim.rpc.background import LOOP
from vaultsim.rpc.block_loop import BlockLoop
from vaultsim.rpc.broadcast import Broadcaster
from vaultsim.rpc.grpc_door import GrpcDoor
from vaultsim.rpc.http.comet import comet_app
from vaultsim.rpc.http.indexer import indexer_app
from vaultsim.rpc.http.lcd import lcd_app
from vaultsim.rpc.http_door import HttpDoor
from vaultsim.rpc.limits import ServerLimits
from vaultsim.rpc.services.all import method_table
from vaultsim.rpc.table import MethodTable

P = ParamSpec("P")
T = TypeVar("T")
log: Final = logging.getLogger("vaultsim.server")


class ServerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Where the doors are, and how a node is served.

    grpc, rpc (CometBFT), lcd (REST), indexer: None keeps a door closed, port 0 takes a free one; block_time_ns: pace of
    the blocks in the mode INTERVAL; with_control: whether clients may steer time, prices and state.
    """

    grpc: Address | None = Address(LOOPBACK, 9090)
    rpc: Address | None = Address(LOOPBACK, 26657)
    lcd: Address | None = Address(LOOPBACK, 1317)
    indexer: Address | None = Address(LOOPBACK, 3002)
    block_time_ns: int = NANOSECONDS
    limits: ServerLimits = ServerLimits()
    with_control: bool = True

    @classmethod
    def on_free_ports(cls, **others: object) -> ServerOptions:
        """All doors on free ports of this machine."""
        free = Address(LOOPBACK, 0)
        return cls(**{"grpc": free, "rpc": free, "lcd": free, "indexer": free, **others})  # type: ignore[arg-type]


class BoundAddresses(NamedTuple):
    """Where the doors listen; None where a door is closed."""

    grpc: Address | None
    rpc: Address | None
    lcd: Address | None
    indexer: Address | None


class NodeServer:
    """Serves a node. Everything happens in the loop that `start` runs in; nothing else may touch the node meanwhile.

    problem: the bug that ended the making of blocks.
    """

    def __init__(self, node: Node, options: ServerOptions | None = None) -> None:
        self.node = node
        self.options = options or ServerOptions()
        self.broadcaster = Broadcaster(node)
        self.table: MethodTable = method_table(node, self.broadcaster, self.options.with_control, self.options.limits)
        self._grpc: GrpcDoor | None = None
        self._http: list[HttpDoor] = []
        self._blocks: asyncio.Task[None] | None = None
        self.problem: BaseException | None = None

    async def start(self) -> BoundAddresses:
        """Opens the doors, then lets blocks come. Raises UserError when an address cannot be had: then none is open."""
        try:
            addresses = await self._open()
        except BaseException:
            await self.stop()
            raise
        self._blocks = asyncio.create_task(BlockLoop(self.node, self.options.block_time_ns).run(), name="blocks")
        self._blocks.add_done_callback(self._tell_problem)
        return addresses

    async def stop(self) -> None:
        """Ends the blocks and closes the doors; open requests get half a second."""
        if self._blocks is not None:
            self._blocks.cancel()
            await asyncio.wait([self._blocks])
        closing = [door.close() for door in self._http]
        if self._grpc is not None:
            closing.append(self._grpc.close())
        await asyncio.gather(*closing)

    def _tell_problem(self, blocks: asyncio.Task[None]) -> None:
        """Tells a bug in the making of a block when it happens; `problem` keeps it."""
        if not blocks.cancelled() and blocks.exception() is not None:
            self.problem = blocks.exception()
            log.error("making a block failed; no more blocks, queries go on", exc_info=self.problem)

    async def _open(self) -> BoundAddresses:
        options = self.options
        bound = {}
        for name, address, app in self._http_doors():
            door = HttpDoor(app, name, options.limits)
            self._http.append(door)
            bound[name] = await door.open(address)
        grpc = None
        if options.grpc is not None:
            self._grpc = GrpcDoor(self.table, options.limits)
            grpc = await self._grpc.open(options.grpc)
        return BoundAddresses(grpc, bound.get("rpc"), bound.get("lcd"), bound.get("indexer"))

    def _http_doors(self) -> Iterator[tuple[str, Address, Any]]:
        """The HTTP doors that are to be opened: flag, address, application."""
        options, node, table = self.options, self.node, self.table
        if options.rpc is not None:
            app = comet_app(
                node, table, options.limits, broadcaster=self.broadcaster, with_control=options.with_control
            )
            yield "rpc", options.rpc, app
        if options.lcd is not None:
            yield "lcd", options.lcd, lcd_app(table, options.limits, with_control=options.with_control)
        if options.indexer is not None:
            yield "indexer", options.indexer, indexer_app(node, table, options.limits)


class RunningNode:
    """A node that is served from another thread; touch it through `call` only.

    grpc, rpc, lcd, indexer: where the doors listen, None for closed ones.
    """

    def __init__(self, node: Node, addresses: BoundAddresses) -> None:
        self.node = node
        self.grpc: Address | None
        self.rpc: Address | None
        self.lcd: Address | None
        self.indexer: Address | None
        self.grpc, self.rpc, self.lcd, self.indexer = addresses

    def call(self, action: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """What `action` returns when it is called in the server's loop; what it raises is raised here."""
        return LOOP.call(action, *args, **named)


@contextmanager
def run_in_thread(node: Node, options: ServerOptions | None = None) -> Iterator[RunningNode]:
    """Serves a node while the `with` block runs, on free ports unless `options` names some. Raises UserError."""
    with LOOP.in_use():
        server, addresses = LOOP.run(_started(node, options or ServerOptions.on_free_ports()))
        try:
            yield RunningNode(node, addresses)
        finally:
            LOOP.run(server.stop())


async def _started(node: Node, options: ServerOptions) -> tuple[NodeServer, BoundAddresses]:
    server = NodeServer(node, options)
    return server, await server.start()
