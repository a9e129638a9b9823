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

    async def run(self) -> None:
        """Goes on until it is cancelled or the chain has halted, which it tells once."""
        clock = asyncio.get_running_loop().time
        due = clock() + self._interval_seconds
        while self._node.halted is None:
            await asyncio.sleep(due - clock())
            if self._node.block_mode is BlockMode.INTERVAL and not self._node.is_paused:
                self._make_block()
            due = self._next_due(due, clock())
        log.error(
            "the chain halted after block %d: %s; no more blocks, queries go on", self._node.height, self._node.halted
        )

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
