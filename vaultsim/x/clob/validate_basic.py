"""The stateless checks of messages, first failure first. Source: dydx-modules §20.4."""

from __future__ import annotations

from vaultsim.address import is_bech32
from vaultsim.lib.maths import ONE_MILLION, floor_mod
from vaultsim.pb.dydxprotocol.clob import (
    ClobPair,
    MsgBatchCancel,
    MsgCancelOrder,
    MsgCreateClobPair,
    MsgPlaceOrder,
    MsgProposedOperations,
    MsgUpdateBlockRateLimitConfiguration,
    MsgUpdateClobPair,
    MsgUpdateEquityTierLimitConfiguration,
    MsgUpdateLiquidationsConfig,
    Order,
    OrderId,
)
from vaultsim.x.clob import errors
from vaultsim.x.clob.config import (
    require_valid_equity_tiers,
    require_valid_liquidations_config,
    require_valid_rate_limits,
)
from vaultsim.x.clob.types import (
    CONDITION_UNSPECIFIED,
    CONDITIONAL,
    LONG_TERM,
    MOST_BATCH_CANCELS,
    SHORT_TERM,
    SIDE_UNSPECIFIED,
    STATEFUL_FLAGS,
    STATUS_ACTIVE,
    STATUS_FINAL_SETTLEMENT,
    STATUS_INITIALIZING,
    TIME_IN_FORCE_FILL_OR_KILL,
    TWAP,
    requires_immediate_execution,
)
from vaultsim.x.subaccounts.types import validate_subaccount_id

SUPPORTED_STATUSES = frozenset({STATUS_ACTIVE, STATUS_INITIALIZING, STATUS_FINAL_SETTLEMENT})
MOST_BUILDER_FEE_PPM = 10_000


def place_order(msg: MsgPlaceOrder) -> None:
    """Everything about an order that needs no state."""
    order = msg.order
    if order.time_in_force == TIME_IN_FORCE_FILL_OR_KILL:
        raise errors.DeprecatedField("fill-or-kill")
    validate_subaccount_id(order.order_id.subaccount_id)
    _enums(order)
    if order.quantums == 0:
        raise errors.InvalidOrderQuantums("quantums 0")
    if order.order_router_address and not is_bech32(order.order_router_address):
        raise errors.InvalidOrderRouterAddress(order.order_router_address)
    _good_til(order)
    flags = order.order_id.order_flags
    immediate = requires_immediate_execution(order)
    if flags == LONG_TERM and immediate:
        raise errors.LongTermOrdersCannotRequireImmediateExecution
    if order.reduce_only and not immediate:
        raise errors.ReduceOnlyDisabled("reduce-only orders must be IOC")
    if order.subticks == 0 and flags != TWAP:
        raise errors.InvalidOrderSubticks("subticks 0")
    _condition(order)
    _builder(order)
    if flags == TWAP:
        _twap(order)


def _enums(order: Order) -> None:
    if not 0 <= order.side <= 2:
        raise errors.InvalidOrderSide(f"side {order.side}")
    if not 0 <= order.time_in_force <= 3:
        raise errors.InvalidTimeInForce(f"time in force {order.time_in_force}")
    if not 0 <= order.condition_type <= 2:
        raise errors.InvalidConditionType(f"condition type {order.condition_type}")
    if order.side == SIDE_UNSPECIFIED:
        raise errors.InvalidOrderSide("side unspecified")


def _good_til(order: Order) -> None:
    flags = order.order_id.order_flags
    if flags == SHORT_TERM:
        if not order.good_til_block:
            raise errors.InvalidOrderGoodTilBlock("good-til-block 0")
    elif flags in STATEFUL_FLAGS:
        if not order.good_til_block_time:
            raise errors.InvalidStatefulOrderGoodTilBlockTime("good-til-block-time 0")
    else:
        raise errors.InvalidOrderFlag(f"flags {flags}")


def _condition(order: Order) -> None:
    typed = order.condition_type != CONDITION_UNSPECIFIED
    priced = order.conditional_order_trigger_subticks != 0
    conditional = order.order_id.order_flags == CONDITIONAL
    if typed != conditional:
        raise errors.InvalidConditionType(f"condition type {order.condition_type}")
    if priced != conditional:
        raise errors.InvalidConditionalOrderTriggerSubticks(f"{order.conditional_order_trigger_subticks}")


def _builder(order: Order) -> None:
    builder = order.builder_code_parameters
    if builder is None:
        return
    if not is_bech32(builder.builder_address):
        raise errors.InvalidBuilderCode(f"address {builder.builder_address}")
    if not 1 <= builder.fee_ppm <= MOST_BUILDER_FEE_PPM:
        raise errors.InvalidBuilderCode(f"fee_ppm {builder.fee_ppm}")


def _twap(order: Order) -> None:
    twap = order.twap_parameters
    if twap is None:
        raise errors.InvalidPlaceOrder("TWAP order without parameters")
    if not 30 <= twap.interval <= 3_600:
        raise errors.InvalidPlaceOrder(f"TWAP interval {twap.interval}")
    if not 300 <= twap.duration <= 86_400:
        raise errors.InvalidPlaceOrder(f"TWAP duration {twap.duration}")
    if floor_mod(twap.duration, twap.interval):
        raise errors.InvalidPlaceOrder(f"TWAP duration {twap.duration}, interval {twap.interval}")
    if twap.price_tolerance >= ONE_MILLION:
        raise errors.InvalidPlaceOrder(f"TWAP price tolerance {twap.price_tolerance}")


def validate_order_id(order_id: OrderId) -> None:
    """Raises [subaccounts 200], [subaccounts 201], InvalidOrderFlag [3000]."""
    validate_subaccount_id(order_id.subaccount_id)
    if order_id.order_flags != SHORT_TERM and order_id.order_flags not in STATEFUL_FLAGS:
        raise errors.InvalidOrderFlag(f"flags {order_id.order_flags}")


def cancel_order(msg: MsgCancelOrder) -> None:
    """A cancellation: valid id, and the good-til that its order's kind has."""
    validate_order_id(msg.order_id)
    if msg.order_id.order_flags in STATEFUL_FLAGS:
        if not msg.good_til_block_time:
            raise errors.InvalidStatefulOrderGoodTilBlockTime("good-til-block-time 0")
    elif not msg.good_til_block:
        raise errors.InvalidOrderGoodTilBlock("good-til-block 0")


def batch_cancel(msg: MsgBatchCancel) -> None:
    """A batch: not empty, each pair and each client id once, at most 100 cancels."""
    validate_subaccount_id(msg.subaccount_id)
    if not msg.short_term_cancels:
        raise errors.InvalidBatchCancel("no orders")
    pairs: list[int] = []
    total = 0
    for batch in msg.short_term_cancels:
        if batch.clob_pair_id in pairs:
            raise errors.InvalidBatchCancel(f"clob pair {batch.clob_pair_id} twice")
        pairs.append(batch.clob_pair_id)
        if not batch.client_ids:
            raise errors.InvalidBatchCancel(f"no client ids for clob pair {batch.clob_pair_id}")
        if len(set(batch.client_ids)) != len(batch.client_ids):
            raise errors.InvalidBatchCancel(f"client id twice for clob pair {batch.clob_pair_id}")
        total += len(batch.client_ids)
    if total > MOST_BATCH_CANCELS:
        raise errors.InvalidBatchCancel(f"{total} orders")


def proposed_operations(msg: MsgProposedOperations) -> None:
    """Operations of known types; removals of stateful orders, with a reason."""
    for operation in msg.operations_queue:
        if operation.match is not None or operation.short_term_order_placement is not None:
            continue
        removal = operation.order_removal
        if removal is None:
            raise errors.InvalidMsgProposedOperations("unknown operation")
        if removal.order_id.order_flags == SHORT_TERM:
            raise errors.InvalidMsgProposedOperations(f"removal of short-term order {removal.order_id}")
        if removal.removal_reason == 0:
            raise errors.InvalidMsgProposedOperations(f"no reason to remove {removal.order_id}")


def validate_clob_pair(pair: ClobPair) -> None:
    """Raises InvalidClobPairParameter [27]; a pair without any metadata passes here."""
    if pair.spot_clob_metadata is not None:
        raise errors.InvalidClobPairParameter(f"clob pair {pair.id} is not perpetual")
    if pair.status not in SUPPORTED_STATUSES:
        raise errors.InvalidClobPairParameter(f"clob pair {pair.id} has unsupported status {pair.status}")
    if pair.step_base_quantums == 0:
        raise errors.InvalidClobPairParameter("step_base_quantums must be above zero")
    if pair.subticks_per_tick == 0:
        raise errors.InvalidClobPairParameter("subticks_per_tick must be above zero")


def create_clob_pair(msg: MsgCreateClobPair) -> None:
    """An authority, of whatever form, and a valid pair."""
    if not msg.authority:
        raise errors.InvalidAuthority("authority cannot be empty")
    validate_clob_pair(msg.clob_pair)


def update_clob_pair(msg: MsgUpdateClobPair) -> None:
    """A bech32 authority and a valid pair."""
    _require_bech32_authority(msg.authority)
    validate_clob_pair(msg.clob_pair)


def update_liquidations_config(msg: MsgUpdateLiquidationsConfig) -> None:
    """A bech32 authority and a valid configuration."""
    _require_bech32_authority(msg.authority)
    require_valid_liquidations_config(msg.liquidations_config)


def update_equity_tiers(msg: MsgUpdateEquityTierLimitConfiguration) -> None:
    """A bech32 authority and tiers that are valid in the given order."""
    _require_bech32_authority(msg.authority)
    require_valid_equity_tiers(msg.equity_tier_limit_config)


def update_rate_limits(msg: MsgUpdateBlockRateLimitConfiguration) -> None:
    """A bech32 authority and valid limits."""
    _require_bech32_authority(msg.authority)
    require_valid_rate_limits(msg.block_rate_limit_config)


def _require_bech32_authority(authority: str) -> None:
    if not is_bech32(authority):
        raise errors.InvalidAuthority(f"authority {authority!r} must be a valid bech32 address")
