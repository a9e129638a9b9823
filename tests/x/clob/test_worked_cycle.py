"""The fills of the worked cycle: numbers computed by hand in dydx-modules §21.1."""

from __future__ import annotations

import pytest

from tests.x.clob.exchange import ALICE, FEE_COLLECTOR, MEGAVAULT, POOL, VAULT, Exchange, long_term, short_term
from vaultsim.pb.dydxprotocol.clob import (
    ClobMatch,
    MakerFill,
    MatchOrders,
    OperationRaw,
    Order,
    OrderFillState,
    OrderRemoval,
)
from vaultsim.x.clob.events import Match
from vaultsim.x.subaccounts.types import position_quantums, usdc_balance

ASKS = {0: (3_031_300_000, 2_147_483_648), 2: (3_037_300_000, 2_155_872_256)}
BIDS = {1: (2_971_200_000, 0), 3: (2_958_000_000, 8_388_608)}
TAKER = short_term(ALICE, 7, side=1, quantums=400_000_000, subticks=3_050_000_000, good_til=110, time_in_force=1)


class OneOrderAnte:
    def run_placement_ante(self, ctx: object, tx_bytes: bytes) -> Order:
        return TAKER


def quotes() -> list[Order]:
    made = []
    for index in range(4):
        side = 2 if index in ASKS else 1
        subticks, client_id = ASKS[index] if index in ASKS else BIDS[index]
        made.append(
            long_term(
                VAULT, client_id, side=side, quantums=333_000_000, subticks=subticks, good_til=1_700_000_060,
                time_in_force=2,
            )
        )  # fmt: skip
    return made


@pytest.fixture
def exchange() -> Exchange:
    exchange = Exchange(100)
    exchange.clob.ante = OneOrderAnte()
    exchange.set_price(3_001_234_567)
    exchange.fund(VAULT, 10_000_000_000)
    exchange.fund(ALICE, 5_000_000_000)
    for quote in quotes():
        exchange.clob.place_stateful_order(exchange.ctx, quote, internal=True)
    return exchange


def operations() -> tuple[OperationRaw, ...]:
    asks = quotes()[0], quotes()[2]
    fills = tuple(
        MakerFill(fill_amount=amount, maker_order_id=ask.order_id)
        for amount, ask in zip((333_000_000, 67_000_000), asks, strict=True)
    )
    return (
        OperationRaw(short_term_order_placement=b"tx"),
        OperationRaw(match=ClobMatch(match_orders=MatchOrders(taker_order_id=TAKER.order_id, fills=fills))),
    )


def test_quotes_are_written_with_index_expiry_and_count(exchange: Exchange) -> None:
    clob, ctx = exchange.clob, exchange.ctx
    assert [one.order_id.client_id for one in quotes()] == [
        one.client_id for one in clob.delivered_long_term_order_ids(ctx)
    ]
    assert clob.stateful_count(ctx, VAULT) == 4
    placement = clob.find_long_term_placement(ctx, quotes()[0].order_id)
    assert placement is not None
    raw_id = bytes.fromhex(
        "0a2d0a2b64796478313472706c7864797963633677786d676c3866676770706771343737346c37307a743670686b77150000008018402001"
    )
    value = bytes.fromhex("0a4f0a38") + raw_id + bytes.fromhex("100218c0dae49e0120a0efb7a50b353cf15365380212020864")
    assert placement.encode() == value
    exchange.store.commit(exchange.branch)
    keys = [key for key, _ in exchange.store.rows("clob")]
    assert b"SO/P/L:" + raw_id in keys
    assert b"Exp/2023-11-14T22:14:20.000000000:" + raw_id in keys


def test_operations_settle_both_fills(exchange: Exchange) -> None:
    ctx = exchange.begin_block(101)
    exchange.clob.execute_operations(ctx, operations())
    alice, vault = exchange.subaccounts.get(ctx, ALICE), exchange.subaccounts.get(ctx, VAULT)
    assert (usdc_balance(alice), position_quantums(alice, 1)) == (3_786_471_538, 400_000_000)
    assert (usdc_balance(vault), position_quantums(vault, 1)) == (11_213_055_420, -400_000_000)
    assert exchange.perpetuals.get(ctx, 1).open_interest == 400_000_000
    assert exchange.balance(POOL) == 14_999_526_958
    assert exchange.balance(MEGAVAULT) == 94_608
    assert exchange.balance(FEE_COLLECTOR) == 378_434


def test_operations_leave_fills_records_and_events(exchange: Exchange) -> None:
    ctx, clob, state = exchange.begin_block(101), exchange.clob, exchange.state
    clob.execute_operations(ctx, operations())
    ask0, ask1 = quotes()[0].order_id, quotes()[2].order_id
    assert state.fills.get(ctx, TAKER.order_id) == OrderFillState(fill_amount=400_000_000, prunable_block_height=150)
    assert state.prunable.get(ctx, (150, TAKER.order_id)) == TAKER.order_id
    kept = state.fills.get(ctx, ask1)
    assert kept is not None
    assert kept.encode().hex() == "08c0adf91f10ffffffff0f"
    assert clob.find_long_term_placement(ctx, ask0) is None
    assert state.fills.get(ctx, ask0) is None
    assert clob.stateful_count(ctx, VAULT) == 3
    events = clob.proposer_events(ctx)
    assert events.order_ids_filled_in_last_block == (ask0, ask1, TAKER.order_id)
    assert events.removed_stateful_order_ids == (ask0,)
    assert events.block_height == 101
    assert clob.trade_range(ctx, 1) == (3_031_300_000, 3_037_300_000)
    matches = [event for event in ctx.events if isinstance(event, Match)]
    assert len(matches) == 2
    values = [value for _, value in matches[0].attributes()]
    assert values[:14] == [
        ALICE.owner, "0", VAULT.owner, "0", "504712", "-111036", "-1009927612", "1009533936", "333000000",
        "-333000000", "0", "false", "false", "1",
    ]  # fmt: skip
    assert values[14:] == ["", "", "0", "0", "", "", "0", "0"]
    assert not any(event.type == "settled_funding" for event in ctx.events)


def test_cancelling_a_filled_quote_forgets_its_fill(exchange: Exchange) -> None:
    ctx, clob = exchange.begin_block(101), exchange.clob
    clob.execute_operations(ctx, operations())
    ask1 = quotes()[2].order_id
    clob.cancel_stateful_order(ctx, ask1, 1_700_000_061)
    assert exchange.state.fills.get(ctx, ask1) is None
    assert clob.delivered_cancellations(ctx) == [ask1]


def test_removals_come_before_fully_filled_ids(exchange: Exchange) -> None:
    ctx, clob = exchange.begin_block(101), exchange.clob
    bid = quotes()[1].order_id
    removal = OperationRaw(order_removal=OrderRemoval(order_id=bid, removal_reason=3))
    clob.execute_operations(ctx, (*operations(), removal))
    assert clob.proposer_events(ctx).removed_stateful_order_ids == (bid, quotes()[0].order_id)
