"""The declared collections of one store; refuses two that could share a key."""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

from vaultsim.store.codecs import Codec
from vaultsim.store.collections import Collection, Item, KeySet, Map

K = TypeVar("K")
V = TypeVar("V")


class Lifetime(Enum):
    """How long a store's rows live."""

    PERSISTENT = "persistent"
    """Committed, part of the change set, of dumps and of the digest."""
    MEMORY = "memory"
    """Committed, but no part of the state that is compared or saved."""
    TRANSIENT = "transient"
    """Gone at the commit of its block."""


class Schema:
    """The collections of the store `name`, in the order of declaration."""

    def __init__(self, name: str, lifetime: Lifetime = Lifetime.PERSISTENT) -> None:
        self.name = name
        self.lifetime = lifetime
        self.collections: list[Collection] = []

    def item(self, key: bytes, value: Codec[V]) -> Item[V]:
        """Declares one row under a fixed key."""
        item = Item(self.name, key, value)
        self._declare(item)
        return item

    def map(self, prefix: bytes, key: Codec[K], value: Codec[V]) -> Map[K, V]:
        """Declares rows under a prefix."""
        rows = Map(self.name, prefix, key, value)
        self._declare(rows)
        return rows

    def key_set(self, prefix: bytes, key: Codec[K]) -> KeySet[K]:
        """Declares rows without content under a prefix."""
        rows = KeySet(self.name, prefix, key)
        self._declare(rows)
        return rows

    def collection_of(self, key: bytes) -> Collection | None:
        """The collection that a key of the store belongs to."""
        return next((one for one in self.collections if one.owns(key)), None)

    def _declare(self, new: Collection) -> None:
        for old in self.collections:
            clash = _clash(old, new)
            if clash:
                raise ValueError(f"store {self.name}: prefixes {old.prefix!r} and {new.prefix!r} overlap")
        self.collections.append(new)


def _clash(old: Collection, new: Collection) -> bool:
    if isinstance(old, Item) and isinstance(new, Item):
        return old.prefix == new.prefix
    if isinstance(old, Item):
        return old.prefix.startswith(new.prefix)
    if isinstance(new, Item):
        return new.prefix.startswith(old.prefix)
    return old.prefix.startswith(new.prefix) or new.prefix.startswith(old.prefix)
