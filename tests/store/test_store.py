"""What the store promises beyond reads and writes: order, bytes, gas, digests, refusals."""

from __future__ import annotations

import hashlib

import pytest

from vaultsim.context import Context, run_cached
from vaultsim.errors import ChainError, OutOfGas, UserError
from vaultsim.events import PlainEvent
from vaultsim.store.codecs import DECIMAL, RAW, U32_BE, U32_LIST, UINT_VALUE
from vaultsim.store.collections import Map
from vaultsim.store.gas import GasMeter
from vaultsim.store.multistore import MultiStore
from vaultsim.store.schema import Schema


def new_store() -> tuple[MultiStore, Schema]:
    schema = Schema("things")
    schema.item(b"Only", UINT_VALUE)
    schema.map(b"N:", U32_BE, DECIMAL)
    return MultiStore([schema]), schema


def context(store: MultiStore, gas: GasMeter | None = None) -> Context:
    return Context(store.branch(), height=1, time_ns=0, gas=gas)


def test_overlapping_prefixes_are_refused() -> None:
    schema = Schema("things")
    schema.map(b"Rows", RAW, RAW)
    for prefix in (b"Rows", b"Rows2", b"Ro"):
        with pytest.raises(ValueError, match="overlap"):
            schema.map(prefix, RAW, RAW)
    with pytest.raises(ValueError, match="overlap"):
        schema.item(b"Rows:1", RAW)


def test_zero_wrapper_is_a_present_empty_value() -> None:
    store, schema = new_store()
    only = schema.collections[0]
    ctx = context(store)
    only.set(ctx, 0)  # type: ignore[attr-defined]
    store.commit(ctx.branch)
    assert list(store.rows("things")) == [(b"Only", b"")]


def test_equal_bytes_are_no_change_and_leave_the_change_set_empty() -> None:
    store, schema = new_store()
    rows = schema.collections[1]
    ctx = context(store)
    rows.set(ctx, 7, 5)  # type: ignore[attr-defined]
    assert list(store.commit(ctx.branch)) == ["things"]
    ctx = context(store)
    rows.set(ctx, 7, 6)  # type: ignore[attr-defined]
    rows.set(ctx, 7, 5)  # type: ignore[attr-defined]
    rows.delete(ctx, 8)  # type: ignore[attr-defined]
    assert store.commit(ctx.branch) == {}


def test_fingerprint_does_not_depend_on_the_way_but_the_digest_does() -> None:
    one, first = new_store()
    two, second = new_store()
    for number in (1, 2, 3):
        ctx = context(one)
        first.collections[1].set(ctx, number, number)  # type: ignore[attr-defined]
        one.commit(ctx.branch)
    ctx = context(two)
    for number in (3, 1, 2):
        second.collections[1].set(ctx, number, number)  # type: ignore[attr-defined]
    two.commit(ctx.branch)
    assert one.fingerprint() == two.fingerprint()
    assert one.app_hash != two.app_hash
    ctx = context(two)
    second.collections[1].set(ctx, 1, 9)  # type: ignore[attr-defined]
    two.commit(ctx.branch)
    assert one.fingerprint() != two.fingerprint()


def test_digest_is_a_hash_chain_over_the_changed_rows() -> None:
    store, schema = new_store()
    ctx = context(store)
    schema.collections[1].set(ctx, 1, 42)  # type: ignore[attr-defined]
    store.commit(ctx.branch)
    framed = b"\0\0\0\6things" + b"\0\0\0\6N:\0\0\0\1" + b"\0\0\0\x0242"
    assert store.app_hash == hashlib.sha256(bytes(32) + framed).digest()


def test_gas_of_each_access_is_the_sdk_table() -> None:
    # dydx-modules §1.10: read 1000 + 3 per byte of key and value, write 2000 + 30 per byte, has and delete 1000
    store, schema = new_store()
    rows = schema.collections[1]
    meter = GasMeter(1_000_000)
    ctx = context(store, meter)
    rows.get(ctx, 1)  # type: ignore[attr-defined]
    assert meter.used == 1_000 + 3 * 6
    rows.set(ctx, 1, 123)  # type: ignore[attr-defined]
    assert meter.used == 1_018 + 2_000 + 30 * (6 + 3)
    rows.get(ctx, 1)  # type: ignore[attr-defined]
    assert meter.used == 3_288 + 1_000 + 3 * (6 + 3)
    rows.has(ctx, 1)  # type: ignore[attr-defined]
    rows.delete(ctx, 1)  # type: ignore[attr-defined]
    assert meter.used == 4_315 + 1_000 + 1_000


def test_an_iterator_pays_for_its_first_row_twice_and_for_each_row_when_it_is_left() -> None:
    store, schema = new_store()
    rows = schema.collections[1]
    ctx = context(store)
    for number in (1, 2):
        rows.set(ctx, number, 123)  # type: ignore[attr-defined]
    step = 30 + 3 * (6 + 3)
    paid = ctx.replaced()
    paid.gas = GasMeter(1_000_000)
    walk = rows.items(paid)  # type: ignore[attr-defined]
    next(walk)
    assert paid.gas.used == step
    next(walk)
    assert paid.gas.used == 2 * step
    assert next(walk, None) is None
    assert paid.gas.used == 3 * step
    assert list(rows.items(paid, b"\xff")) == []  # type: ignore[attr-defined]
    assert paid.gas.used == 3 * step + 30


def test_a_touch_is_a_read_where_gas_is_paid_for() -> None:
    store, schema = new_store()
    ctx = context(store, GasMeter(1_000_000))
    schema.collections[1].touch(ctx, 1)  # type: ignore[attr-defined]
    assert ctx.gas is not None
    assert ctx.gas.used == 1_018
    schema.collections[1].touch(ctx.unmetered(), 1)  # type: ignore[attr-defined]
    assert ctx.gas.used == 1_018


def test_gas_runs_out_after_counting() -> None:
    store, schema = new_store()
    meter = GasMeter(1_000)
    with pytest.raises(OutOfGas) as told:
        schema.collections[1].get(context(store, meter), 1)  # type: ignore[attr-defined]
    assert (told.value.codespace, told.value.code) == ("sdk", 11)
    assert meter.used == 1_018


def test_a_cached_run_that_fails_leaves_no_row_and_no_event() -> None:
    store, schema = new_store()
    rows = schema.collections[1]
    ctx = context(store)

    def fail(inner: Context) -> None:
        rows.set(inner, 1, 1)  # type: ignore[attr-defined]
        inner.emit(PlainEvent("told", ()))
        raise ChainError("no")

    with pytest.raises(ChainError):
        run_cached(ctx, fail)
    assert ctx.events == []
    assert rows.get(ctx, 1) is None  # type: ignore[attr-defined]


def test_client_ids_are_four_byte_words_and_a_rest_is_dropped() -> None:
    # dydx-vault §2
    raw = bytes.fromhex("80000000000000008080000000800000")
    assert U32_LIST.decode(raw + b"\x01") == (0x80000000, 0, 0x80800000, 0x00800000)
    assert U32_LIST.encode((0x80000000, 0, 0x80800000, 0x00800000)) == raw


def test_unknown_store_or_key_is_a_user_mistake() -> None:
    store, _ = new_store()
    with pytest.raises(UserError, match="things"):
        store.rows("nothing")
    with pytest.raises(UserError, match="no place"):
        store.load("things", b"elsewhere", b"")


@pytest.mark.parametrize("is_metered", [False, True])
def test_rows_read_and_written_together_are_those_of_one_by_one(is_metered: bool) -> None:
    one, first = new_store()
    two, second = new_store()
    single: Map[int, int] = first.collections[1]  # type: ignore[assignment]
    together: Map[int, int] = second.collections[1]  # type: ignore[assignment]
    used = []
    for store, rows, is_together in ((one, single, False), (two, together, True)):
        base = context(store)
        for number in (1, 2, 3, 4):
            rows.set(base, number, number * 100)
        store.commit(base.branch)
        middle = context(store)
        rows.delete(middle, 1)
        rows.set(middle, 5, 500)
        top = middle.branched()
        top.gas = GasMeter(10**9) if is_metered else None
        if is_together:
            rows.set_all(top, {2: 222, 1: 111})
            rows.delete_all(top, [5, 3, 9])
            found = rows.get_all(top, [1, 2, 3, 4, 5, 9])
            there = rows.has_all(top, [1, 2, 3, 4, 5, 9])
        else:
            rows.set(top, 2, 222)
            rows.set(top, 1, 111)
            for number in (5, 3, 9):
                rows.delete(top, number)
            found = [rows.get(top, number) for number in (1, 2, 3, 4, 5, 9)]
            there = [rows.has(top, number) for number in (1, 2, 3, 4, 5, 9)]
        assert found == [111, 222, None, 400, None, None]
        assert there == [True, True, False, True, False, False]
        used.append(top.gas.used if top.gas else 0)
        middle.merge(top)
        store.commit(middle.branch)
    assert used[0] == used[1]
    assert one.fingerprint() == two.fingerprint()
    assert one.app_hash == two.app_hash
