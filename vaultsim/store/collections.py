"""Typed collections over one store's keys: Item (one row), Map (rows under a prefix), KeySet (rows without content).

A collection is declared once, in a module's `state.py`, through its `Schema`, and used with a context:
`state.prices.get(ctx, market_id)`. Inside a transaction each access costs gas (dydx-modules §1.10).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Generic, Protocol, TypeVar

from vaultsim.store.branch import Branch, prefix_end
from vaultsim.store.cell import DELETED, UNSET, Cell
from vaultsim.store.codecs import PRESENT, Codec
from vaultsim.store.gas import GasMeter

K = TypeVar("K")
V = TypeVar("V")
_slots = count(1)


class Access(Protocol):
    """What a collection needs of a context: the branch to go through, and the meter when accesses cost gas."""

    branch: Branch
    gas: GasMeter | None


class Collection:
    """What all collections have: a slot in every branch, the store's name and the key prefix."""

    def __init__(self, store: str, prefix: bytes) -> None:
        self.slot = next(_slots)
        self.store = store
        self.prefix = prefix

    def owns(self, key: bytes) -> bool:
        """Whether a key of the store belongs to this collection."""
        return key.startswith(self.prefix)

    def check(self, key: bytes, raw: bytes) -> None:
        """Decodes a row from outside. Raises what its codecs raise for bytes that are none of their own."""
        raise NotImplementedError


class Item(Collection, Generic[V]):
    """One row under a fixed key."""

    def __init__(self, store: str, key: bytes, value: Codec[V]) -> None:
        super().__init__(store, key)
        self._encode, self._decode = value

    def owns(self, key: bytes) -> bool:
        """Whether `key` is this item's key."""
        return key == self.prefix

    def check(self, key: bytes, raw: bytes) -> None:
        """Decodes the value."""
        self._decode(raw)

    def get(self, ctx: Access) -> V | None:
        """The value, or None when it was never written."""
        found: V | None = _read(self, ctx, self.prefix, self._decode)
        return found

    def has(self, ctx: Access) -> bool:
        """Whether the row is there."""
        return _has(self, ctx, self.prefix)

    def set(self, ctx: Access, value: V) -> None:
        """Writes the row."""
        _write(self, ctx, self.prefix, Cell(value, self._encode))

    def delete(self, ctx: Access) -> None:
        """Removes the row, if it is there."""
        _remove(self, ctx, self.prefix)


class Map(Collection, Generic[K, V]):
    """Rows under a prefix, by key."""

    def __init__(self, store: str, prefix: bytes, key: Codec[K], value: Codec[V]) -> None:
        super().__init__(store, prefix)
        self._encode_key, self._decode_key = key
        self._encode, self._decode = value

    def check(self, key: bytes, raw: bytes) -> None:
        """Decodes key and value; the key must be the one that this collection would write."""
        decoded = self._decode_key(key[len(self.prefix) :])
        if self.key(decoded) != key:
            raise ValueError("the key is not written as this collection writes it")
        self._decode(raw)

    def key(self, key: K) -> bytes:
        """The row's full key in the store."""
        return self.prefix + self._encode_key(key)

    def get(self, ctx: Access, key: K) -> V | None:
        """The value, or None when there is no such row."""
        raw_key = self.prefix + self._encode_key(key)
        cell = ctx.branch.find(self.slot, raw_key)
        if ctx.gas is not None:
            ctx.gas.read(len(raw_key), 0 if cell is None else len(cell.raw))
        if cell is None:
            return None
        value: Any = cell.value
        if value is UNSET:
            value = cell.value = self._decode(cell.raw)
        return value  # type: ignore[no-any-return]

    def get_all(self, ctx: Access, keys: Sequence[K]) -> list[V | None]:
        """As `get` for each of the keys; costs less time, and the same gas."""
        if ctx.gas is not None:
            return [self.get(ctx, key) for key in keys]
        prefix, encode, decode = self.prefix, self._encode_key, self._decode
        cells = ctx.branch.find_all(self.slot, [prefix + encode(key) for key in keys])
        return [None if cell is None else _value(cell, decode) for cell in cells]

    def has_all(self, ctx: Access, keys: Sequence[K]) -> list[bool]:
        """As `has` for each of the keys; costs less time, and the same gas."""
        if ctx.gas is not None:
            return [self.has(ctx, key) for key in keys]
        prefix, encode = self.prefix, self._encode_key
        cells = ctx.branch.find_all(self.slot, [prefix + encode(key) for key in keys])
        return [cell is not None for cell in cells]

    def value_of(self, cell: Cell) -> V:
        """The value that a cell of this collection holds."""
        value: V = _value(cell, self._decode)
        return value

    def touch(self, ctx: Access, key: K) -> None:
        """Pays for a read that the chain makes once more than this program; nothing where nothing is paid for."""
        if ctx.gas is not None:
            self.get(ctx, key)

    def has(self, ctx: Access, key: K) -> bool:
        """Whether the row is there."""
        if ctx.gas is not None:
            ctx.gas.has()
        return ctx.branch.find(self.slot, self.prefix + self._encode_key(key)) is not None

    def set(self, ctx: Access, key: K, value: V) -> None:
        """Writes a row."""
        raw_key, cell = self.prefix + self._encode_key(key), Cell(value, self._encode)
        if ctx.gas is not None:
            ctx.gas.write(len(raw_key), len(cell.raw))
        writes = ctx.branch.writes
        rows = writes.get(self.slot)
        if rows is None:
            rows = writes[self.slot] = {}
        rows[raw_key] = cell

    def set_all(self, ctx: Access, values: Mapping[K, V]) -> None:
        """As `set` for each of the rows; costs less time, and the same gas."""
        if not values:
            return
        if ctx.gas is not None:
            for key, value in values.items():
                self.set(ctx, key, value)
            return
        prefix, encode_key, encode = self.prefix, self._encode_key, self._encode
        rows = ctx.branch.writes.setdefault(self.slot, {})
        rows.update([(prefix + encode_key(key), Cell(value, encode)) for key, value in values.items()])

    def delete_all(self, ctx: Access, keys: Sequence[K]) -> None:
        """As `delete` for each of the keys; costs less time, and the same gas."""
        if not keys:
            return
        if ctx.gas is not None:
            for key in keys:
                self.delete(ctx, key)
            return
        prefix, encode = self.prefix, self._encode_key
        ctx.branch.writes.setdefault(self.slot, {}).update([(prefix + encode(key), DELETED) for key in keys])

    def delete(self, ctx: Access, key: K) -> None:
        """Removes a row, if it is there."""
        if ctx.gas is not None:
            ctx.gas.delete()
        writes = ctx.branch.writes
        rows = writes.get(self.slot)
        if rows is None:
            rows = writes[self.slot] = {}
        rows[self.prefix + self._encode_key(key)] = DELETED

    def items(self, ctx: Access, under: bytes = b"", before: bytes | None = None) -> Iterator[tuple[K, V]]:
        """Keys and values in byte order, as the rows stood when this was called.

        under: only keys whose bytes after the prefix start so; before: only keys whose bytes after the prefix are
        below this.
        """
        start = len(self.prefix)
        for raw_key, cell in self._range(ctx, under, before):
            yield self._decode_key(raw_key[start:]), _value(cell, self._decode)

    def keys(self, ctx: Access, under: bytes = b"", before: bytes | None = None) -> Iterator[K]:
        """Keys in byte order, as the rows stood when this was called."""
        start = len(self.prefix)
        for raw_key, _ in self._range(ctx, under, before):
            yield self._decode_key(raw_key[start:])

    def values(self, ctx: Access, under: bytes = b"") -> Iterator[V]:
        """Values in byte order of their keys, as the rows stood when this was called."""
        for _, cell in self._range(ctx, under, None):
            yield _value(cell, self._decode)

    def page(
        self,
        ctx: Access,
        start: bytes | None,
        offset: int,
        limit: int,
        reverse: bool = False,
        under: bytes = b"",
    ) -> tuple[list[tuple[K, V]], bytes | None, int]:
        """One page of rows: (rows, bytes of the next key after the prefix or None, number of all rows).

        under: only rows whose key bytes after the prefix start so; start: the bytes after that to begin at (offset is
        then ignored), or None.
        """
        base = self.prefix + under
        rows = ctx.branch.range(self.slot, base, prefix_end(base))
        if reverse:
            rows.reverse()
        at = offset
        if start is not None:
            begin = base + start
            at = next((i for i, (key, _) in enumerate(rows) if (key <= begin if reverse else key >= begin)), len(rows))
        chosen = rows[at : at + limit]
        following = rows[at + limit][0][len(base) :] if at + limit < len(rows) else None
        cut = len(self.prefix)
        return [(self._decode_key(k[cut:]), _value(c, self._decode)) for k, c in chosen], following, len(rows)

    def _range(self, ctx: Access, under: bytes, before: bytes | None) -> Iterable[tuple[bytes, Cell]]:
        low = self.prefix + under
        high = prefix_end(low) if before is None else self.prefix + before
        rows = ctx.branch.range(self.slot, low, high)
        return rows if ctx.gas is None else _paid(ctx.gas, rows)


class KeySet(Map[K, None], Generic[K]):
    """Rows whose presence is all they say."""

    def __init__(self, store: str, prefix: bytes, key: Codec[K]) -> None:
        super().__init__(store, prefix, key, PRESENT)

    def add(self, ctx: Access, key: K) -> None:
        """Writes the row."""
        self.set(ctx, key, None)


def _read(collection: Collection, ctx: Access, key: bytes, decode: Any) -> Any:
    cell = ctx.branch.find(collection.slot, key)
    if ctx.gas is not None:
        ctx.gas.read(len(key), 0 if cell is None else len(cell.raw))
    if cell is None:
        return None
    value = cell.value
    if value is UNSET:
        value = cell.value = decode(cell.raw)
    return value


def _paid(gas: GasMeter, rows: list[tuple[bytes, Cell]]) -> Iterator[tuple[bytes, Cell]]:
    # As the chain's iterators: the first row is paid for when one is opened, every row when it is left.
    first_key, first = rows[0] if rows else (b"", None)
    gas.step(len(first_key), 0 if first is None else len(first.raw))
    for key, cell in rows:
        yield key, cell
        gas.step(len(key), len(cell.raw))


def _value(cell: Cell, decode: Any) -> Any:
    value = cell.value
    if value is UNSET:
        value = cell.value = decode(cell.raw)
    return value


def _has(collection: Collection, ctx: Access, key: bytes) -> bool:
    if ctx.gas is not None:
        ctx.gas.has()
    return ctx.branch.find(collection.slot, key) is not None


def _write(collection: Collection, ctx: Access, key: bytes, cell: Cell) -> None:
    if ctx.gas is not None:
        ctx.gas.write(len(key), len(cell.raw))
    writes = ctx.branch.writes
    rows = writes.get(collection.slot)
    if rows is None:
        rows = writes[collection.slot] = {}
    rows[key] = cell


def _remove(collection: Collection, ctx: Access, key: bytes) -> None:
    if ctx.gas is not None:
        ctx.gas.delete()
    ctx.branch.put(collection.slot, key, DELETED)
