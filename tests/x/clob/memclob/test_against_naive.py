"""Whatever arrives, the books and the queue are those of a list that is sorted for every question."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.x.clob.memclob.fakes import FakeKeeper, memclob, order, resting
from tests.x.clob.memclob.naive import NaiveMemClob, Refused
from vaultsim.errors import ChainError
from vaultsim.pb.dydxprotocol.clob import Order
from vaultsim.x.clob.memclob.memclob import MemClob
from vaultsim.x.clob.memclob.operations import Match, Removal, ShortTermPlacement
from vaultsim.x.clob.types import LONG_TERM
from vaultsim.x.subaccounts.types import UpdateResult

orders = st.builds(
    order,
    st.sampled_from("abcd"),
    st.integers(1, 4),
    st.integers(1, 2),
    st.integers(1, 9),
    st.integers(98, 103),
    til=st.integers(15, 18),
    time_in_force=st.sampled_from([0, 0, 1, 2]),
)


def long_term_is_never_replaced(steps: list[Order | int]) -> bool:
    """The chain refuses to place a stateful id twice long before the books."""
    ids = [one.order_id for one in steps if isinstance(one, Order) and one.order_id.order_flags]
    return len(ids) == len(set(ids))


long_term = st.builds(
    order,
    st.sampled_from("abcd"),
    st.integers(1, 12),
    st.integers(1, 2),
    st.integers(1, 9),
    st.integers(98, 103),
    til=st.just(100),
    time_in_force=st.sampled_from([0, 0, 2]),
    flags=st.just(LONG_TERM),
)
steps = st.lists(st.one_of(orders, orders, long_term, st.integers(14, 19)), max_size=40).filter(
    long_term_is_never_replaced
)


def plain(books: MemClob, stateful: dict[object, Order]) -> list[tuple[object, ...]]:
    """The queue in the twin's words."""
    out: list[tuple[object, ...]] = []
    for operation in books.queue.operations:
        if isinstance(operation, ShortTermPlacement):
            out.append(("placed", operation.order))
        elif isinstance(operation, Removal):
            out.append(("removed", operation.removal.order_id, operation.removal.removal_reason))
        elif isinstance(operation, Match):
            match = operation.match.match_orders
            assert match is not None
            fills = tuple((fill.maker_order_id, fill.fill_amount) for fill in match.fills)
            out.append(("match", match.taker_order_id, fills))
        else:
            out.append(("placed", stateful[operation.order_id]))
    return out


@settings(deadline=None, max_examples=400)
@given(steps, st.sets(st.sampled_from("abcd"), max_size=2))
def test_books_and_queue_are_those_of_a_sorted_list(arriving: list[Order | int], broke: set[str]) -> None:
    keeper = FakeKeeper()
    keeper.broke = dict.fromkeys(broke, UpdateResult.NEWLY_UNDERCOLLATERALIZED)
    books, twin, ctx = memclob(keeper), NaiveMemClob(broke), keeper.context()
    stateful = {one.order_id: one for one in arriving if isinstance(one, Order)}
    last = None
    for one in arriving:
        refused = [False, False]
        for index, act in enumerate((books, twin)):
            try:
                if isinstance(one, Order):
                    books.place_order(ctx, one) if act is books else twin.place(one)
                elif last is not None:
                    books.cancel_order(last, one) if act is books else twin.cancel(last, one)
            except (ChainError, Refused):
                refused[index] = True
        assert refused[0] == refused[1], one
        if isinstance(one, Order) and not one.order_id.order_flags:
            last = one.order_id
        assert resting(books) == (twin.side(1), twin.side(2))
        assert plain(books, stateful) == twin.operations
        kept = {o for o in books.book(0).orders.values() if not o.order_id.order_flags}
        assert kept <= set(books.queue.tx_bytes)
