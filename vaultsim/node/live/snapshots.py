"""Snapshots of a node: everything there is between two blocks, to come back to any number of times.

What a snapshot holds is shared with the node until it changes, so that making one costs little. Pausing, the block
mode and listeners belong to the node, not to the chain: they stay as they are.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from vaultsim.errors import UserError
from vaultsim.node.chain import ChainState
from vaultsim.node.live.blocks import BlockRecord
from vaultsim.node.live.clock import ClockState
from vaultsim.node.live.prices import PriceSource
from vaultsim.pb.runtime import Message

MOST_SNAPSHOTS: Final = 256
"""How many snapshots a node keeps; each one holds on to what changed since it was made."""


class NodeState(NamedTuple):
    """A captured node. heights: number of the committed state and block time, by height; price_position: where the
    price source was."""

    chain: ChainState
    heights: dict[int, tuple[int, int]]
    clock: ClockState
    latest: BlockRecord | None
    waiting_prices: dict[int, int]
    waiting_gov: list[tuple[Message, ...]]
    price_source: PriceSource | None
    price_position: object
    impersonated: dict[bytes, None]


class Snapshot(NamedTuple):
    """A captured node and when that was."""

    id: int
    height: int
    time_ns: int
    state: NodeState


class Shelf:
    """The snapshots of a node by id. Ids count from 1 and are never used again."""

    def __init__(self, most: int = MOST_SNAPSHOTS) -> None:
        self._most = most
        self._snapshots: dict[int, Snapshot] = {}
        self._last_id = 0

    def __len__(self) -> int:
        return len(self._snapshots)

    def all(self) -> list[Snapshot]:
        """Every snapshot, oldest first."""
        return list(self._snapshots.values())

    def require_room(self) -> None:
        """Raises UserError when no more snapshots can be kept."""
        if len(self._snapshots) >= self._most:
            raise UserError(f"there are {self._most} snapshots, the most that are kept; drop one of them first")

    def add(self, height: int, time_ns: int, state: NodeState) -> Snapshot:
        """Keeps a captured node under the next id."""
        self.require_room()
        self._last_id += 1
        snapshot = self._snapshots[self._last_id] = Snapshot(self._last_id, height, time_ns, state)
        return snapshot

    def get(self, snapshot_id: int) -> Snapshot:
        """The snapshot of an id. Raises UserError."""
        snapshot = self._snapshots.get(snapshot_id)
        if snapshot is None:
            known = ", ".join(map(str, self._snapshots)) or "none"
            raise UserError(f"there is no snapshot {snapshot_id}; the snapshots are: {known}")
        return snapshot

    def drop(self, snapshot_id: int) -> None:
        """Forgets a snapshot. Raises UserError."""
        del self._snapshots[self.get(snapshot_id).id]

    def drop_younger(self, snapshot_id: int) -> None:
        """Forgets the snapshots that were made after this one."""
        self._snapshots = {number: one for number, one in self._snapshots.items() if number <= snapshot_id}
