"""Invariants checked after every block of a node."""

from __future__ import annotations

from vaultsim.node.live.blocks import BlockRecord
from vaultsim.node.live.node import Node
from vaultsim.pb.vaultsim.control.v1 import MsgFund
from vaultsim.testing.invariants import Invariants


class Watched:
    """Checks a node from now on: InvariantBroken comes out of whatever made the block.

    Coins that control hands out are new money: what is conserved is counted anew after them, and after going back.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._begin()
        node.listeners.append(self._after_block)
        node.revert_listeners.append(lambda _: self._begin())

    def _begin(self) -> None:
        self._invariants = Invariants(self._node.app)
        self._invariants.check()

    def _after_block(self, record: BlockRecord) -> None:
        if any(isinstance(one, MsgFund) for proposal in record.proposals for one in proposal.messages):
            self._begin()
        else:
            self._invariants.check()
