"""All stores together: branches to write to, the commit of a block, its change set, digest and fingerprint."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Final, NamedTuple

import msgspec

from vaultsim.errors import UserError
from vaultsim.store.branch import Branch, Root, RootState, Rows
from vaultsim.store.cell import DELETED, Cell
from vaultsim.store.collections import Collection
from vaultsim.store.history import History, UndoRecord
from vaultsim.store.schema import Lifetime, Schema


class Change(msgspec.Struct, frozen=True, gc=False):
    """One row that differs from the block before: its bytes then and now, None when absent."""

    key: bytes
    before: bytes | None
    after: bytes | None


ChangeSet = Mapping[str, list[Change]]
_BY_KEY: Final = attrgetter("key")


class _Sizes(dict[int, bytes]):
    """Four bytes, big endian, of each size asked for."""

    def __missing__(self, size: int) -> bytes:
        raw = self[size] = size.to_bytes(4, "big")
        return raw


_SIZES: Final = _Sizes()


class StoreState(NamedTuple):
    """A captured store: rows, digest, and the undo records of the states before, if they are kept."""

    root: RootState
    app_hash: bytes
    history: dict[int, UndoRecord] | None


class MultiStore:
    """The committed state of a chain and the way to change it.

    history: the states before, once `keep_history` was asked for.
    """

    def __init__(self, schemas: list[Schema]) -> None:
        self.schemas = {schema.name: schema for schema in schemas}
        if len(self.schemas) != len(schemas):
            raise ValueError("two stores share a name")
        self.root = Root()
        self.app_hash = bytes(32)
        self.history: History | None = None
        self._collections: dict[int, tuple[Lifetime, Collection]] = {
            one.slot: (schema.lifetime, one) for schema in schemas for one in schema.collections
        }

    def branch(self) -> Branch:
        """A new branch over the committed state."""
        return Branch(self.root)

    def commit(self, branch: Branch) -> ChangeSet:
        """Moves a block's branch into the committed state and extends the digest chain.

        Rows written with the bytes they had are no change. Returns the changed rows of the persistent stores, by
        store name and key in byte order.
        """
        history = self.history
        if history is not None:
            history.note(self.root.number, history.before_commit(branch.writes))
        changes: dict[str, list[Change]] = {}
        for slot, rows in branch.writes.items():
            lifetime, collection = self._collections[slot]
            if lifetime is Lifetime.PERSISTENT:
                changed = self._move(slot, rows)
                if changed:
                    changes.setdefault(collection.store, []).extend(changed)
            elif lifetime is Lifetime.MEMORY:
                self._keep(slot, rows)
        self.root.note_commit(branch.writes)
        ordered = {store: sorted(changes[store], key=_BY_KEY) for store in sorted(changes)}
        self.app_hash = _next_hash(self.app_hash, ordered)
        return ordered

    def _move(self, slot: int, rows: Rows) -> list[Change]:
        """Makes written rows committed ones; returns those whose bytes changed."""
        below = self.root.rows_of(slot)
        changed: list[Change] = []
        added: list[bytes] = []
        removed: list[bytes] = []
        for key, cell in rows.items():
            old = below.get(key)
            if cell is DELETED:
                if old is not None:
                    changed.append(Change(key, old.raw, None))
                    removed.append(key)
                    del below[key]
            elif old is None:
                changed.append(Change(key, None, cell.raw))
                added.append(key)
                below[key] = cell
            elif old is not cell:
                before, after = old.raw, cell.raw
                if before != after:
                    changed.append(Change(key, before, after))
                    below[key] = cell
        if changed:
            self.root.note_rows(slot, added, removed)
        return changed

    def _keep(self, slot: int, rows: Rows) -> None:
        """Makes written rows of a store without bytes of interest committed ones."""
        below = self.root.rows_of(slot)
        removed = [key for key, cell in rows.items() if cell is DELETED and below.pop(key, None) is not None]
        kept = {key: cell for key, cell in rows.items() if cell is not DELETED}
        self.root.note_rows(slot, [key for key in kept if key not in below], removed)
        below.update(kept)

    def keep_history(self, most_states: int, most_rows: int) -> None:
        """From now on, so many older states can be read, as long as they differ in no more rows than that."""
        transient = {slot for slot, (lifetime, _) in self._collections.items() if lifetime is Lifetime.TRANSIENT}
        self.history = History(self.root, most_states, most_rows, transient)

    def capture(self) -> StoreState:
        """Everything that is committed; costs little, as rows are shared until they change."""
        history = None if self.history is None else self.history.capture()
        return StoreState(self.root.capture(), self.app_hash, history)

    def restore(self, kept: StoreState) -> None:
        """Goes back to what was captured, any number of times."""
        self.root.restore(kept.root)
        self.app_hash = kept.app_hash
        if self.history is not None:
            self.history.restore(kept.history or {})

    def rows(self, store: str, root: Root | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Committed rows of one store in key order; root: an older state, the present one without. Raises UserError."""
        schema = self.schemas.get(store)
        if schema is None:
            raise UserError(f"there is no store {store!r}; choose one of {', '.join(self.persistent_stores())}")
        writes = self.root.writes if root is None else root.writes
        found: list[tuple[bytes, bytes]] = []
        for collection in schema.collections:
            found += [(key, cell.raw) for key, cell in writes.get(collection.slot, {}).items()]
        return iter(sorted(found))

    def load(self, store: str, key: bytes, raw: bytes) -> None:
        """Sets one committed row from its bytes, outside of any block. Raises UserError for bytes that are no row."""
        collection = self._collection_of(store, key)
        try:
            collection.check(key, raw)
        except (ValueError, IndexError, OverflowError, struct.error) as problem:
            raise UserError(f"store {store!r}, key {key.hex()}: no row that this version reads ({problem})") from None
        self.root.store(collection.slot, key, Cell.of_bytes(raw))
        self.root.note_change()

    def remove(self, store: str, key: bytes) -> None:
        """Removes one committed row, outside of any block."""
        self.root.store(self._collection_of(store, key).slot, key, DELETED)
        self.root.note_change()

    def _collection_of(self, store: str, key: bytes) -> Collection:
        collection = self.schemas[store].collection_of(key) if store in self.schemas else None
        if collection is None:
            raise UserError(f"store {store!r} has no place for key {key.hex()}; the file is from another version")
        return collection

    def persistent_stores(self) -> list[str]:
        """Names of the stores that count as state, in order."""
        return sorted(name for name, schema in self.schemas.items() if schema.lifetime is Lifetime.PERSISTENT)

    def fingerprint(self) -> str:
        """A hash of the whole persistent state that does not depend on the way it was reached.

        The sum modulo 2^256 of SHA-256 over each row (store, key and value, length-prefixed), in hex.
        """
        total = 0
        for store in self.persistent_stores():
            for key, value in self.rows(store):
                total += int.from_bytes(hashlib.sha256(_framed(store.encode(), key, value)).digest(), "big")
        return f"{total % 2**256:064x}"


def _framed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _next_hash(previous: bytes, changes: ChangeSet) -> bytes:
    digest, sizes = hashlib.sha256(previous), _SIZES
    for store, rows in changes.items():
        digest.update(_framed(store.encode()))
        pieces: list[bytes] = []
        for row in rows:
            key, after = row.key, row.after
            if after is None:
                pieces += (sizes[len(key)], key, b"\xff\xff\xff\xff")
            else:
                pieces += (sizes[len(key)], key, sizes[len(after)], after)
        digest.update(b"".join(pieces))
    return digest.digest()
