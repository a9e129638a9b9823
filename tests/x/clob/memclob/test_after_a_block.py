"""Purge and replay after a commit (dydx-modules §20.13, steps 2 to 5)."""

from __future__ import annotations

import pytest

from tests.x.clob.memclob.fakes import BUY, POST_ONLY, SELL, FakeKeeper, memclob, order, resting, subaccount
from vaultsim.context import Context
from vaultsim.errors import ChainPanic
from vaultsim.pb.dydxprotocol.clob import LongTermOrderPlacement, Order, OrderId, ProcessProposerMatchesEvents
from vaultsim.x.clob.errors import HeightExceedsGoodTilBlock
from vaultsim.x.clob.memclob.operations import Match, ShortTermPlacement
from vaultsim.x.clob.memclob.replay import Replay
from vaultsim.x.clob.types import LONG_TERM, RemovalReason


class InState:
    """Stateful orders that are in state; the order validation refuses what it is told to."""

    def __init__(self, *orders: Order) -> None:
        self.orders = {one.order_id: one for one in orders}
        self.refused: list[OrderId] = []
        self.heights: list[int] = []

    def find_stateful_placement(self, ctx: Context, order_id: OrderId) -> LongTermOrderPlacement | None:
        found = self.orders.get(order_id)
        return None if found is None else LongTermOrderPlacement(order=found)

    def validate_order(self, ctx: Context, order: Order, height: int, preexisting: bool) -> None:
        assert preexisting
        self.heights.append(height)
        if order.order_id in self.refused:
            raise HeightExceedsGoodTilBlock


def stateful(who: str, client_id: int, side: int, quantums: int, subticks: int, time_in_force: int = 0) -> Order:
    return order(who, client_id, side, quantums, subticks, flags=LONG_TERM, time_in_force=time_in_force)


def test_a_block_ends_filled_cancelled_expired_and_removed_orders() -> None:
    keeper = FakeKeeper()
    books, ctx = memclob(keeper), keeper.context()
    ended = [stateful("a", number, BUY, 5, 100) for number in range(4)]
    partly, due, later = stateful("a", 9, BUY, 5, 100), order("b", 1, BUY, 5, 99, til=10), order("b", 2, BUY, 5, 99)
    for one in (*ended, partly, due, later):
        books.place_order(ctx, one)
    books.cancel_order(order("z", 1, BUY, 1, 1).order_id, 10)
    keeper.fills.set(ctx, ended[0].order_id, 5)
    keeper.fills.set(ctx, partly.order_id, 4)
    events = ProcessProposerMatchesEvents(
        order_ids_filled_in_last_block=(ended[0].order_id, partly.order_id),
        expired_stateful_order_ids=(ended[1].order_id, ended[1].order_id),
        removed_stateful_order_ids=(ended[2].order_id, ended[0].order_id),
    )
    books.purge(ctx, events, [ended[3].order_id], 10)
    assert resting(books) == ([partly, later], [])
    assert list(books.queue.tx_bytes) == [later]
    books.place_order(ctx, order("z", 1, BUY, 1, 1, til=10))


def test_only_stateful_ids_expire_by_time() -> None:
    keeper = FakeKeeper()
    books = memclob(keeper)
    wrong = ProcessProposerMatchesEvents(expired_stateful_order_ids=(order("a", 1, BUY, 1, 1).order_id,))
    with pytest.raises(ChainPanic):
        books.purge(keeper.context(), wrong, [], 10)


def test_replay_matches_again_on_the_new_state_and_keeps_transaction_bytes() -> None:
    keeper = FakeKeeper()
    books = memclob(keeper)
    maker, taker = stateful("a", 1, SELL, 5, 100), order("t", 1, BUY, 8, 100)
    books.place_order(keeper.context(), maker)
    books.place_order(keeper.context(b"taker"), taker)
    operations = books.take_queue()
    assert resting(books) == ([], [])
    state = InState(maker)
    for post_only in (True, False):
        assert Replay(books, state, keeper.context(), post_only=post_only).run(operations) is None
    assert state.heights == [0, 11], "stateful orders by time, short-term ones for the next block"
    assert resting(books) == ([taker], [])
    assert books.queue.tx_bytes == {taker: b"taker"}
    assert [type(one).__name__ for one in books.queue.operations] == ["StatefulMarker", "ShortTermPlacement", "Match"]


def test_replay_skips_what_left_the_state_and_what_is_refused() -> None:
    keeper = FakeKeeper()
    books = memclob(keeper)
    gone, refused = stateful("a", 1, SELL, 5, 100), stateful("b", 1, SELL, 5, 100)
    for one in (gone, refused):
        books.place_order(keeper.context(), one)
    books.place_order(keeper.context(), order("t", 1, BUY, 10, 100))
    state = InState(refused)
    state.refused.append(refused.order_id)
    Replay(books, state, keeper.context(), post_only=False).run(books.take_queue())
    bids, asks = resting(books)
    assert (len(bids), asks) == (1, [])
    assert books.queue.operations == []


def test_a_queued_removal_gets_a_second_chance_without_validation() -> None:
    keeper = FakeKeeper()
    books = memclob(keeper)
    removed = stateful("a", 1, BUY, 5, 100, POST_ONLY)
    books.queue.add_removal_once(removed.order_id, RemovalReason.POST_ONLY_WOULD_CROSS)
    state = InState(removed)
    state.refused.append(removed.order_id)
    operations = books.take_queue()
    Replay(books, state, keeper.context(), post_only=False).run(operations)
    assert resting(books) == ([], [])
    Replay(books, state, keeper.context(), post_only=True).run(operations)
    assert resting(books) == ([removed], [])


def test_a_panic_ends_the_pass_and_is_told() -> None:
    keeper = FakeKeeper()
    books = memclob(keeper)
    first, second = order("a", 1, BUY, 5, 100), order("b", 1, BUY, 5, 100)
    operations = [ShortTermPlacement(first, b""), ShortTermPlacement(second, b"2")]
    panic = Replay(books, InState(), keeper.context(), post_only=False).run(operations)
    assert panic is not None
    assert resting(books) == ([], [])


def test_matches_are_found_anew_not_replayed() -> None:
    keeper = FakeKeeper()
    books = memclob(keeper)
    books.queue.add_deleveraging(subaccount("a"), 0, ())
    operations = books.take_queue()
    assert [type(one) for one in operations] == [Match]
    Replay(books, InState(), keeper.context(), post_only=False).run(operations)
    assert books.queue.operations == []
