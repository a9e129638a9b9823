"""The store against a slow twin: plain dictionaries that are copied whole for every branch."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from vaultsim.context import Context
from vaultsim.store.branch import Branch
from vaultsim.store.codecs import RAW, UINT_VALUE
from vaultsim.store.multistore import MultiStore
from vaultsim.store.schema import Lifetime, Schema

KEYS = st.binary(min_size=0, max_size=3)
VALUES = st.integers(min_value=0, max_value=2**64 - 1)


class StoreTwin(RuleBasedStateMachine):
    """Sets, deletes, opens, drops, merges and commits in any order; every read must agree."""

    @initialize()
    def begin(self) -> None:
        self.schema = Schema("things")
        self.rows = self.schema.map(b"R:", RAW, UINT_VALUE)
        self.other = self.schema.map(b"S:", RAW, UINT_VALUE)
        self.brief = Schema("brief", Lifetime.TRANSIENT)
        self.passing = self.brief.map(b"R:", RAW, UINT_VALUE)
        self.store = MultiStore([self.schema, self.brief])
        self.contexts = [Context(self.store.branch(), height=1, time_ns=0)]
        self.committed: dict[bytes, int] = {}
        self.twins: list[dict[bytes, int]] = [{}]

    @property
    def ctx(self) -> Context:
        return self.contexts[-1]

    @rule(key=KEYS, value=VALUES)
    def put(self, key: bytes, value: int) -> None:
        self.rows.set(self.ctx, key, value)
        self.other.set(self.ctx, key, value)
        self.passing.set(self.ctx, key, value)
        self.twins[-1][key] = value

    @rule(key=KEYS)
    def delete(self, key: bytes) -> None:
        self.rows.delete(self.ctx, key)
        self.twins[-1].pop(key, None)

    @rule()
    def open_branch(self) -> None:
        self.contexts.append(Context(Branch(self.ctx.branch), height=1, time_ns=0))
        self.twins.append(dict(self.twins[-1]))

    @precondition(lambda self: len(self.contexts) > 1)
    @rule()
    def drop_branch(self) -> None:
        self.contexts.pop()
        self.twins.pop()

    @precondition(lambda self: len(self.contexts) > 1)
    @rule()
    def merge_branch(self) -> None:
        child = self.contexts.pop()
        child.branch.merge_into_parent()
        self.twins[-2:] = [self.twins[-1]]

    @precondition(lambda self: len(self.contexts) == 1)
    @rule()
    def commit(self) -> None:
        changes = self.store.commit(self.ctx.branch)
        told = {row.key[2:]: row.after for row in changes.get("things", []) if row.key.startswith(b"R:")}
        expected = {
            key: None if key not in self.twins[0] else UINT_VALUE.encode(self.twins[0][key])
            for key in self.committed.keys() | self.twins[0].keys()
            if self.committed.get(key) != self.twins[0].get(key)
        }
        assert told == expected
        self.committed = dict(self.twins[0])
        self.contexts = [Context(self.store.branch(), height=1, time_ns=0)]
        assert list(self.passing.keys(self.ctx)) == []

    @rule(key=KEYS)
    def read(self, key: bytes) -> None:
        assert self.rows.get(self.ctx, key) == self.twins[-1].get(key)
        assert self.rows.has(self.ctx, key) == (key in self.twins[-1])

    @rule(under=st.binary(max_size=1))
    def walk(self, under: bytes) -> None:
        expected = sorted((k, v) for k, v in self.twins[-1].items() if k.startswith(under))
        assert list(self.rows.items(self.ctx, under=under)) == expected

    @rule(before=KEYS)
    def walk_before(self, before: bytes) -> None:
        assert list(self.rows.keys(self.ctx, before=before)) == sorted(k for k in self.twins[-1] if k < before)

    @rule(offset=st.integers(0, 5), limit=st.integers(1, 4), reverse=st.booleans())
    def page(self, offset: int, limit: int, reverse: bool) -> None:
        rows = sorted(self.twins[-1].items(), reverse=reverse)
        found, following, total = self.rows.page(self.ctx, None, offset, limit, reverse)
        assert (found, total) == (rows[offset : offset + limit], len(rows))
        assert following == (rows[offset + limit][0] if offset + limit < len(rows) else None)

    @invariant()
    def everything_agrees(self) -> None:
        assert list(self.rows.items(self.ctx)) == sorted(self.twins[-1].items())


StoreTwin.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestStoreTwin = StoreTwin.TestCase
