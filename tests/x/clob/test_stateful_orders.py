"""Placing, cancelling, expiring and triggering of stateful orders over real stores."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.x.clob.exchange import ALICE, VAULT, Exchange, long_term, order_id, short_term
from vaultsim.context import NANOSECONDS
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.clob import (
    EquityTierLimit,
    EquityTierLimitConfiguration,
    MsgPlaceOrder,
    Order,
    OrderFillState,
    TwapParameters,
)
from vaultsim.x.clob import blocks
from vaultsim.x.clob.msg_server import MsgServer

NOW = 1_700_000_001
WINDOW = 95 * 86_400


def code_of(action: Callable[[], object]) -> int:
    try:
        action()
    except ChainError as error:
        return error.code
    return 0


@pytest.fixture
def exchange() -> Exchange:
    exchange = Exchange(101)
    exchange.fund(ALICE, 5_000_000_000)
    exchange.fund(VAULT, 10_000_000_000)
    return exchange


def place(exchange: Exchange, order: Order, internal: bool = True) -> int:
    return code_of(lambda: exchange.clob.place_stateful_order(exchange.ctx, order, internal))


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (long_term(), 0),
        (Order(order_id=order_id(clob_pair_id=9), quantums=1, subticks=1, good_til_block_time=1), 8),
        (long_term(subticks=3_000_000_001, quantums=1), 12),
        (long_term(quantums=1_000_001), 12),
        (long_term(good_til=NOW - 1), 3003),
        (long_term(good_til=NOW - 1 + WINDOW), 0),
        (long_term(good_til=NOW + WINDOW), 3004),
        (long_term(flags=32, condition_type=1, conditional_order_trigger_subticks=5), 12),
        (
            long_term(
                flags=128,
                quantums=9_000_000,
                twap_parameters=TwapParameters(duration=300, interval=30),
            ),
            12,
        ),
    ],
)
def test_order_validation(exchange: Exchange, order: Order, code: int) -> None:
    assert place(exchange, order) == code


def test_an_id_is_taken_until_it_is_cancelled_and_then_for_the_block(exchange: Exchange) -> None:
    clob = exchange.clob
    assert place(exchange, long_term()) == 0
    assert place(exchange, long_term(good_til=NOW + 100)) == 3005
    cancel = clob.cancel_stateful_order
    assert code_of(lambda: cancel(exchange.ctx, order_id(), NOW - 1)) == 3003
    assert code_of(lambda: cancel(exchange.ctx, order_id(), NOW + WINDOW)) == 3004
    assert code_of(lambda: cancel(exchange.ctx, order_id(client_id=5), NOW + 100)) == 3006
    assert code_of(lambda: cancel(exchange.ctx, order_id(), 1_700_000_059)) == 29
    assert code_of(lambda: cancel(exchange.ctx, order_id(), 1_700_000_060)) == 0
    assert place(exchange, long_term()) == 3008


def test_a_cancelled_id_is_free_in_the_next_block() -> None:
    exchange = Exchange(101)
    assert place(exchange, long_term()) == 0
    exchange.clob.cancel_stateful_order(exchange.ctx, order_id(), 1_700_000_060)
    exchange.store.commit(exchange.branch)
    exchange.branch = exchange.store.branch()
    exchange.begin_block(102)
    assert exchange.clob.delivered_cancellations(exchange.ctx) == []
    assert place(exchange, long_term()) == 0


def test_a_removed_id_can_neither_be_placed_nor_cancelled(exchange: Exchange) -> None:
    exchange.clob.add_removed(exchange.ctx, [order_id()])
    assert place(exchange, long_term()) == 3009
    assert code_of(lambda: exchange.clob.cancel_stateful_order(exchange.ctx, order_id(), NOW + 100)) == 3010


def test_external_orders_need_collateral_and_internal_ones_do_not(exchange: Exchange) -> None:
    large = long_term(quantums=100_000_000_000, subticks=3_000_000_000)
    assert place(exchange, large, internal=False) == 3007
    assert exchange.clob.stateful_count(exchange.ctx, ALICE) == 0
    assert place(exchange, large, internal=True) == 0
    conditional = long_term(
        flags=32, quantums=100_000_000_000, condition_type=1, conditional_order_trigger_subticks=3_000_000_000
    )
    assert place(exchange, conditional, internal=False) == 0


def test_equity_tiers_bound_external_orders(exchange: Exchange) -> None:
    tiers = ((0, 0), (1_000_000_000, 1), (10_000_000_000, 5))
    limits = tuple(EquityTierLimit(usd_tnc_required=required, limit=limit) for required, limit in tiers)
    exchange.clob.set_equity_tiers(exchange.ctx, EquityTierLimitConfiguration(stateful_order_equity_tiers=limits))
    assert place(exchange, long_term(client_id=1), internal=False) == 0
    assert place(exchange, long_term(client_id=2), internal=False) == 10001
    assert place(exchange, long_term(client_id=2), internal=True) == 0
    exchange.fund(ALICE, 999_999_999)
    exchange.clob.cancel_stateful_order(exchange.ctx, order_id(client_id=1), NOW + 100)
    exchange.clob.cancel_stateful_order(exchange.ctx, order_id(client_id=2), NOW + 100)
    assert place(exchange, long_term(client_id=3), internal=False) == 10001


def test_pair_status_decides_what_may_be_placed(exchange: Exchange) -> None:
    clob, ctx = exchange.clob, exchange.ctx
    exchange.set_pair(status=6)
    assert code_of(lambda: clob.validate_order(ctx, short_term(), 101, False)) == 34
    exchange.set_pair(status=5)
    assert place(exchange, long_term(time_in_force=2)) == 34
    for order, code in (
        (short_term(), 34),
        (short_term(time_in_force=2), 0),
        (short_term(time_in_force=2, subticks=3_000_100_000), 34),
        (short_term(time_in_force=2, side=2, subticks=2_999_900_000), 34),
        (short_term(time_in_force=2, side=2), 0),
    ):
        assert code_of(lambda order=order: clob.validate_order(ctx, order, 101, False)) == code  # type: ignore[misc]


@pytest.mark.parametrize(("good_til", "code"), [(100, 10), (101, 0), (141, 0), (142, 11)])
def test_short_term_orders_last_forty_blocks_at_most(exchange: Exchange, good_til: int, code: int) -> None:
    clob = exchange.clob
    assert code_of(lambda: clob.validate_order(exchange.ctx, short_term(good_til=good_til), 101, False)) == code
    assert code_of(lambda: clob.validate_cancellation(exchange.ctx, order_id(flags=0), good_til, 101)) == code


def test_a_preexisting_order_that_is_gone_is_a_panic(exchange: Exchange) -> None:
    with pytest.raises(ChainPanic):
        exchange.clob.validate_order(exchange.ctx, long_term(), 0, True)
    with pytest.raises(ChainPanic):
        MsgServer(exchange.clob).place_order(exchange.ctx, MsgPlaceOrder(order=short_term()))


def test_check_mode_remembers_what_waits_for_its_block(exchange: Exchange) -> None:
    clob, check = exchange.clob, exchange.context(101, is_check=True)
    clob.place_stateful_order_check(check, long_term())
    assert clob.find_long_term_placement(check, order_id()) is None
    assert code_of(lambda: clob.place_stateful_order_check(check, long_term())) == 3005
    clob.cancel_stateful_order_check(check, order_id(), NOW + 100)
    assert code_of(lambda: clob.cancel_stateful_order_check(check, order_id(), NOW + 100)) == 32
    assert code_of(lambda: clob.place_stateful_order_check(check, long_term())) == 3008
    assert exchange.state.uncommitted_counts.get(check, ALICE) == 0


def test_orders_expire_at_their_good_til_time_by_time_and_id(exchange: Exchange) -> None:
    clob, ctx = exchange.clob, exchange.ctx
    for client_id, good_til in ((3, NOW + 1), (1, NOW + 2), (2, NOW + 1), (9, NOW + 3)):
        assert place(exchange, long_term(client_id=client_id, good_til=good_til)) == 0
    exchange.state.fills.set(ctx, order_id(client_id=2), OrderFillState(fill_amount=5))
    at_two = ctx.replaced()
    at_two.time_ns = (NOW + 2) * NANOSECONDS
    blocks.end_block(clob, at_two)
    expired = [one.client_id for one in clob.proposer_events(ctx).expired_stateful_order_ids]
    assert expired == [2, 3, 1]
    assert clob.stateful_count(ctx, ALICE) == 1
    assert exchange.state.fills.get(ctx, order_id(client_id=2)) is None
    assert [one.order_id.client_id for one in clob.all_stateful_orders(ctx)] == [9]


def test_a_good_til_second_is_not_reached_a_nanosecond_before(exchange: Exchange) -> None:
    assert place(exchange, long_term(good_til=NOW + 2)) == 0
    early = exchange.ctx.replaced()
    early.time_ns = (NOW + 2) * NANOSECONDS - 1
    assert exchange.clob.expire_orders(early) == []
    early.time_ns += 1
    assert exchange.clob.expire_orders(early) == [order_id()]


def test_fills_of_short_term_orders_are_pruned_at_their_height(exchange: Exchange) -> None:
    clob, state = exchange.clob, exchange.state
    order = short_term(good_til=70)
    clob.set_fill(exchange.ctx, order, 5)
    clob.set_fill(exchange.ctx, short_term(good_til=90), 9)
    exchange.begin_block(110)
    clob.prune_fills(exchange.ctx)
    assert clob.fill_amount(exchange.ctx, order.order_id) == 9
    assert state.prunable.get(exchange.ctx, (110, order.order_id)) is None
    exchange.begin_block(130)
    clob.prune_fills(exchange.ctx)
    assert clob.fill_amount(exchange.ctx, order.order_id) == 0


def conditional(client_id: int, kind: int, side: int, trigger: int) -> Order:
    return long_term(
        client_id=client_id, flags=32, side=side, condition_type=kind, conditional_order_trigger_subticks=trigger
    )


def test_conditional_orders_trigger_at_the_oracle_price(exchange: Exchange) -> None:
    clob = exchange.clob
    orders = [
        conditional(1, 2, 2, 3_000_000_000),
        conditional(2, 2, 2, 3_000_100_000),
        conditional(3, 1, 2, 3_000_000_000),
        conditional(4, 2, 1, 2_999_900_000),
        conditional(5, 1, 1, 2_900_000_000),
    ]
    for order in orders:
        assert place(exchange, order) == 0
    assert clob.delivered_conditional_order_ids(exchange.ctx) == [order.order_id for order in orders]
    exchange.begin_block(102)
    blocks.end_block(clob, exchange.ctx)
    triggered = clob.proposer_events(exchange.ctx).conditional_order_ids_triggered_in_last_block
    # Orders that wait for a falling price come first, each group in order of placement.
    assert [one.client_id for one in triggered] == [3, 1, 5]
    placement = clob.find_stateful_placement(exchange.ctx, orders[0].order_id)
    assert placement is not None
    assert (placement.placement_index.block_height, placement.placement_index.transaction_index) == (102, 1)
    assert clob.find_untriggered(exchange.ctx, orders[0].order_id) is None
    assert clob.stateful_count(exchange.ctx, ALICE) == 5


def test_trades_trigger_conditional_orders_near_the_oracle_price(exchange: Exchange) -> None:
    clob, ctx = exchange.clob, exchange.ctx
    place(exchange, conditional(1, 1, 2, 2_985_000_000))
    place(exchange, conditional(2, 1, 2, 2_984_900_000))
    clob.note_trade(ctx, 1, 2_000_000_000)
    assert [one.client_id for one in clob.trigger_conditional_orders(ctx)] == [1]


def test_a_twap_parent_places_suborders_until_its_legs_are_used(exchange: Exchange) -> None:
    clob, state = exchange.clob, exchange.state
    parent = long_term(
        client_id=4,
        flags=128,
        quantums=30_000_000,
        subticks=0,
        twap_parameters=TwapParameters(duration=300, interval=30, price_tolerance=10_000),
    )
    suborder = order_id(client_id=4, flags=256)
    assert place(exchange, parent, internal=False) == 0
    assert clob.stateful_count(exchange.ctx, ALICE) == 1
    clob.place_twap_suborders(exchange.ctx)
    placed = clob.find_long_term_placement(exchange.ctx, suborder)
    assert placed is not None
    assert (placed.order.quantums, placed.order.subticks) == (3_000_000, 3_030_000_000)
    assert placed.order.good_til_block_time == NOW + 3
    assert clob.delivered_long_term_order_ids(exchange.ctx) == [suborder]
    kept = clob.find_twap_parent(exchange.ctx, parent.order_id)
    assert kept is not None
    assert (kept.remaining_legs, kept.remaining_quantums) == (9, 30_000_000)
    assert list(state.twap_triggers.keys(exchange.ctx)) == [(NOW + 30, suborder)]
    clob.reduce_twap_parent(exchange.ctx, suborder, 1_000_000)
    reduced = clob.find_twap_parent(exchange.ctx, parent.order_id)
    assert reduced is not None
    assert reduced.remaining_quantums == 29_000_000
    clob.cancel_stateful_order(exchange.ctx, parent.order_id, 1_700_000_060)
    assert clob.find_long_term_placement(exchange.ctx, suborder) is None
    assert clob.stateful_count(exchange.ctx, ALICE) == 0
    assert code_of(lambda: clob.reduce_twap_parent(exchange.ctx, suborder, 1)) == 49


def test_a_failing_suborder_ends_its_parent(exchange: Exchange) -> None:
    clob, state = exchange.clob, exchange.state
    parent = long_term(flags=128, quantums=3_000_000_000_000, twap_parameters=TwapParameters(duration=300, interval=30))
    assert place(exchange, parent, internal=True) == 0
    clob.place_twap_suborders(exchange.ctx)
    assert clob.find_twap_parent(exchange.ctx, parent.order_id) is None
    assert list(state.twap_triggers.keys(exchange.ctx)) == []
    assert clob.stateful_count(exchange.ctx, ALICE) == 0
    assert clob.delivered_long_term_order_ids(exchange.ctx) == []


def test_counts_are_loaded_once_after_a_start(exchange: Exchange) -> None:
    assert place(exchange, long_term()) == 0
    exchange.state.stateful_counts.delete(exchange.ctx, ALICE)
    exchange.clob.clob_pairs_of_perpetual.clear()
    exchange.clob.load_counts(exchange.ctx)
    exchange.clob.load_counts(exchange.ctx)
    exchange.clob.map_all_perpetuals(exchange.ctx)
    assert exchange.clob.stateful_count(exchange.ctx, ALICE) == 1
    assert exchange.clob.clob_pair_id_for_perpetual(1) == 1
