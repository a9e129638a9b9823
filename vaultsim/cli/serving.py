"""Runs a served node until a signal ends it."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import msgspec

from vaultsim.errors import ChainHalted, UserError
from vaultsim.node.live.node import Node
from vaultsim.node.live.recorder import BlockRecorder
from vaultsim.node.results import pretty, write_whole
from vaultsim.node.times import format_time
from vaultsim.rpc.addresses import Address
from vaultsim.rpc.server import BoundAddresses, NodeServer, ServerOptions

log: Final = logging.getLogger("vaultsim")


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """The line that says that a node can be used; closed doors are null."""

    ready: bool = True
    chain_id: str
    height: int
    grpc: str | None
    rpc: str | None
    lcd: str | None
    indexer: str | None


def serve(node: Node, options: ServerOptions, record: Path | None = None) -> None:
    """`run`, with the whole process for it: its log, its open files, its garbage collector."""
    _log_to_standard_error()
    _allow_many_connections()
    # What a start leaves behind lives as long as the node does: the collector need not walk it again and again.
    gc.freeze()
    run(node, options, record)


def run(node: Node, options: ServerOptions, record: Path | None = None) -> None:
    """Serves `node` until SIGINT or SIGTERM.

    record: a folder for its genesis document and its blocks. Raises UserError, and at the end ChainHalted when the
    chain did halt.
    """
    for note in node.started.notes:
        log.info("%s", note)
    with ExitStack() as at_the_end:
        if record is not None:
            at_the_end.callback(recorder_of(node, record).close)
        with asyncio.Runner(loop_factory=_new_loop) as runner:
            runner.run(_serve(node, options))
    if node.halted is not None:
        raise ChainHalted(f"after block {node.height}: {node.halted}")


def recorder_of(node: Node, folder: Path) -> BlockRecorder:
    """Writes the node's genesis document and, block by block, a block file that `vaultsim replay` runs on it.

    Raises UserError.
    """
    document = folder / "genesis.json"
    if document.exists():
        raise UserError(f"--record: {document} is there already; name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    recorder = BlockRecorder(node, folder / "blocks.jsonl")
    write_whole(document, pretty(node.document.to_json()))
    return recorder


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
