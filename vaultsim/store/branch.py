"""Branches over a root: a stack of overlays of cells, one dictionary per collection.

A branch is dropped by forgetting it and merged by moving its cells one level down. `Rows` is what both share.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sortedcontainers import SortedList

from vaultsim.store.cell import DELETED, Cell

Rows = dict[bytes, Cell]


class Branch:
    """An overlay of writes over a parent branch or the root.

    `writes` maps a collection's slot to the rows written here; DELETED hides a row of the parents.
    """

    __slots__ = ("parent", "writes")

    def __init__(self, parent: Branch | None) -> None:
        self.parent = parent
        self.writes: dict[int, Rows] = {}

    def find(self, slot: int, key: bytes) -> Cell | None:
        """The row's cell, or None when it is absent."""
        branch: Branch | None = self
        while branch is not None:
            writes = branch.writes
            if slot in writes:
                rows = writes[slot]
                if key in rows:
                    cell = rows[key]
                    return None if cell is DELETED else cell
            branch = branch.parent
        return None

    def find_all(self, slot: int, keys: Sequence[bytes]) -> list[Cell | None]:
        """As `find` for each of the keys, at less cost than one by one."""
        layers: list[Rows] = []
        branch: Branch | None = self
        while branch is not None:
            rows = branch.writes.get(slot)
            if rows:
                layers.append(rows)
            branch = branch.parent
        found: dict[bytes, Cell] = {}
        for rows in reversed(layers):
            found.update([(key, rows[key]) for key in keys if key in rows])
        return [None if cell is DELETED else cell for cell in map(found.get, keys)]

    def put(self, slot: int, key: bytes, cell: Cell) -> None:
        """Writes a row, or deletes it with DELETED."""
        rows = self.writes.get(slot)
        if rows is None:
            rows = self.writes[slot] = {}
        rows[key] = cell

    def merge_into_parent(self) -> None:
        """Moves every write one level down; this branch is empty afterwards."""
        parent = self.parent
        assert parent is not None
        target = parent.writes
        for slot, rows in self.writes.items():
            below = target.get(slot)
            if below is None:
                target[slot] = rows
            else:
                below.update(rows)
        self.writes = {}

    def version(self, slot: int) -> int | None:
        """A number that stands for the committed rows of a collection: another one whenever they changed.

        None while a branch above the root holds writes to the collection.
        """
        branch: Branch = self
        while branch.parent is not None:
            if branch.writes.get(slot):
                return None
            branch = branch.parent
        assert isinstance(branch, Root)
        return branch.versions.get(slot, 0)

    def recent_writes(self) -> list[dict[int, Rows]]:
        """All rows written on top of the state before the last commit, newest layer first."""
        branch: Branch = self
        layers: list[dict[int, Rows]] = []
        while branch.parent is not None:
            layers.append(branch.writes)
            branch = branch.parent
        assert isinstance(branch, Root)
        layers.append(branch.last_writes)
        return layers

    def root(self) -> Root:
        """The root below all branches."""
        branch: Branch = self
        while branch.parent is not None:
            branch = branch.parent
        assert isinstance(branch, Root)
        return branch

    def range(self, slot: int, low: bytes, high: bytes | None) -> list[tuple[bytes, Cell]]:
        """The rows with low <= key < high in byte order, as they are now (later writes do not show)."""
        overlay: Rows = {}
        branch: Branch = self
        layers: list[Rows] = []
        while branch.parent is not None:
            rows = branch.writes.get(slot)
            if rows:
                layers.append(rows)
            branch = branch.parent
        assert isinstance(branch, Root)
        for rows in reversed(layers):
            overlay.update(rows)
        below = branch.writes.get(slot, {})
        keys = branch.keys_between(slot, low, high)
        if not overlay:
            return [(key, below[key]) for key in keys]
        merged = [(key, below[key]) for key in keys if key not in overlay]
        fresh = [
            (key, cell)
            for key, cell in overlay.items()
            if cell is not DELETED and low <= key and (high is None or key < high)
        ]
        if fresh:
            merged += fresh
            merged.sort(key=_key_of)
        return merged


class ReadLog(Branch):
    """An overlay that notes which rows are read through it, as (slot, key)."""

    __slots__ = ("rows",)

    def __init__(self, parent: Branch) -> None:
        super().__init__(parent)
        self.rows: list[tuple[int, bytes]] = []

    def find(self, slot: int, key: bytes) -> Cell | None:
        """As any branch, and noted."""
        self.rows.append((slot, key))
        return super().find(slot, key)

    def find_all(self, slot: int, keys: Sequence[bytes]) -> list[Cell | None]:
        """As any branch, and noted."""
        self.rows += [(slot, key) for key in keys]
        return super().find_all(slot, keys)

    def range(self, slot: int, low: bytes, high: bytes | None) -> list[tuple[bytes, Cell]]:
        """Refused: rows that are not there yet cannot be noted."""
        raise AssertionError("a read log does not follow iteration")


class RootState(NamedTuple):
    """A captured root: it shares the rows with the root, which copies a collection before it changes it."""

    writes: dict[int, Rows]
    versions: dict[int, int]
    number: int
    number_before: int
    last_writes: dict[int, Rows]


class Root(Branch):
    """The committed rows, with the keys of each collection kept in order on demand.

    number: another one whenever committed rows changed; number_before: what it was before the last commit, -1 when
    rows were changed outside of one since; last_writes: the rows of the last commit. A number or version stands for
    the same rows for ever, also after a captured state came back.
    """

    __slots__ = (
        "_added",
        "_drawn",
        "_ordered",
        "_removed",
        "_shared",
        "last_writes",
        "number",
        "number_before",
        "versions",
    )

    def __init__(self) -> None:
        super().__init__(None)
        self.number = 0
        self.number_before = -1
        self.last_writes: dict[int, Rows] = {}
        self.versions: dict[int, int] = {}
        self._drawn = 0
        # Collections whose rows somebody else reads as they are now; they are copied before they change.
        self._shared: set[int] = set()
        self._ordered: dict[int, SortedList[bytes]] = {}
        self._added: dict[int, set[bytes]] = {}
        self._removed: dict[int, set[bytes]] = {}

    def note_commit(self, writes: dict[int, Rows]) -> None:
        """Numbers the state that a commit of these rows made."""
        self.number_before = self.number
        self.number = self._draw()
        self.last_writes = writes

    def note_change(self) -> None:
        """Numbers the state after a change outside of a commit."""
        self.number_before = -1
        self.number = self._draw()

    def rows_of(self, slot: int) -> Rows:
        """The committed rows of a collection, to be changed together with `note_rows`."""
        rows = self.writes.get(slot)
        if rows is None:
            rows = self.writes[slot] = {}
        elif slot in self._shared:
            self._shared.discard(slot)
            rows = self.writes[slot] = dict(rows)
        return rows

    def shared_rows_of(self, slot: int) -> Rows:
        """The committed rows of a collection, to be read only; they stay as they are."""
        self._shared.add(slot)
        return self.writes.setdefault(slot, {})

    def note_rows(self, slot: int, added: list[bytes], removed: list[bytes]) -> None:
        """Tells that rows of a collection changed, and which keys are new or gone."""
        self._drawn += 1
        self.versions[slot] = self._drawn
        if slot in self._ordered:
            self._note(slot, removed, self._removed, self._added)
            self._note(slot, added, self._added, self._removed)

    def store(self, slot: int, key: bytes, cell: Cell) -> None:
        """Sets or (with DELETED) removes one committed row."""
        rows = self.rows_of(slot)
        if cell is not DELETED:
            self.note_rows(slot, [] if key in rows else [key], [])
            rows[key] = cell
        elif rows.pop(key, None) is not None:
            self.note_rows(slot, [], [key])

    def capture(self) -> RootState:
        """The committed rows as they are."""
        self._shared.update(self.writes)
        return RootState(dict(self.writes), dict(self.versions), self.number, self.number_before, self.last_writes)

    def restore(self, kept: RootState) -> None:
        """Goes back to captured rows, any number of times."""
        for slot in list(self._ordered):
            if self.versions.get(slot) != kept.versions.get(slot):
                del self._ordered[slot]
                self._added.pop(slot, None)
                self._removed.pop(slot, None)
        self.writes, self.versions = dict(kept.writes), dict(kept.versions)
        self.number, self.number_before, self.last_writes = kept.number, kept.number_before, kept.last_writes
        self._shared = set(kept.writes)

    def keys_between(self, slot: int, low: bytes, high: bytes | None) -> list[bytes]:
        """Committed keys with low <= key < high, in byte order."""
        if not self.writes.get(slot):
            return []
        ordered = self._in_order(slot)
        start = ordered.bisect_left(low)
        end = len(ordered) if high is None else ordered.bisect_left(high)
        return list(ordered.islice(start, end)) if start or end < len(ordered) else list(ordered)

    def _draw(self) -> int:
        self._drawn += 1
        return self._drawn

    def _note(self, slot: int, keys: list[bytes], into: dict[int, set[bytes]], other: dict[int, set[bytes]]) -> None:
        if not keys:
            return
        fresh = set(keys)
        opposite = other.get(slot)
        if opposite:
            undone = fresh & opposite
            opposite -= undone
            fresh -= undone
        into.setdefault(slot, set()).update(fresh)

    def _in_order(self, slot: int) -> SortedList[bytes]:
        rows = self.writes[slot]
        ordered = self._ordered.get(slot)
        added, removed = self._added.pop(slot, None), self._removed.pop(slot, None)
        if ordered is None:
            ordered = self._ordered[slot] = SortedList(rows)
            return ordered
        changes = len(added or ()) + len(removed or ())
        if changes * 8 > len(rows):
            ordered = self._ordered[slot] = SortedList(rows)
            return ordered
        for key in removed or ():
            ordered.remove(key)
        for key in added or ():
            ordered.add(key)
        return ordered


def _key_of(row: tuple[bytes, Cell]) -> bytes:
    return row[0]


def prefix_end(prefix: bytes) -> bytes | None:
    """The smallest key above every key that starts with `prefix`, or None when there is none."""
    trimmed = prefix.rstrip(b"\xff")
    return trimmed[:-1] + bytes([trimmed[-1] + 1]) if trimmed else None
