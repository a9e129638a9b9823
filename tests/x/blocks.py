"""Blocks for keeper tests: real stores, a context per block, and the rows that the committed state holds."""

from __future__ import annotations

import hashlib

from vaultsim.address import to_bech32
from vaultsim.context import NANOSECONDS, Context
from vaultsim.store.multistore import ChangeSet, MultiStore
from vaultsim.store.schema import Schema

GENESIS_SECONDS = 1_700_000_000


def owner(name: str) -> str:
    """A bech32 address made of `name`."""
    return to_bech32(hashlib.sha256(f"tests:{name}".encode()).digest()[:20])


ALICE, BOB, CARL = owner("alice"), owner("bob"), owner("carl")


class Blocks:
    """A chain of nothing but stores."""

    def __init__(self, *schemas: Schema) -> None:
        self.store = MultiStore(list(schemas))

    def at(self, height: int, seconds: float = 0, *, since_genesis: bool = True) -> Context:
        """A context at `height`, `seconds` after genesis (or after 1970)."""
        time_ns = round(seconds * NANOSECONDS) + (GENESIS_SECONDS * NANOSECONDS if since_genesis else 0)
        return Context(self.store.branch(), height=height, time_ns=time_ns)

    def commit(self, ctx: Context) -> ChangeSet:
        return self.store.commit(ctx.branch)

    def rows(self, store: str) -> dict[bytes, bytes]:
        return dict(self.store.rows(store))
