"""What was read holds exactly as long as it would be read again; against reading it again."""

from __future__ import annotations

from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from vaultsim.store.branch import Branch
from vaultsim.store.cell import DELETED, Cell
from vaultsim.store.codecs import RAW, UINT_VALUE
from vaultsim.store.multistore import MultiStore
from vaultsim.store.reads import Reads
from vaultsim.store.schema import Schema

KEYS: Final = [b"R:" + bytes([number]) for number in range(6)]
MIDDLE: Final = (KEYS[1], KEYS[4])
WRITES: Final = st.dictionaries(st.sampled_from(KEYS), st.booleans(), max_size=3)
"""By key, whether a row is set (else deleted)."""


def new_store() -> tuple[MultiStore, int]:
    schema = Schema("things")
    rows = schema.map(b"R:", RAW, UINT_VALUE)
    return MultiStore([schema]), rows.slot


def write(branch: Branch, slot: int, rows: dict[bytes, bool]) -> None:
    for key, is_set in rows.items():
        branch.put(slot, key, Cell(1, lambda number: b"%d" % number) if is_set else DELETED)


def layered(store: MultiStore, slot: int, layers: list[dict[bytes, bool]]) -> Branch:
    branch = store.branch()
    for rows in layers:
        branch = Branch(branch)
        write(branch, slot, rows)
    return branch


def what_is_read(branch: Branch, slot: int) -> list[object]:
    """Two rows, one found as many are, and an iteration, by identity of their cells."""
    single = [branch.find(slot, KEYS[0]), branch.find(slot, KEYS[5])]
    together = branch.find_all(slot, KEYS[4:5])
    walked = branch.range(slot, *MIDDLE)
    return [*map(id, single), *map(id, together), *((key, id(cell)) for key, cell in walked)]


@settings(max_examples=300)
@given(WRITES, st.lists(WRITES, max_size=3), st.integers(0, 3), st.lists(WRITES, max_size=3))
def test_it_holds_only_where_the_same_would_be_read(
    committed: dict[bytes, bool], before: list[dict[bytes, bool]], dropped: int, after: list[dict[bytes, bool]]
) -> None:
    """The second branch is the first without its last layers, and with others."""
    store, slot = new_store()
    base = store.branch()
    write(base, slot, committed)
    store.commit(base)
    first = layered(store, slot, before)
    reads = Reads(first)
    seen = what_is_read(reads, slot)
    assert reads.hold_in(first)
    second = first
    for _ in range(dropped):
        second = second.parent if second.parent is not None and second.parent.parent is not None else second
    for rows in after:
        second = Branch(second)
        write(second, slot, rows)
    if reads.hold_in(second):
        assert what_is_read(second, slot) == seen


def test_other_rows_may_be_written() -> None:
    store, slot = new_store()
    reads = Reads(store.branch())
    what_is_read(reads, slot)
    beside = store.branch()
    write(beside, slot, {b"R:\x09": True, b"R:\x08": False})
    assert reads.hold_in(beside)


def test_a_row_that_appears_where_it_was_missed_or_iterated_over_ends_it() -> None:
    store, slot = new_store()
    reads = Reads(store.branch())
    what_is_read(reads, slot)
    for key in (KEYS[0], KEYS[5], KEYS[4], KEYS[1], KEYS[3]):
        changed = store.branch()
        write(changed, slot, {key: True})
        assert not reads.hold_in(changed)
    beyond = store.branch()
    write(beyond, slot, {b"R:\x06": True})  # the iteration ended before it
    assert reads.hold_in(beyond)


def test_what_was_read_from_a_dropped_branch_does_not_hold_without_it() -> None:
    store, slot = new_store()
    passing = store.branch()
    write(passing, slot, {KEYS[0]: True})
    reads = Reads(passing)
    what_is_read(reads, slot)
    assert not reads.hold_in(store.branch())


def test_what_was_read_from_a_branch_holds_after_its_merge() -> None:
    store, slot = new_store()
    block = store.branch()
    passing = Branch(block)
    write(passing, slot, {KEYS[0]: True, KEYS[2]: True})
    reads = Reads(passing)
    what_is_read(reads, slot)
    passing.merge_into_parent()
    assert reads.hold_in(block)
    assert reads.hold_in(Branch(block))


def test_a_commit_ends_it() -> None:
    store, slot = new_store()
    reads = Reads(store.branch())
    what_is_read(reads, slot)
    block = store.branch()
    write(block, slot, {b"R:\x09": True})
    store.commit(block)
    assert not reads.hold_in(store.branch())


def test_another_store_is_another_matter() -> None:
    store, slot = new_store()
    reads = Reads(store.branch())
    what_is_read(reads, slot)
    assert not reads.hold_in(new_store()[0].branch())
