"""Stateless checks of messages: each failure with its code, and the order of the checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.x.clob.exchange import ALICE, PAIR, long_term, order_id, short_term
from vaultsim.errors import ChainError
from vaultsim.pb.dydxprotocol.clob import (
    BuilderCodeParameters,
    EquityTierLimit,
    EquityTierLimitConfiguration,
    MsgBatchCancel,
    MsgCancelOrder,
    MsgCreateClobPair,
    MsgPlaceOrder,
    MsgProposedOperations,
    MsgUpdateClobPair,
    MsgUpdateEquityTierLimitConfiguration,
    OperationRaw,
    Order,
    OrderBatch,
    OrderRemoval,
    SpotClobMetadata,
    TwapParameters,
)
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.runtime import replace
from vaultsim.x.authority import GOV_BECH32
from vaultsim.x.clob import validate_basic

TWAP = TwapParameters(duration=300, interval=30, price_tolerance=10_000)


def code_of(check: Callable[[Any], None], msg: object) -> tuple[str, int]:
    try:
        check(msg)
    except ChainError as error:
        return error.codespace, error.code
    return "", 0


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (short_term(), 0),
        (short_term(time_in_force=3, side=0, quantums=0), 48),
        (short_term(side=3, quantums=0), 3),
        (short_term(time_in_force=4), 44),
        (short_term(condition_type=3, side=0), 6000),
        (short_term(side=0, quantums=0), 3),
        (short_term(quantums=0, order_router_address="x"), 4),
        (short_term(order_router_address="x", good_til=0), 11000),
        (short_term(good_til=0, subticks=0), 5),
        (long_term(good_til=0, subticks=0), 3001),
        (long_term(flags=1), 3000),
        (long_term(time_in_force=1, reduce_only=True, subticks=0), 3002),
        (short_term(reduce_only=True, subticks=0), 9003),
        (short_term(subticks=0, condition_type=1), 6),
        (long_term(flags=32, conditional_order_trigger_subticks=0), 6000),
        (long_term(flags=32, condition_type=1), 6001),
        (long_term(condition_type=1, conditional_order_trigger_subticks=5), 6000),
        (long_term(conditional_order_trigger_subticks=5), 6001),
        (long_term(builder_code_parameters=BuilderCodeParameters(builder_address="x", fee_ppm=1)), 50),
        (long_term(builder_code_parameters=BuilderCodeParameters(builder_address=ALICE.owner)), 50),
        (long_term(builder_code_parameters=BuilderCodeParameters(builder_address=ALICE.owner, fee_ppm=10_001)), 50),
        (long_term(builder_code_parameters=BuilderCodeParameters(builder_address=ALICE.owner, fee_ppm=10_000)), 0),
        (long_term(flags=128, subticks=0), 12),
        (long_term(flags=128, subticks=0, twap_parameters=TWAP), 0),
        (long_term(flags=128, twap_parameters=replace(TWAP, interval=29)), 12),
        (long_term(flags=128, twap_parameters=replace(TWAP, duration=299)), 12),
        (long_term(flags=128, twap_parameters=replace(TWAP, duration=86_401)), 12),
        (long_term(flags=128, twap_parameters=replace(TWAP, duration=310)), 12),
        (long_term(flags=128, twap_parameters=replace(TWAP, price_tolerance=1_000_000)), 12),
        (long_term(flags=256, time_in_force=1), 0),
    ],
)  # fmt: skip
def test_place_order(order: Order, expected: int) -> None:
    assert code_of(validate_basic.place_order, MsgPlaceOrder(order=order))[1] == expected


@pytest.mark.parametrize(("owner", "number", "code"), [("x", 200_000, 201), (ALICE.owner, 128_001, 200)])
def test_an_invalid_subaccount_is_told_before_anything_but_fill_or_kill(owner: str, number: int, code: int) -> None:
    order = long_term(SubaccountId(owner=owner, number=number), side=9)
    assert code_of(validate_basic.place_order, MsgPlaceOrder(order=order)) == ("subaccounts", code)


@pytest.mark.parametrize(
    ("msg", "expected"),
    [
        (MsgCancelOrder(order_id=order_id(flags=7), good_til_block=1), 3000),
        (MsgCancelOrder(order_id=order_id(flags=64), good_til_block=1), 3001),
        (MsgCancelOrder(order_id=order_id(flags=0), good_til_block_time=1), 5),
        (MsgCancelOrder(order_id=order_id(flags=0), good_til_block=1), 0),
        (MsgCancelOrder(order_id=order_id(flags=32), good_til_block_time=1), 0),
    ],
)
def test_cancel_order(msg: MsgCancelOrder, expected: int) -> None:
    assert code_of(validate_basic.cancel_order, msg)[1] == expected


@pytest.mark.parametrize(
    ("batches", "expected"),
    [
        ((), 45),
        ((OrderBatch(clob_pair_id=1, client_ids=(1,)), OrderBatch(clob_pair_id=1, client_ids=(2,))), 45),
        ((OrderBatch(clob_pair_id=1),), 45),
        ((OrderBatch(clob_pair_id=1, client_ids=(1, 1)),), 45),
        ((OrderBatch(clob_pair_id=1, client_ids=tuple(range(101))),), 45),
        ((OrderBatch(clob_pair_id=1, client_ids=tuple(range(50))), OrderBatch(client_ids=tuple(range(50)))), 0),
    ],
)
def test_batch_cancel(batches: tuple[OrderBatch, ...], expected: int) -> None:
    msg = MsgBatchCancel(subaccount_id=ALICE, short_term_cancels=batches, good_til_block=1)
    assert code_of(validate_basic.batch_cancel, msg)[1] == expected


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (OperationRaw(), 4000),
        (OperationRaw(short_term_order_placement=b""), 0),
        (OperationRaw(order_removal=OrderRemoval(order_id=order_id(flags=0), removal_reason=1)), 4000),
        (OperationRaw(order_removal=OrderRemoval(order_id=order_id())), 4000),
        (OperationRaw(order_removal=OrderRemoval(order_id=order_id(), removal_reason=7)), 0),
    ],
)
def test_proposed_operations(operation: OperationRaw, expected: int) -> None:
    msg = MsgProposedOperations(operations_queue=(operation,))
    assert code_of(validate_basic.proposed_operations, msg)[1] == expected


def test_pairs_need_an_authority_and_valid_parameters() -> None:
    spot = replace(PAIR, perpetual_clob_metadata=None, spot_clob_metadata=SpotClobMetadata())
    create, update = validate_basic.create_clob_pair, validate_basic.update_clob_pair
    assert code_of(create, MsgCreateClobPair(clob_pair=PAIR))[1] == 40
    assert code_of(create, MsgCreateClobPair(authority="anything", clob_pair=PAIR))[1] == 0
    assert code_of(update, MsgUpdateClobPair(authority="anything", clob_pair=PAIR))[1] == 40
    for pair in (
        spot,
        replace(PAIR, status=2),
        replace(PAIR, step_base_quantums=0),
        replace(PAIR, subticks_per_tick=0),
    ):
        assert code_of(update, MsgUpdateClobPair(authority=GOV_BECH32, clob_pair=pair))[1] == 27
    without = replace(PAIR, perpetual_clob_metadata=None)
    assert code_of(update, MsgUpdateClobPair(authority=GOV_BECH32, clob_pair=without))[1] == 0


def test_equity_tiers_must_ascend_as_given() -> None:
    def tiers(*required: int) -> MsgUpdateEquityTierLimitConfiguration:
        limits = tuple(EquityTierLimit(usd_tnc_required=one, limit=1) for one in required)
        config = EquityTierLimitConfiguration(stateful_order_equity_tiers=limits)
        return MsgUpdateEquityTierLimitConfiguration(authority=GOV_BECH32, equity_tier_limit_config=config)

    check = validate_basic.update_equity_tiers
    assert code_of(check, tiers(0, 1))[1] == 0
    assert code_of(check, tiers(1, 0))[1] == 10000
    assert code_of(check, tiers(1, 1))[1] == 10000
    assert code_of(check, tiers(-1))[1] == 10000
