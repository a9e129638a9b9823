"""What a computation read, so that its result can be kept as long as it would read the same again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from vaultsim.store.branch import Branch, Root, Rows
from vaultsim.store.cell import DELETED, Cell


class _Walked(NamedTuple):
    """An iteration over low <= key < high."""

    slot: int
    low: bytes
    high: bytes | None

    def meets(self, key: bytes) -> bool:
        return self.low <= key and (self.high is None or key < self.high)


class Reads(Branch):
    """An overlay that notes what is read through it: rows, rows that are not there, iterations."""

    __slots__ = ("_above", "_found", "_number", "_root", "_walks")

    def __init__(self, parent: Branch) -> None:
        super().__init__(parent)
        self._root: Root = parent.root()
        self._number = self._root.number
        self._found: dict[int, dict[bytes, Cell | None]] = {}
        self._walks: list[_Walked] = []
        self._above: dict[int, set[bytes]] = {}

    def find(self, slot: int, key: bytes) -> Cell | None:
        """As any branch, and noted."""
        cell = super().find(slot, key)
        self._found.setdefault(slot, {})[key] = cell
        return cell

    def find_all(self, slot: int, keys: Sequence[bytes]) -> list[Cell | None]:
        """As any branch, and noted."""
        cells = super().find_all(slot, keys)
        self._found.setdefault(slot, {}).update(zip(keys, cells, strict=True))
        return cells

    def range(self, slot: int, low: bytes, high: bytes | None) -> list[tuple[bytes, Cell]]:
        """As any branch, and noted."""
        rows = super().range(slot, low, high)
        walk = _Walked(slot, low, high)
        found = self._found.setdefault(slot, {})
        # Rows that a branch hides count as not there.
        found.update(dict.fromkeys(self._keys_at(walk)))
        found.update(rows)
        self._walks.append(walk)
        return rows

    def hold_in(self, branch: Branch) -> bool:
        """Whether all of it would be read the same through `branch`.

        The committed rows are compared by the number of their state, so after a commit nothing holds any more.
        """
        layers: list[dict[int, Rows]] = []
        while branch.parent is not None:
            layers.append(branch.writes)
            branch = branch.parent
        if branch is not self._root or self._root.number != self._number:
            return False
        return all(self._hold_under(slot, found, layers) for slot, found in self._found.items()) and not any(
            self._is_new_row(walk, layers) for walk in self._walks
        )

    def _hold_under(self, slot: int, found: dict[bytes, Cell | None], layers: list[dict[int, Rows]]) -> bool:
        """Whether the rows are the same cells, looking where anything but the committed rows plays a part."""
        overlaid: Rows = {}
        for writes in reversed(layers):
            rows = writes.get(slot)
            if rows:
                overlaid.update((key, rows[key]) for key in rows.keys() & found.keys())
        same = all((None if cell is DELETED else cell) is found[key] for key, cell in overlaid.items())
        return same and self._above_root(slot, found) <= overlaid.keys()

    def _above_root(self, slot: int, found: dict[bytes, Cell | None]) -> set[bytes]:
        """The keys whose rows were not the committed ones; told once, when reading is over."""
        above = self._above.get(slot)
        if above is None:
            committed = self._root.writes.get(slot, {})
            above = self._above[slot] = {key for key, cell in found.items() if committed.get(key) is not cell}
        return above

    def _is_new_row(self, walk: _Walked, layers: list[dict[int, Rows]]) -> bool:
        """Whether a row was written since where an iteration would have met it."""
        found = self._found[walk.slot]
        return any(
            key not in found and cell is not DELETED and walk.meets(key)
            for writes in layers
            for key, cell in writes.get(walk.slot, {}).items()
        )

    def _keys_at(self, walk: _Walked) -> Iterator[bytes]:
        yield from self._root.keys_between(*walk)
        branch: Branch = self
        while branch.parent is not None:
            yield from filter(walk.meets, branch.writes.get(walk.slot, ()))
            branch = branch.parent
