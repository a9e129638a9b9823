"""Makes a block at a steady pace while a node's blocks come by time."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from vaultsim.errors import ChainHalted, UserError
from vaultsim.node.live.node import BlockMode, Node
from vaultsim.node.times import NANOSECONDS

log: Final = logging.getLogger("vaultsim.blocks")


class BlockLoop:
    """A block every `interval_ns` in the mode INTERVAL; in the others, and while the node is paused, none.

    The pace does not drift: blocks are due at multiples of the interval from the start on. What a late block makes late
    is left out, so that no burst follows.
    """

    def __init__(self, node: Node, interval_ns: int) -> None:
        self._node = node
        self._interval_seconds = interval_ns / NANOSECONDS
        self._told = ""
        self._is_halt_told = False

    async def run(self) -> None:
        """Goes on until it is cancelled. A chain that halted makes no more blocks until it goes back to a snapshot."""
        clock = asyncio.get_running_loop().time
        due = clock() + self._interval_seconds
        while True:
            await asyncio.sleep(due - clock())
            node = self._node
            if node.halted is None and node.block_mode is BlockMode.INTERVAL and not node.is_paused:
                self._make_block()
            self._tell_halt()
            due = self._next_due(due, clock())

    def _tell_halt(self) -> None:
        """Tells once that the chain halted."""
        node = self._node
        if node.halted is not None and not self._is_halt_told:
            log.error("the chain halted after block %d: %s; no more blocks, queries go on", node.height, node.halted)
        self._is_halt_told = node.halted is not None

    def _next_due(self, due: float, now: float) -> float:
        missed = max(int((now - due) / self._interval_seconds), 0)
        return due + (missed + 1) * self._interval_seconds

    def _make_block(self) -> None:
        try:
            self._node.produce_block()
            self._told = ""
        except ChainHalted:
            pass  # The node remembers why; `run` tells it.
        except UserError as mistake:
            # A price file that cannot be read, say: the chain waits until it can, and the log says so once.
            if str(mistake) != self._told:
                self._told = str(mistake)
                log.error("no block for now: %s", mistake)
