"""Older committed states, made from the present one by undoing commits.

Only what each commit overwrote is kept. A collection of an older state is put together when it is first read, and an
older state is kept for a few more readers.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container
from typing import Final, NamedTuple

from vaultsim.errors import UserError
from vaultsim.store.branch import Root, Rows
from vaultsim.store.cell import DELETED

MOST_ROOTS: Final = 4
"""Older states that are kept once they were made."""


class UndoRecord(NamedTuple):
    """What a commit overwrote: by collection, the cells before it, DELETED for rows that were not there."""

    rows: dict[int, Rows]
    size: int


class History:
    """Undo records of the last commits, by the number of the state before each.

    most_states: how many older states can be read; most_rows: rows that all records may hold together (the oldest
    records go first); forgotten: the collections without older states; size: rows that the records hold.
    """

    def __init__(self, root: Root, most_states: int, most_rows: int, forgotten: Container[int]) -> None:
        self._root = root
        self._most_states = most_states
        self._most_rows = most_rows
        self._forgotten = forgotten
        self._records: dict[int, UndoRecord] = {}
        self.size = 0
        self._roots: OrderedDict[int, Root] = OrderedDict()

    def __contains__(self, number: int) -> bool:
        return number in self._records

    def __len__(self) -> int:
        return len(self._records)

    def before_commit(self, writes: dict[int, Rows]) -> UndoRecord:
        """What committing these rows will overwrite."""
        rows: dict[int, Rows] = {}
        size = 0
        for slot, written in writes.items():
            if slot not in self._forgotten:
                find = self._root.writes.get(slot, {}).get
                rows[slot] = {key: find(key, DELETED) for key in written}
                size += len(written)
        return UndoRecord(rows, size)

    def note(self, number: int, record: UndoRecord) -> None:
        """Remembers how to get back to the state of this number from the one after it."""
        self._records[number] = record
        self.size += record.size
        while len(self._records) > self._most_states or self.size > self._most_rows:
            oldest = next(iter(self._records))
            self.size -= self._records.pop(oldest).size
            self._roots.pop(oldest, None)

    def root_of(self, number: int) -> Root:
        """The state of this number, to be read only. Raises KeyError when it is not kept."""
        root = self._roots.get(number)
        if root is None:
            if number not in self._records:
                raise KeyError(number)
            root = self._roots[number] = Root()
            root.number = number
            root.writes = _RowsThen(self, number)
            root.versions = _VersionThen(number)
            if len(self._roots) > MOST_ROOTS:
                self._roots.popitem(last=False)
        self._roots.move_to_end(number)
        return root

    def rows_then(self, slot: int, number: int) -> Rows:
        """The rows of a collection in the state of this number. Raises UserError when it is not kept any more."""
        if number not in self._records:
            raise UserError("the state that is being read is not kept any more; ask again")
        rows, is_own = self._root.shared_rows_of(slot), False
        for later, record in reversed(self._records.items()):
            undone = record.rows.get(slot)
            if undone:
                if not is_own:
                    rows, is_own = dict(rows), True
                _undo(rows, undone)
            if later == number:
                break
        return rows

    def capture(self) -> dict[int, UndoRecord]:
        """The records as they are."""
        return dict(self._records)

    def restore(self, kept: dict[int, UndoRecord]) -> None:
        """Goes back to captured records, together with the root."""
        self._records = dict(kept)
        self.size = sum(record.size for record in kept.values())
        self._roots.clear()


def _undo(rows: Rows, undone: Rows) -> None:
    for key, cell in undone.items():
        if cell is DELETED:
            rows.pop(key, None)
        else:
            rows[key] = cell


class _RowsThen(dict[int, Rows]):
    """The rows of every collection in an older state, each made when it is first asked for."""

    def __init__(self, history: History, number: int) -> None:
        super().__init__()
        self._history = history
        self._number = number

    def __contains__(self, slot: object) -> bool:
        return True

    def __missing__(self, slot: int) -> Rows:
        rows = self[slot] = self._history.rows_then(slot, self._number)
        return rows

    def get(self, slot: int, default: object = None) -> Rows:
        return self[slot]


class _VersionThen(dict[int, int]):
    """One version for all collections of an older state, which no other state has."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._version = -number

    def get(self, slot: int, default: object = None) -> int:
        return self._version
