"""A running node's blocks as a block file that `vaultsim replay` runs to the same digests."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Final

import msgspec

from vaultsim.errors import UserError
from vaultsim.node.chain import proposals_json
from vaultsim.node.live.blocks import BlockRecord
from vaultsim.node.live.node import Node
from vaultsim.node.results import block_line

log: Final = logging.getLogger("vaultsim.record")
_encode = msgspec.json.Encoder().encode


class BlockRecorder:
    """Appends a line for each block as soon as it is committed, whole lines only, and takes lines back on a revert.

    The file belongs to the genesis document that the node started from; blocks made before are written first. When a
    block cannot be written, the log says so and the file ends with the block before it. Raises UserError when the file
    has content already or an earlier block is not remembered any more.
    """

    def __init__(self, node: Node, path: Path) -> None:
        self._node = node
        self._path = path
        self._first_height = node.app.initial_height + node.started.is_fresh
        missing = max(node.blocks.earliest_height - self._first_height, 0)
        if missing:
            raise UserError(f"{path}: {missing} blocks are not remembered any more; record from the start on")
        self._file = _opened(path)
        self.is_broken = False
        self._ends: list[int] = []
        """Where the line of each block ends, from the first height on."""
        for record in node.blocks.oldest_first():
            self._append(record)
        node.listeners.append(self._append)
        node.revert_listeners.append(self._cut_after)

    def close(self) -> None:
        """Stops recording."""
        self._node.listeners.remove(self._append)
        self._node.revert_listeners.remove(self._cut_after)
        os.close(self._file)

    def _append(self, record: BlockRecord) -> None:
        if record.height < self._first_height or self.is_broken:
            return
        raw_txs = [tx.raw for tx in record.txs]
        line = _encode(block_line(record.height, record.time_ns, raw_txs, proposals_json(record.proposals))) + b"\n"
        end = self._ends[-1] if self._ends else 0
        try:
            written = os.write(self._file, line)
            if written != len(line):
                raise OSError("the disk is full")
        except OSError as problem:
            self.is_broken = True
            os.ftruncate(self._file, end)
            log.error("%s: block %d and later ones are not recorded: %s", self._path, record.height, problem)
            return
        self._ends.append(end + len(line))

    def _cut_after(self, height: int) -> None:
        recorded = max(height + 1 - self._first_height, 0)
        self.is_broken = recorded > len(self._ends)
        del self._ends[recorded:]
        os.ftruncate(self._file, self._ends[-1] if self._ends else 0)


def _opened(path: Path) -> int:
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    except OSError as problem:
        raise UserError(f"{path}: cannot be written: {problem.strerror}") from None
    if os.fstat(file).st_size:
        os.close(file)
        raise UserError(f"{path}: has content already; name a file that is not there yet")
    return file
