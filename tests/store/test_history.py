"""Older and captured states of a store against a slow twin that copies everything."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from vaultsim.context import Context
from vaultsim.store.branch import Branch, Root
from vaultsim.store.codecs import RAW, UINT_VALUE
from vaultsim.store.multistore import MultiStore, StoreState
from vaultsim.store.schema import Lifetime, Schema

KEYS = st.binary(min_size=0, max_size=2)
VALUES = st.integers(min_value=0, max_value=200)
MOST_STATES = 5
Rows = dict[bytes, int]


class HistoryTwin(RuleBasedStateMachine):
    """Writes, commits, captures, goes back and reads older states in any order."""

    @initialize()
    def begin(self) -> None:
        schema, memory = Schema("things"), Schema("memory", Lifetime.MEMORY)
        self.things, self.marks = schema.map(b"R:", RAW, UINT_VALUE), memory.map(b"M:", RAW, UINT_VALUE)
        self.store = MultiStore([schema, memory])
        self.store.keep_history(MOST_STATES, 1_000)
        self.ctx = Context(self.store.branch(), height=1, time_ns=0)
        self.present: Rows = {}
        self.states: dict[int, Rows] = {}
        self.captured: list[tuple[StoreState, int, Rows, dict[int, Rows]]] = []
        self.numbers: dict[int, Rows] = {self.store.root.number: {}}

    @rule(rows=st.dictionaries(KEYS, st.one_of(st.none(), VALUES), max_size=6))
    def commit(self, rows: dict[bytes, int | None]) -> None:
        for key, value in rows.items():
            for collection in (self.things, self.marks):
                collection.delete(self.ctx, key) if value is None else collection.set(self.ctx, key, value)
        self.states[self.store.root.number] = self.present
        self.states = dict(list(self.states.items())[-MOST_STATES:])
        self.store.commit(self.ctx.branch)
        self.present = {key: one for key, one in {**self.present, **rows}.items() if one is not None}
        # A number stands for the same rows for ever.
        assert self.numbers.setdefault(self.store.root.number, self.present) == self.present
        self.ctx = Context(self.store.branch(), height=1, time_ns=0)

    @rule()
    def capture(self) -> None:
        self.captured.append((self.store.capture(), self.store.root.number, self.present, dict(self.states)))

    @precondition(lambda self: self.captured)
    @rule(data=st.data())
    def go_back(self, data: st.DataObject) -> None:
        kept, number, self.present, states = data.draw(st.sampled_from(self.captured))
        self.states = dict(states)
        self.store.restore(kept)
        assert self.store.root.number == number
        self.ctx = Context(self.store.branch(), height=1, time_ns=0)

    @rule()
    def read_the_present_state(self) -> None:
        self.read(self.store.root, self.present)

    @precondition(lambda self: self.states)
    @rule(data=st.data())
    def read_an_older_state(self, data: st.DataObject) -> None:
        history = self.store.history
        assert history is not None
        number = data.draw(st.sampled_from(sorted(self.states)))
        assert number in history
        assert len(history) == len(self.states)
        self.read(history.root_of(number), self.states[number])

    def read(self, root: Root, expected: Rows) -> None:
        ctx = Context(Branch(root), height=1, time_ns=0)
        for collection in (self.things, self.marks):
            assert list(collection.items(ctx)) == sorted(expected.items())
            for key in (b"", b"a", b"\x00"):
                assert collection.get(ctx, key) == expected.get(key)
        assert dict(self.store.rows("things", root)) == {
            b"R:" + key: UINT_VALUE.encode(one) for key, one in expected.items()
        }


HistoryTwin.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestHistory = HistoryTwin.TestCase
