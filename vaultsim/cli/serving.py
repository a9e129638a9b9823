"""Runs a served node until a signal ends it."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import time
from typing import Final

import msgspec

from vaultsim.errors import ChainHalted, UserError
from vaultsim.node.export import continuation_of
from vaultsim.node.genesis_document import CHAIN_ID_LETTERS, GenesisDocument, read_genesis
from vaultsim.node.live.clock import BlockClock, ClockMode
from vaultsim.node.live.node import BlockMode, Node, NodeOptions
from vaultsim.node.presets import genesis_path
from vaultsim.node.times import format_time, parse_time
from vaultsim.rpc.addresses import Address
from vaultsim.rpc.server import BoundAddresses, NodeServer, ServerOptions

log: Final = logging.getLogger("vaultsim")


class NodeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A node as the command line describes it; every name is a flag's."""

    genesis: str
    chain_id: str | None
    mode: str
    block_time_ns: int
    clock: str
    genesis_time: str | None
    keep_blocks: int
    keep_heights: int


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """The line that says that a node can be used; closed doors are null."""

    ready: bool = True
    chain_id: str
    height: int
    grpc: str | None
    rpc: str | None
    lcd: str | None
    indexer: str | None


def started_node(settings: NodeSettings) -> Node:
    """A node after its first block. Raises UserError."""
    mode = ClockMode(settings.clock)
    node = Node(
        _document(settings),
        clock=BlockClock(mode, step_ns=settings.block_time_ns),
        options=NodeOptions(keep_blocks=settings.keep_blocks, keep_heights=settings.keep_heights),
        block_mode=BlockMode(settings.mode),
    )
    return node


def serve(node: Node, options: ServerOptions) -> None:
    """`run`, with the whole process for it: its log, its open files, its garbage collector."""
    _log_to_standard_error()
    _allow_many_connections()
    # What a start leaves behind lives as long as the node does: the collector need not walk it again and again.
    gc.collect()
    gc.freeze()
    run(node, options)


def run(node: Node, options: ServerOptions) -> None:
    """Serves `node` until SIGINT or SIGTERM. Raises UserError, and at the end ChainHalted when the chain did halt."""
    for note in node.started.notes:
        log.info("%s", note)
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(_serve(node, options))
    if node.halted is not None:
        raise ChainHalted(f"after block {node.height}: {node.halted}")


async def _serve(node: Node, options: ServerOptions) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    server = NodeServer(node, options)
    bound = await server.start()
    print(msgspec.json.encode(_ready(node, bound)).decode(), flush=True)
    log.info("%s serves block %d of %s", node.chain_id, node.height, format_time(node.time_ns))
    await ended.wait()
    await server.stop()
    log.info("stopped after block %d", node.height)
    if server.problem is not None:
        raise server.problem


def _ready(node: Node, bound: BoundAddresses) -> Ready:
    def url(address: Address | None) -> str | None:
        return None if address is None else address.url

    return Ready(
        chain_id=node.chain_id,
        height=node.height,
        grpc=None if bound.grpc is None else bound.grpc.target,
        rpc=url(bound.rpc),
        lcd=url(bound.lcd),
        indexer=url(bound.indexer),
    )


def _document(settings: NodeSettings) -> GenesisDocument:
    document = read_genesis(genesis_path(settings.genesis))
    chain_id = document.chain_id if settings.chain_id is None else settings.chain_id
    if not 0 < len(chain_id) <= CHAIN_ID_LETTERS:
        raise UserError(f"--chain-id: expected 1 to {CHAIN_ID_LETTERS} letters, not {len(chain_id)}")
    return msgspec.structs.replace(document, chain_id=chain_id, time_ns=_genesis_time_ns(settings, document))


def _genesis_time_ns(settings: NodeSettings, document: GenesisDocument) -> int:
    is_fresh = continuation_of(document) is None
    by_wall_clock = settings.clock == ClockMode.WALL.value
    text = settings.genesis_time or ("now" if is_fresh and by_wall_clock else "document")
    if text == "document":
        return document.time_ns
    if not is_fresh:
        raise UserError(f"--genesis-time: {document.place} goes on where a chain stood, and so does its time")
    if text == "now":
        return time.time_ns()
    try:
        return parse_time(text)
    except ValueError as problem:
        raise UserError(f"--genesis-time: neither document nor now, and {problem}") from None


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def _log_to_standard_error() -> None:
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    log.setLevel(logging.INFO)


def _allow_many_connections() -> None:
    """Takes as many open files as the system allows this user; shells often give a thousand."""
    try:
        import resource
    except ImportError:
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
