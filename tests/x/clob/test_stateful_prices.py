"""Best prices of stateful orders against a scan of all rows, over commits, branches and branches that are dropped."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.clob import LongTermOrderPlacement, Order, OrderId
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.store.multistore import MultiStore
from vaultsim.x.clob.state import ClobState
from vaultsim.x.clob.stateful_prices import StatefulPrices
from vaultsim.x.clob.types import SIDE_BUY, SIDE_SELL, BestPrices

OWN, OTHER = "own", "other"


def placement(owner: str, client_id: int, pair_id: int, side: int, subticks: int) -> LongTermOrderPlacement:
    order_id = OrderId(
        subaccount_id=SubaccountId(owner=owner, number=0), client_id=client_id, order_flags=64, clob_pair_id=pair_id
    )
    return LongTermOrderPlacement(order=Order(order_id=order_id, side=side, quantums=1, subticks=subticks))


def scanned(state: ClobState, ctx: Context) -> dict[int, BestPrices]:
    """The definition: every order of others, the highest bid and the lowest ask of each pair."""
    bids: dict[int, list[int]] = {}
    asks: dict[int, list[int]] = {}
    for rows in (state.long_term, state.triggered):
        for found in rows.values(ctx):
            order = found.order
            if order.order_id.subaccount_id.owner != OWN:
                side = bids if order.side == SIDE_BUY else asks
                side.setdefault(order.order_id.clob_pair_id, []).append(order.subticks)
    return {
        pair: BestPrices(max(bids.get(pair, ()), default=None), min(asks.get(pair, ()), default=None))
        for pair in sorted({*bids, *asks})
    }


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["set", "set", "set", "delete", "trigger", "branch", "merge", "drop", "commit", "skip", "look"]
        ),
        st.sampled_from([OWN, OTHER]),
        st.integers(0, 5),
        st.integers(0, 1),
        st.sampled_from([SIDE_BUY, SIDE_SELL]),
        st.integers(1, 4),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_prices_are_those_of_a_scan(steps: list[tuple[str, str, int, int, int, int]]) -> None:
    state = ClobState()
    store = MultiStore([state.schema, state.memory_schema, state.transient_schema])
    prices = StatefulPrices((state.long_term, state.triggered), OWN)
    stack = [Context(store.branch(), height=1, time_ns=0)]
    for what, owner, client_id, pair_id, side, subticks in steps:
        ctx = stack[-1]
        made = placement(owner, client_id, pair_id, side, subticks)
        if what in ("set", "trigger"):
            rows = state.long_term if what == "set" else state.triggered
            rows.set(ctx, made.order.order_id, made)
        elif what == "delete":
            state.long_term.delete(ctx, made.order.order_id)
        elif what == "branch":
            stack.append(ctx.branched())
        elif what in ("merge", "drop") and len(stack) > 1:
            stack.pop()
            if what == "merge":
                stack[-1].merge(ctx)
        elif what in ("commit", "skip"):
            # A block in which nobody looks is one commit more than the prices can follow row by row.
            store.commit(stack[0].branch)
            stack = [Context(store.branch(), height=1, time_ns=0)]
            if what == "skip":
                continue
        if what != "set":
            assert prices.best(stack[-1]) == scanned(state, stack[-1])


def test_one_price_of_two_orders_stays_when_one_goes() -> None:
    state = ClobState()
    store = MultiStore([state.schema, state.memory_schema, state.transient_schema])
    prices = StatefulPrices((state.long_term, state.triggered), OWN)
    ctx = Context(store.branch(), height=1, time_ns=0)
    first, second = placement(OTHER, 1, 0, SIDE_BUY, 7), placement(OTHER, 2, 0, SIDE_BUY, 7)
    for one in (first, second, placement(OTHER, 3, 0, SIDE_SELL, 9), placement(OWN, 4, 0, SIDE_SELL, 8)):
        state.long_term.set(ctx, one.order.order_id, one)
    store.commit(ctx.branch)
    ctx = Context(store.branch(), height=2, time_ns=0)
    assert prices.best(ctx) == {0: (7, 9)}
    state.long_term.delete(ctx, first.order.order_id)
    assert prices.best(ctx) == {0: (7, 9)}
    state.long_term.delete(ctx, second.order.order_id)
    assert prices.best(ctx) == {0: (None, 9)}
