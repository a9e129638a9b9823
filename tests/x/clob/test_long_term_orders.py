"""Orders placed and cancelled in a row against the same steps one by one: equal refusals, equal rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from tests.x.clob.exchange import ALICE, VAULT, Exchange, long_term
from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.x.clob.long_term_orders import LongTermOrders

NOW = 1_700_000_000
EXCHANGE = Exchange(100)

PLACE = st.tuples(
    st.just("place"),
    st.integers(0, 3),
    st.sampled_from((333_000_000, 1_000_000, 1)),
    st.sampled_from((2_971_200_000, 3_031_300_000, 3_031_300_001)),
    st.sampled_from((NOW - 100, NOW + 60, NOW + 120, NOW + 100 * 86_400)),
)
CANCEL = st.tuples(
    st.just("cancel"), st.integers(0, 3), st.just(0), st.just(0), st.sampled_from((NOW - 100, NOW + 60, NOW + 120))
)


def refusal_of(action: Callable[[], None]) -> tuple[str, int] | None:
    try:
        action()
    except ChainError as error:
        return error.codespace, error.code
    return None


def steps_one_by_one(ctx: Context, steps: list[tuple[str, int, int, int, int]]) -> list[object]:
    clob, refusals = EXCHANGE.clob, list[object]()
    for kind, client_id, quantums, subticks, good_til in steps:
        order = long_term(VAULT, client_id, side=1, quantums=quantums, subticks=subticks, good_til=good_til)
        if kind == "place":
            refusals.append(refusal_of(partial(clob.place_stateful_order, ctx, order, internal=True)))
        elif clob.find_long_term_placement(ctx, order.order_id) is not None:
            refusals.append(refusal_of(partial(clob.cancel_stateful_order, ctx, order.order_id, good_til)))
    return refusals


def steps_in_a_row(ctx: Context, steps: list[tuple[str, int, int, int, int]]) -> list[object]:
    orders, refusals = LongTermOrders(EXCHANGE.clob, ctx, VAULT, 1), list[object]()
    for kind, client_id, quantums, subticks, good_til in steps:
        order = long_term(VAULT, client_id, side=1, quantums=quantums, subticks=subticks, good_til=good_til)
        if kind == "place":
            refusals.append(refusal_of(partial(orders.place, order)))
        elif (found := orders.find(order.order_id)) is not None:
            refusals.append(refusal_of(partial(orders.cancel, found, good_til)))
    orders.finish()
    return refusals


def rows_of(ctx: Context) -> dict[int, dict[bytes, bytes]]:
    """Rows as they read now, whatever was written again on the way."""
    branch, state = ctx.branch, EXCHANGE.clob.state
    schemas = (state.schema, state.memory_schema, state.transient_schema)
    slots = [collection.slot for schema in schemas for collection in schema.collections]
    return {slot: {key: cell.raw for key, cell in branch.range(slot, b"", None)} for slot in slots}


@given(st.lists(PLACE | CANCEL, max_size=12), st.booleans())
def test_orders_in_a_row_end_as_orders_one_by_one(
    steps: list[tuple[str, int, int, int, int]], one_was_removed: bool
) -> None:
    start = EXCHANGE.ctx.branched()
    other = long_term(ALICE, 9, side=1, quantums=333_000_000, subticks=2_971_200_000, good_til=NOW + 60)
    EXCHANGE.clob.place_stateful_order(start, other, internal=True)
    if one_was_removed:
        gone = long_term(VAULT, 1, side=1, quantums=333_000_000, subticks=2_971_200_000, good_til=NOW + 60)
        EXCHANGE.clob.add_removed(start, [gone.order_id])
    first, second = start.branched(), start.branched()
    assert steps_in_a_row(first, steps) == steps_one_by_one(second, steps)
    assert rows_of(first) == rows_of(second)
