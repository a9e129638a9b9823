"""A chain that clients connect to: a running node in another thread, steered like any other chain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from vaultsim.node.live.clock import BlockClock
from vaultsim.node.live.node import BlockMode, Node
from vaultsim.rpc.server import RunningNode, run_in_thread
from vaultsim.testing.chain import Chain
from vaultsim.testing.documents import Source, genesis_of


class ServedChain(Chain):
    """A chain with doors. grpc is `host:port`, the others are URLs: rpc (CometBFT), lcd (REST), indexer (REST).

    call: runs a function where the node may be touched.
    """

    def __init__(self, running: RunningNode) -> None:
        super().__init__(running.node, run=running.call)
        self.call = running.call
        addresses = (running.grpc, running.rpc, running.lcd, running.indexer)
        self.grpc, *_ = (address.target if address else "" for address in addresses)
        _, self.rpc, self.lcd, self.indexer = (address.url if address else "" for address in addresses)


@contextmanager
def served(source: Source = "localnet", *, block_mode: BlockMode = BlockMode.INSTANT) -> Iterator[ServedChain]:
    """A running node while the `with` block lasts, all doors on free ports. Raises UserError.

    block_mode: when blocks come by themselves; by default after each transaction that is accepted.
    """
    with run_in_thread(Node(genesis_of(source), clock=BlockClock(), block_mode=block_mode)) as running:
        yield ServedChain(running)
