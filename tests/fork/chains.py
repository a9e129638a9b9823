"""Running chains to fork: a shipped story up to a height, served over gRPC only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.genesis.runs import ROOT
from vaultsim.fork.api import Endpoint
from vaultsim.fork.fork import Fork, ForkOptions, fork_chain
from vaultsim.node.block_lines import parse_block_line
from vaultsim.node.chain import Chain
from vaultsim.node.export import export_document
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.live.node import BlockMode, Node
from vaultsim.node.run_line import run_line
from vaultsim.node.start import start_app
from vaultsim.pb.runtime import Message
from vaultsim.rpc.addresses import LOOPBACK, Address
from vaultsim.rpc.server import RunningNode, ServerOptions, run_in_thread

GRPC_ONLY = ServerOptions(grpc=Address(LOOPBACK, 0), rpc=None, lcd=None, indexer=None)


class Quiet:
    """Watches without a word."""

    def reading(self, what: str, total: int | None) -> None:
        pass

    def answered(self) -> None:
        pass


def node_in_story(preset: str, until: int) -> Node:
    """A node that stands where the shipped story of `preset` is at height `until`."""
    folder = ROOT / "genesis" / preset
    started = start_app(read_genesis(folder / "genesis.json"))
    chain = Chain(started.app, index_prices=started.index_prices)
    chain.run_first_block()
    for number, text in enumerate((folder / "blocks.jsonl").read_text().splitlines(), 1):
        line = parse_block_line(json.loads(text), f"line {number}")
        for _ in range(line.repeat):
            if chain.app.height < until:
                run_line(chain, line)
    return Node(export_document(started.app, started.aside, chain.index_prices), block_mode=BlockMode.MANUAL)


@contextmanager
def served(node: Node) -> Iterator[RunningNode]:
    """Serves the node over gRPC."""
    with run_in_thread(node, GRPC_ONLY) as running:
        yield running


def forked(running: RunningNode, *, height: int | None = None, all_subaccounts: bool = False) -> Fork:
    """A fork of a served node."""
    assert running.grpc is not None
    endpoint = Endpoint(running.grpc.target)
    return fork_chain(ForkOptions(node=endpoint, height=height, all_subaccounts=all_subaccounts), Quiet())


def rows(node: Node) -> dict[str, dict[bytes, bytes]]:
    """Every row of every persistent store."""
    return {store: dict(node.app.store.rows(store)) for store in node.app.store.persistent_stores()}


def answer(node: Node, path: str, request: Message) -> bytes:
    """The bytes that a query gives on the node's last state."""
    return node.app.query(path, request).encode()
