"""Proposed operations: codes of the stateless and the stateful pass, liquidations, deleveraging, removals."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.x.clob.exchange import ALICE, FUND, POOL, VAULT, Exchange, long_term, order_id, short_term
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.clob import (
    ClobMatch,
    MakerFill,
    MatchOrders,
    MatchPerpetualDeleveraging,
    MatchPerpetualDeleveraging_Fill,
    MatchPerpetualLiquidation,
    OperationRaw,
    Order,
    OrderId,
    OrderRemoval,
)
from vaultsim.pb.runtime import replace
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.bank.types import Coin
from vaultsim.x.clob.events import Match
from vaultsim.x.subaccounts.types import position_quantums, usdc_balance


class Ante:
    """Knows the order behind each placement's bytes."""

    def __init__(self) -> None:
        self.orders: dict[bytes, Order] = {}

    def run_placement_ante(self, ctx: object, tx_bytes: bytes) -> Order:
        order = self.orders.get(tx_bytes)
        if order is None:
            raise ChainError("undecodable")
        return order


@pytest.fixture
def exchange() -> Exchange:
    exchange = Exchange(101)
    exchange.ante = Ante()  # type: ignore[attr-defined]
    exchange.clob.ante = exchange.ante  # type: ignore[attr-defined]
    exchange.fund(ALICE, 5_000_000_000)
    exchange.fund(VAULT, 10_000_000_000)
    return exchange


def codes(exchange: Exchange, *operations: OperationRaw) -> tuple[str, int]:
    try:
        exchange.clob.execute_operations(exchange.ctx, operations)
    except ChainError as error:
        return error.codespace, error.code
    return "", 0


def placed(exchange: Exchange, order: Order) -> OperationRaw:
    raw = order.encode()
    exchange.ante.orders[raw] = order  # type: ignore[attr-defined]
    return OperationRaw(short_term_order_placement=raw)


def match(taker: OrderId, *fills: tuple[int, OrderId]) -> OperationRaw:
    made = tuple(MakerFill(fill_amount=amount, maker_order_id=maker) for amount, maker in fills)
    return OperationRaw(match=ClobMatch(match_orders=MatchOrders(taker_order_id=taker, fills=made)))


def rest(exchange: Exchange, **changes: object) -> Order:
    order = long_term(VAULT, 1, side=2, quantums=10_000_000, **changes)  # type: ignore[arg-type]
    exchange.clob.place_stateful_order(exchange.ctx, order, internal=True)
    return order


BUY = short_term(quantums=10_000_000, time_in_force=1)


@pytest.mark.parametrize(
    "operation",
    [
        lambda ask: OperationRaw(short_term_order_placement=b"unknown"),
        lambda ask: match(BUY.order_id),
        lambda ask: match(BUY.order_id, (0, ask.order_id)),
        lambda ask: match(BUY.order_id, (1, ask.order_id)),
        lambda ask: match(order_id(client_id=9), (1, ask.order_id), (1, ask.order_id)),
        lambda ask: match(replace(ask.order_id, order_flags=3), (1, ask.order_id)),
        lambda ask: OperationRaw(order_removal=OrderRemoval(order_id=ask.order_id, removal_reason=7)),
    ],
)
def test_the_stateless_pass_has_one_code(exchange: Exchange, operation: Callable[[Order], OperationRaw]) -> None:
    ask = rest(exchange)
    assert codes(exchange, operation(ask)) == ("clob", 4000)


def test_a_replacement_must_outrank_the_placement_before(exchange: Exchange) -> None:
    later = replace(BUY, good_til_block=111)
    assert codes(exchange, placed(exchange, BUY), placed(exchange, later)) == ("", 0)
    assert codes(exchange, placed(exchange, later), placed(exchange, BUY)) == ("clob", 4000)
    assert codes(exchange, placed(exchange, BUY), placed(exchange, BUY)) == ("clob", 4000)


@pytest.mark.parametrize(
    ("changes", "fill", "code"),
    [
        ({}, 10_000_000, ("", 0)),
        ({"subticks": 2_999_900_000}, 1_000_000, ("undefined", 1)),
        ({"side": 2}, 1_000_000, ("undefined", 1)),
        ({}, 11_000_000, ("undefined", 1)),
        ({}, 1_000_001, ("clob", 18)),
        ({"time_in_force": 2}, 1_000_000, ("clob", 4001)),
        ({"good_til_block": 142}, 1_000_000, ("clob", 11)),
    ],
)
def test_matches_of_placed_orders(
    exchange: Exchange, changes: dict[str, object], fill: int, code: tuple[str, int]
) -> None:
    ask, taker = rest(exchange), replace(BUY, **changes)
    assert codes(exchange, placed(exchange, taker), match(taker.order_id, (fill, ask.order_id))) == code


def test_a_match_above_what_is_left_of_an_order_is_refused(exchange: Exchange) -> None:
    ask = rest(exchange)
    exchange.clob.set_fill(exchange.ctx, ask, 5_000_000)
    operations = placed(exchange, BUY), match(BUY.order_id, (6_000_000, ask.order_id))
    assert codes(exchange, *operations) == ("clob", 4000)


def test_an_ioc_taker_matches_in_one_operation_only(exchange: Exchange) -> None:
    ask = rest(exchange)
    once = match(BUY.order_id, (1_000_000, ask.order_id))
    assert codes(exchange, placed(exchange, BUY), once, once) == ("clob", 2004)


def test_missing_orders_and_pairs(exchange: Exchange) -> None:
    ask = rest(exchange)
    gone = order_id(client_id=77)
    assert codes(exchange, match(gone, (1_000_000, ask.order_id))) == ("clob", 3006)
    elsewhere = replace(gone, clob_pair_id=9)
    assert codes(exchange, match(elsewhere, (1_000_000, ask.order_id))) == ("clob", 8)
    with pytest.raises(ChainPanic):
        codes(exchange, match(order_id(client_id=77, flags=128), (1_000_000, ask.order_id)))
    for status in (5, 6):
        exchange.set_pair(status=status)
        assert codes(exchange, match(gone, (1_000_000, ask.order_id))) == ("clob", 36)


def test_an_uncollateralized_fill_fails_all_operations(exchange: Exchange) -> None:
    ask = long_term(VAULT, 1, side=2, quantums=10_000_000_000_000, subticks=3_000_000_000)
    exchange.clob.place_stateful_order(exchange.ctx, ask, internal=True)
    large = replace(BUY, quantums=10_000_000_000_000)
    fill = match(large.order_id, (10_000_000_000_000, ask.order_id))
    assert codes(exchange, placed(exchange, large), fill) == ("subaccounts", 102)


@pytest.mark.parametrize(
    ("changes", "reason", "code"),
    [
        ({}, 1, 0),
        ({}, 4, 0),
        ({}, 8, 0),
        ({}, 3, 4006),
        ({"time_in_force": 2}, 3, 0),
        ({}, 5, 4006),
        ({}, 6, 4006),
        ({"time_in_force": 1}, 6, 0),
        ({}, 2, 4006),
        ({"reduce_only": True}, 2, 0),
        ({}, 9, 4006),
    ],
)
def test_removal_reasons(exchange: Exchange, changes: dict[str, object], reason: int, code: int) -> None:
    ask = rest(exchange, **changes)
    removal = OperationRaw(order_removal=OrderRemoval(order_id=ask.order_id, removal_reason=reason))
    assert codes(exchange, removal)[1] == code
    assert (exchange.clob.find_long_term_placement(exchange.ctx, ask.order_id) is None) == (code == 0)
    assert (exchange.clob.proposer_events(exchange.ctx).removed_stateful_order_ids == (ask.order_id,)) == (code == 0)


def test_an_order_that_would_reduce_is_not_removed_as_reduce_only(exchange: Exchange) -> None:
    exchange.fund(VAULT, 10_000_000_000, position=10_000_000)
    ask = rest(exchange, reduce_only=True)
    removal = OperationRaw(order_removal=OrderRemoval(order_id=ask.order_id, removal_reason=2))
    assert codes(exchange, removal) == ("clob", 4006)
    exchange.fund(VAULT, 10_000_000_000, position=9_000_000)
    assert codes(exchange, removal) == ("", 0)


def test_an_untriggered_conditional_order_cannot_be_removed(exchange: Exchange) -> None:
    order = long_term(flags=32, condition_type=1, conditional_order_trigger_subticks=3_000_000_000)
    exchange.clob.place_stateful_order(exchange.ctx, order, internal=True)
    removal = OperationRaw(order_removal=OrderRemoval(order_id=order.order_id, removal_reason=1))
    assert codes(exchange, removal) == ("clob", 4006)
    exchange.clob.trigger(exchange.ctx, order.order_id)
    assert codes(exchange, removal) == ("", 0)


# Alice is long 1 ETH at 3 000 with 2 970 of debt: NC 30, MMR 36.
LONG, DEBT = 1_000_000_000, -2_970_000_000


def liquidation(total: int, is_buy: bool, *fills: tuple[int, OrderId], **changes: object) -> OperationRaw:
    made = tuple(MakerFill(fill_amount=amount, maker_order_id=maker) for amount, maker in fills)
    proposed = MatchPerpetualLiquidation(
        liquidated=ALICE, clob_pair_id=1, perpetual_id=1, total_size=total, is_buy=is_buy, fills=made
    )
    return OperationRaw(match=ClobMatch(match_perpetual_liquidation=replace(proposed, **changes)))


def bid(exchange: Exchange, subticks: int = 2_990_000_000, quantums: int = LONG) -> Order:
    order = long_term(VAULT, 2, side=1, quantums=quantums, subticks=subticks)
    exchange.clob.place_stateful_order(exchange.ctx, order, internal=True)
    return order


def test_a_liquidation_order_follows_from_the_subaccount(exchange: Exchange) -> None:
    exchange.fund(ALICE, DEBT, position=LONG)
    order = exchange.clob.liquidation_order(exchange.ctx, ALICE, 1)
    # ABR = 1 - 30/36 = 1/6; spread = 36 * 0.1 / 6 = 0.6: 2 999.4, a multiple of the tick.
    assert (order.is_buy, order.quantums, order.subticks) == (False, LONG, 2_999_400_000)
    assert exchange.clob.next_liquidation_order(exchange.ctx, ALICE) == order


def test_a_liquidation_pays_the_insurance_fund(exchange: Exchange) -> None:
    exchange.fund(ALICE, DEBT, position=LONG)
    exchange.bank.give(exchange.ctx, POOL, (Coin(USDC_DENOM, 10**12),))
    maker = bid(exchange, subticks=2_999_900_000)
    assert codes(exchange, liquidation(LONG, False, (LONG, maker.order_id))) == ("", 0)
    alice = exchange.subaccounts.get(exchange.ctx, ALICE)
    # Bankruptcy price 2 970; proceeds 2 999.9; the fee is at most 0.5 %: 14.9995.
    assert exchange.balance(FUND) == 14_999_500
    assert (usdc_balance(alice), position_quantums(alice, 1)) == (2_999_900_000 - 2_970_000_000 - 14_999_500, 0)
    event = next(one for one in exchange.ctx.events if isinstance(one, Match))
    assert (event.is_liquidation, event.insurance_fund_delta_quote_quantums) == (True, 14_999_500)
    # The maker's rebate is not paid in liquidations.
    assert (event.taker_order_fee_quote_quantums, event.maker_order_fee_quote_quantums) == (0, 0)
    record = exchange.clob.liquidation_record(exchange.ctx, ALICE)
    assert (record.perpetuals_liquidated, record.notional_liquidated) == ((1,), 3_000_000_000)


def test_codes_of_liquidations(exchange: Exchange) -> None:
    maker = bid(exchange, subticks=2_999_900_000)
    whole = (LONG, maker.order_id)
    assert codes(exchange, liquidation(LONG, False)) == ("clob", 4000)
    assert codes(exchange, liquidation(0, False, whole)) == ("clob", 4000)
    assert codes(exchange, liquidation(LONG - 1, False, whole)) == ("clob", 4000)
    assert codes(exchange, liquidation(LONG, False, whole)) == ("clob", 1002)
    exchange.fund(ALICE, DEBT, position=LONG)
    assert codes(exchange, liquidation(LONG, False, whole, perpetual_id=5)) == ("clob", 1001)
    assert codes(exchange, liquidation(LONG + 1_000_000, False, whole)) == ("clob", 1004)
    assert codes(exchange, liquidation(LONG, True, whole)) == ("clob", 1005)
    exchange.clob.mark_liquidated(exchange.ctx, ALICE, 1)
    assert codes(exchange, liquidation(LONG, False, whole)) == ("clob", 1008)


def test_an_empty_insurance_fund_cannot_pay(exchange: Exchange) -> None:
    exchange.fund(ALICE, -3_010_000_000, position=LONG)
    order = exchange.clob.liquidation_order(exchange.ctx, ALICE, 1)
    maker = bid(exchange, subticks=order.subticks)
    assert codes(exchange, liquidation(LONG, False, (LONG, maker.order_id))) == ("clob", 1013)


def deleveraging(*fills: int, final: bool = False) -> OperationRaw:
    made = tuple(MatchPerpetualDeleveraging_Fill(offsetting_subaccount_id=VAULT, fill_amount=one) for one in fills)
    proposed = MatchPerpetualDeleveraging(liquidated=ALICE, perpetual_id=1, fills=made, is_final_settlement=final)
    return OperationRaw(match=ClobMatch(match_perpetual_deleveraging=proposed))


def test_deleveraging_moves_the_position_at_the_bankruptcy_price(exchange: Exchange) -> None:
    exchange.fund(ALICE, -3_010_000_000, position=LONG)
    exchange.fund(VAULT, 10_000_000_000, position=-2 * LONG)
    assert codes(exchange, deleveraging(LONG)) == ("", 0)
    alice, vault = exchange.subaccounts.get(exchange.ctx, ALICE), exchange.subaccounts.get(exchange.ctx, VAULT)
    assert (usdc_balance(alice), position_quantums(alice, 1)) == (0, 0)
    assert (usdc_balance(vault), position_quantums(vault, 1)) == (10_000_000_000 - 3_010_000_000, -LONG)
    event = next(one for one in exchange.ctx.events if isinstance(one, Match))
    assert (event.is_deleverage, event.taker_quote_balance_delta_quote_quantums) == (True, 3_010_000_000)


def test_codes_of_deleveraging(exchange: Exchange) -> None:
    exchange.fund(ALICE, DEBT, position=LONG)
    assert codes(exchange, deleveraging(LONG)) == ("clob", 4005)
    exchange.fund(ALICE, -3_010_000_000, position=LONG)
    assert codes(exchange, deleveraging(LONG, final=True)) == ("clob", 1021)
    assert codes(exchange, deleveraging(0)) == ("clob", 4000)
    assert codes(exchange, deleveraging(LONG, LONG)) == ("clob", 4000)
    assert codes(exchange, deleveraging(LONG + 1)) == ("clob", 1014)
    assert codes(exchange, deleveraging(LONG)) == ("clob", 4004)
    exchange.fund(ALICE, -1)
    assert codes(exchange, deleveraging(LONG)) == ("clob", 1003)


def test_a_deleveraging_without_fills_blocks_withdrawals(exchange: Exchange) -> None:
    exchange.fund(ALICE, -3_010_000_000, position=LONG)
    assert codes(exchange, deleveraging()) == ("", 0)
    assert exchange.subaccounts.negative_tnc_seen(exchange.ctx, 1) == 101
    exchange.set_pair(status=6)
    exchange.fund(ALICE, DEBT, position=LONG)
    assert codes(exchange, deleveraging(final=True)) == ("clob", 4008)


def test_final_settlement_deleverages_at_the_oracle_price(exchange: Exchange) -> None:
    exchange.fund(ALICE, DEBT, position=LONG)
    exchange.fund(VAULT, 10_000_000_000, position=-LONG)
    exchange.set_pair(status=6)
    assert codes(exchange, deleveraging(LONG, final=True)) == ("", 0)
    assert usdc_balance(exchange.subaccounts.get(exchange.ctx, ALICE)) == 30_000_000
