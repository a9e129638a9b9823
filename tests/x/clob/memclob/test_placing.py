"""Orders meet the book as dydx-modules §20.7.2 says."""

from __future__ import annotations

import pytest

from tests.x.clob.memclob.fakes import BUY, IOC, PAIR, POST_ONLY, SELL, FakeKeeper, memclob, order, resting, subaccount
from vaultsim.errors import ChainPanic
from vaultsim.pb.dydxprotocol.clob import OperationRaw, Order, OrderRemoval
from vaultsim.pb.runtime import replace
from vaultsim.x.clob import errors
from vaultsim.x.clob.memclob.memclob import MemClob, Placement
from vaultsim.x.clob.memclob.operations import Match, Removal, ShortTermPlacement, StatefulMarker
from vaultsim.x.clob.types import LONG_TERM, OrderStatus, RemovalReason, liquidation_matchable
from vaultsim.x.subaccounts.types import UpdateResult


class Table:
    """A book, its keeper and one check state."""

    def __init__(self) -> None:
        self.keeper = FakeKeeper()
        self.books: MemClob = memclob(self.keeper)
        self.ctx = self.keeper.context()

    def place(self, one: Order, tx_bytes: bytes = b"tx") -> Placement:
        return self.books.place_order(self.ctx.replaced(tx_bytes=tx_bytes), one)

    def removals(self) -> list[tuple[int, int]]:
        queue = self.books.queue.operations
        return [(o.removal.order_id.client_id, o.removal.removal_reason) for o in queue if isinstance(o, Removal)]

    def shapes(self) -> list[str]:
        return [type(operation).__name__ for operation in self.books.queue.operations]


@pytest.fixture
def table() -> Table:
    return Table()


def test_price_then_arrival_decides_and_fills_are_at_the_makers_price(table: Table) -> None:
    late, early, dear = order("b", 1, SELL, 5, 100), order("a", 1, SELL, 5, 100), order("a", 2, SELL, 5, 101)
    for one in (early, dear, late):
        table.place(one)
    assert table.place(order("t", 1, BUY, 8, 105)) == (OrderStatus.SUCCESS, 8)
    match = table.books.queue.operations[-1]
    assert isinstance(match, Match)
    assert match.match.match_orders is not None
    assert [(fill.maker_order_id, fill.fill_amount) for fill in match.match.match_orders.fills] == [
        (early.order_id, 5),
        (late.order_id, 3),
    ]
    assert resting(table.books) == ([], [late, dear])


def test_the_queue_has_makers_then_the_taker_then_the_match(table: Table) -> None:
    table.place(order("a", 1, SELL, 5, 100, flags=LONG_TERM))
    table.place(order("b", 1, SELL, 5, 100), b"maker")
    table.place(order("t", 1, BUY, 10, 100), b"taker")
    assert table.shapes() == ["StatefulMarker", "ShortTermPlacement", "ShortTermPlacement", "Match"]
    proposed = table.books.queue.proposed()
    assert [one.short_term_order_placement for one in proposed] == [b"maker", b"taker", None]


def test_a_maker_is_announced_once(table: Table) -> None:
    table.place(order("a", 1, SELL, 5, 100))
    table.place(order("t", 1, BUY, 2, 100))
    table.place(order("u", 1, BUY, 2, 100))
    assert table.shapes() == ["ShortTermPlacement", "ShortTermPlacement", "Match", "ShortTermPlacement", "Match"]


def test_what_is_left_of_a_taker_rests(table: Table) -> None:
    table.place(order("a", 1, SELL, 5, 100))
    taker = order("t", 1, BUY, 8, 100)
    assert table.place(taker) == (OrderStatus.SUCCESS, 5)
    assert resting(table.books) == ([taker], [])


def test_what_is_left_of_an_ioc_order_is_dropped_and_a_stateful_one_is_removed(table: Table) -> None:
    table.place(order("a", 1, SELL, 5, 100))
    assert table.place(order("t", 1, BUY, 8, 100, time_in_force=IOC)) == (OrderStatus.IOC_WOULD_REST, 5)
    assert table.place(order("t", 2, BUY, 8, 100, time_in_force=IOC, flags=LONG_TERM)).filled == 0
    assert resting(table.books) == ([], [])
    assert table.removals() == [(2, RemovalReason.IOC_WOULD_REST)]


def test_a_crossing_post_only_order_changes_nothing(table: Table) -> None:
    maker = order("a", 1, SELL, 5, 100)
    table.place(maker)
    with pytest.raises(errors.PostOnlyWouldCrossMakerOrder):
        table.place(order("t", 1, BUY, 5, 100, time_in_force=POST_ONLY))
    assert resting(table.books) == ([], [maker])
    assert table.books.queue.operations == []
    assert table.keeper.position(table.ctx, subaccount("t"), 0) == 0


def test_a_crossing_stateful_post_only_order_is_removed_by_an_operation(table: Table) -> None:
    table.place(order("a", 1, SELL, 5, 100))
    with pytest.raises(errors.PostOnlyWouldCrossMakerOrder):
        table.place(order("t", 7, BUY, 5, 100, time_in_force=POST_ONLY, flags=LONG_TERM))
    assert table.removals() == [(7, RemovalReason.POST_ONLY_WOULD_CROSS)]


def test_a_post_only_order_rests_once_the_crossing_makers_fail(table: Table) -> None:
    table.place(order("a", 1, SELL, 5, 100, flags=LONG_TERM))
    table.keeper.broke["a"] = UpdateResult.NEWLY_UNDERCOLLATERALIZED
    quote = order("t", 1, BUY, 5, 100, time_in_force=POST_ONLY)
    assert table.place(quote) == (OrderStatus.SUCCESS, 0)
    assert resting(table.books) == ([quote], [])
    assert table.removals() == [(1, RemovalReason.UNDERCOLLATERALIZED)]


def test_a_self_trade_removes_the_maker(table: Table) -> None:
    table.place(order("t", 1, SELL, 5, 100, flags=LONG_TERM))
    taker = order("t", 2, BUY, 5, 100)
    table.place(taker)
    assert resting(table.books) == ([taker], [])
    assert table.removals() == [(1, RemovalReason.SELF_TRADE)]


def test_a_taker_without_collateral_keeps_earlier_fills_and_does_not_rest(table: Table) -> None:
    table.place(order("a", 1, SELL, 5, 100))
    table.place(order("b", 1, SELL, 5, 101))

    settle = table.keeper.process_single_match

    def broke_after_first(ctx, match, terms):  # type: ignore[no-untyped-def]
        outcome = settle(ctx, match, terms)
        table.keeper.broke["t"] = UpdateResult.STILL_UNDERCOLLATERALIZED
        return outcome

    table.keeper.process_single_match = broke_after_first  # type: ignore[method-assign]
    placed = table.place(order("t", 1, BUY, 10, 101, flags=LONG_TERM))
    assert placed == (OrderStatus.UNDERCOLLATERALIZED, 5)
    assert table.shapes() == ["ShortTermPlacement", "StatefulMarker", "Match", "Removal"]
    assert len(resting(table.books)[1]) == 1


def test_an_isolated_violation_of_the_taker_drops_its_fills(table: Table) -> None:
    maker = order("a", 1, SELL, 5, 100)
    table.place(maker)
    table.keeper.broke["t"] = UpdateResult.VIOLATES_ISOLATED_SUBACCOUNT_CONSTRAINTS
    with pytest.raises(errors.WouldViolateIsolatedSubaccountConstraints):
        table.place(order("t", 1, BUY, 5, 100))
    assert resting(table.books) == ([], [maker])


def test_reduce_only_makers_are_capped_and_removed_when_they_reduce_nothing(table: Table) -> None:
    table.keeper.positions.set(table.ctx, subaccount("a"), 3)
    table.place(order("a", 1, SELL, 5, 100, reduce_only=True))
    other = order("b", 1, SELL, 5, 100)
    table.place(other)
    assert table.place(order("t", 1, BUY, 5, 100)).filled == 5
    assert table.keeper.position(table.ctx, subaccount("a"), 0) == 0
    assert resting(table.books) == ([], [other]), "the position closed, so the reduce-only order went"


def test_a_reduce_only_taker_stops_at_zero(table: Table) -> None:
    table.keeper.positions.set(table.ctx, subaccount("t"), -3)
    table.place(order("a", 1, SELL, 9, 100))
    placed = table.place(order("t", 1, BUY, 5, 100, reduce_only=True, flags=LONG_TERM))
    assert placed == (OrderStatus.REDUCE_ONLY_RESIZED, 3)
    assert table.removals() == [(1, RemovalReason.INVALID_REDUCE_ONLY)]


def test_a_reduce_only_order_must_oppose_the_position(table: Table) -> None:
    with pytest.raises(errors.ReduceOnlyWouldIncreasePositionSize):
        table.place(order("t", 1, BUY, 5, 100, reduce_only=True))


def test_a_replacement_must_outlive_the_resting_order_and_takes_a_new_place(table: Table) -> None:
    first, other = order("a", 1, BUY, 5, 100, til=20), order("b", 1, BUY, 5, 100)
    table.place(first, b"1")
    table.place(other, b"2")
    with pytest.raises(errors.InvalidReplacement):
        table.place(replace(first, quantums=6, good_til_block=19))
    with pytest.raises(errors.InvalidReplacement):
        table.place(replace(first, side=SELL, good_til_block=21))
    with pytest.raises(errors.InvalidReplacement):
        table.place(replace(first, time_in_force=IOC, good_til_block=21))
    with pytest.raises(errors.InvalidReplacement):
        table.place(first)
    second = replace(first, quantums=6, good_til_block=21)
    table.place(second, b"3")
    assert resting(table.books) == ([other, second], [])
    assert table.books.queue.tx_bytes == {other: b"2", second: b"3"}


def test_a_fully_filled_order_is_refused(table: Table) -> None:
    table.place(order("a", 1, SELL, 5, 100))
    taker = order("t", 1, BUY, 5, 100)
    table.place(taker)
    with pytest.raises(errors.OrderFullyFilled):
        table.place(replace(taker, good_til_block=21))


def test_a_cancel_stops_later_orders_up_to_its_block(table: Table) -> None:
    one = order("a", 1, BUY, 5, 100, til=15)
    table.place(one)
    table.books.cancel_order(one.order_id, 14)
    assert resting(table.books) == ([one], [])
    table.books.cancel_order(one.order_id, 15)
    assert resting(table.books) == ([], [])
    assert table.books.queue.tx_bytes == {}
    with pytest.raises(errors.OrderIsCanceled):
        table.place(one)
    with pytest.raises(errors.MemClobCancelAlreadyExists):
        table.books.cancel_order(one.order_id, 15)
    table.place(replace(one, good_til_block=16))


def test_a_liquidation_stops_at_the_limits_of_the_block(table: Table) -> None:
    table.place(order("a", 1, SELL, 5, 100))
    table.keeper.error = errors.InsuranceFundHasInsufficientFunds()
    placed = table.books.place_liquidation(table.ctx, liquidation_matchable(subaccount("l"), 0, 0, True, 5, 100))
    assert placed == (OrderStatus.LIQUIDATION_REQUIRES_DELEVERAGING, 0)
    table.keeper.error = errors.FillAmountNotDivisibleByStepSize()
    with pytest.raises(ChainPanic):
        table.books.place_liquidation(table.ctx, liquidation_matchable(subaccount("l"), 0, 0, True, 5, 100))


def test_a_liquidation_queues_no_taker(table: Table) -> None:
    table.place(order("a", 1, SELL, 5, 100))
    placed = table.books.place_liquidation(table.ctx, liquidation_matchable(subaccount("l"), 0, 0, True, 9, 100))
    assert placed == (OrderStatus.SUCCESS, 5)
    assert table.shapes() == ["ShortTermPlacement", "Match"]
    assert resting(table.books) == ([], [])


def test_what_matched_leaves_the_book_with_the_queue(table: Table) -> None:
    stays = order("a", 9, SELL, 5, 101)
    table.place(stays)
    table.place(order("a", 1, SELL, 5, 100, flags=LONG_TERM))
    table.place(order("t", 1, BUY, 2, 100))
    operations = table.books.take_queue()
    assert [type(one) for one in operations] == [StatefulMarker, ShortTermPlacement, Match]
    assert resting(table.books) == ([], [stays])
    assert list(table.books.queue.tx_bytes) == [stays]


def test_a_removal_is_queued_once(table: Table) -> None:
    queue, one = table.books.queue, order("a", 1, SELL, 5, 100, flags=LONG_TERM)
    queue.add_removal_once(one.order_id, RemovalReason.SELF_TRADE)
    queue.add_removal_once(one.order_id, RemovalReason.IOC_WOULD_REST)
    assert queue.proposed() == (OperationRaw(order_removal=OrderRemoval(order_id=one.order_id, removal_reason=4)),)


def test_a_finer_tick_is_taken_over_and_a_coarser_one_is_not(table: Table) -> None:
    table.books.create_orderbook(replace(PAIR, id=1, subticks_per_tick=10))
    table.books.update_orderbook(replace(PAIR, id=1, subticks_per_tick=5))
    with pytest.raises(ChainPanic):
        table.books.update_orderbook(replace(PAIR, id=1, subticks_per_tick=10))
    assert not table.books.create_orderbook(PAIR)
    with pytest.raises(ChainPanic):
        table.books.book(7)
