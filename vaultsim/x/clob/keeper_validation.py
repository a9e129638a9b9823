"""Whether an order or a cancellation may be placed, as far as state decides. Source: dydx-modules §§20.5-6, 20.17."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.lib.maths import floor_div, floor_mod
from vaultsim.pb.dydxprotocol.clob import BuilderCodeParameters, ClobPair, Order, OrderId
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.x.assets.types import USDC_ASSET_ID
from vaultsim.x.clob.errors import (
    GoodTilBlockExceedsShortBlockWindow,
    GoodTilBlockTimeExceedsStatefulOrderTimeWindow,
    HeightExceedsGoodTilBlock,
    InvalidPlaceOrder,
    InvalidStatefulOrderCancellation,
    OrderConflictsWithClobPairStatus,
    OrderWouldExceedMaxOpenOrdersEquityTierLimit,
    StatefulOrderAlreadyExists,
    StatefulOrderCancellationAlreadyExists,
    StatefulOrderDoesNotExist,
    StatefulOrderPreviouslyCancelled,
    TimeExceedsGoodTilBlockTime,
)
from vaultsim.x.clob.formulas import open_order_deltas
from vaultsim.x.clob.keeper_base import panic_with
from vaultsim.x.clob.keeper_placements import PlacementsKeeper
from vaultsim.x.clob.types import (
    CONDITIONAL,
    SHORT_BLOCK_WINDOW,
    SHORT_TERM,
    STATEFUL_FLAGS,
    STATEFUL_ORDER_TIME_WINDOW_SECONDS,
    STATUS_ACTIVE,
    STATUS_FINAL_SETTLEMENT,
    STATUS_INITIALIZING,
    TIME_IN_FORCE_POST_ONLY,
    TWAP,
    is_buy,
    must_perpetual_of,
    twap_legs,
)
from vaultsim.x.subaccounts.types import AssetUpdate, PerpetualUpdate, Update, UpdateResult, UpdateType


class ValidationKeeper(PlacementsKeeper):
    """The stateful checks of placements and cancellations."""

    def validate_order(self, ctx: Context, order: Order, height: int, preexisting: bool) -> None:
        """Order validation; `height` counts for short-term orders only.

        preexisting: a stateful order that must be in state, where others must not be. Source: dydx-modules §20.5.
        """
        order_id = order.order_id
        pair = self.clob_pair(ctx, order_id.clob_pair_id)
        self.validate_in_pair(ctx, order, pair)
        if order_id.order_flags == SHORT_TERM:
            validate_good_til_block(order.good_til_block or 0, height)
            return
        validate_good_til_time(order.good_til_block_time or 0, self.previous_seconds(ctx))
        self._validate_existence(ctx, order_id, preexisting)
        _validate_special(order, pair)

    def validate_stored_order(self, ctx: Context, order: Order, pair: ClobPair, previous_seconds: int) -> None:
        """`validate_order` for an order just read from state whose pair and block time are at hand, on a fresh check
        state: nobody has cancelled anything in it yet."""
        self.validate_in_pair(ctx, order, pair)
        validate_good_til_time(order.good_til_block_time or 0, previous_seconds)
        _validate_special(order, pair)

    def validate_in_pair(self, ctx: Context, order: Order, pair: ClobPair) -> None:
        """Whether the order's price and size fit its pair, and the pair's status allows it."""
        if floor_mod(order.subticks, pair.subticks_per_tick):
            raise InvalidPlaceOrder(f"subticks {order.subticks}, subticks_per_tick {pair.subticks_per_tick}")
        if floor_mod(order.quantums, pair.step_base_quantums):
            raise InvalidPlaceOrder(f"quantums {order.quantums}, step_base_quantums {pair.step_base_quantums}")
        if pair.status != STATUS_ACTIVE:
            self._validate_against_status(ctx, order, pair)

    def previous_seconds(self, ctx: Context) -> int:
        """Unix seconds of the block before: what good-til times are measured by."""
        return self.blocktime.previous_block(ctx).timestamp.seconds

    def _validate_against_status(self, ctx: Context, order: Order, pair: ClobPair) -> None:
        if pair.status == STATUS_FINAL_SETTLEMENT:
            raise OrderConflictsWithClobPairStatus(f"clob pair {pair.id} is in final settlement")
        if pair.status != STATUS_INITIALIZING:
            raise ChainPanic(f"clob pair status {pair.status} is not supported")
        if order.order_id.order_flags in STATEFUL_FLAGS:
            raise OrderConflictsWithClobPairStatus(f"clob pair {pair.id} is initializing: no stateful orders")
        if order.time_in_force != TIME_IN_FORCE_POST_ONLY:
            raise OrderConflictsWithClobPairStatus(f"clob pair {pair.id} is initializing: post-only orders only")
        oracle = self.oracle_subticks_floor(ctx, pair)
        if order.subticks > oracle if is_buy(order) else order.subticks < oracle:
            raise OrderConflictsWithClobPairStatus(f"subticks {order.subticks} beyond the oracle price {oracle}")

    def _validate_existence(self, ctx: Context, order_id: OrderId, preexisting: bool) -> None:
        if ctx.is_check:
            if self.find_uncommitted_cancel(ctx, order_id) is not None:
                raise StatefulOrderPreviouslyCancelled(f"uncommitted cancellation of {order_id}")
            if not preexisting and self.find_uncommitted_order(ctx, order_id) is not None:
                raise StatefulOrderAlreadyExists(f"uncommitted order {order_id}")
        if order_id.order_flags == TWAP:
            if self.find_twap_parent(ctx, order_id) is not None:
                raise StatefulOrderAlreadyExists(f"{order_id}")
            return
        exists = self.find_long_term_placement(ctx, order_id) is not None
        if preexisting and not exists:
            raise ChainPanic(f"order {order_id} is expected in state")
        if exists and not preexisting:
            raise StatefulOrderAlreadyExists(f"{order_id}")

    def validate_cancellation(self, ctx: Context, order_id: OrderId, good_til: int, height: int) -> Order | None:
        """Checks a cancellation and returns the stateful order it names (None for a short-term one).

        good_til: unix seconds for a stateful order, a block for a short-term one, checked against `height`.
        Source: dydx-modules §§20.6.3, 20.7.3.
        """
        if order_id.order_flags not in STATEFUL_FLAGS:
            validate_good_til_block(good_til, height)
            return None
        validate_good_til_time(good_til, self.previous_seconds(ctx))
        self.state.uncommitted_cancels.touch(ctx, order_id)
        if ctx.is_check and self.find_uncommitted_cancel(ctx, order_id) is not None:
            raise StatefulOrderCancellationAlreadyExists(f"{order_id}")
        order = self.find_stateful_order(ctx, order_id)
        if order is None and ctx.is_check:
            uncommitted = self.find_uncommitted_order(ctx, order_id)
            order = None if uncommitted is None else uncommitted.order
        if order is None:
            raise StatefulOrderDoesNotExist(f"{order_id}")
        if good_til < (order.good_til_block_time or 0):
            raise InvalidStatefulOrderCancellation(f"good-til-time {good_til} of {order_id}")
        return order

    def validate_equity_tier(self, ctx: Context, subaccount_id: SubaccountId) -> None:
        """Raises OrderWouldExceedMaxOpenOrdersEquityTierLimit [10001] when one more stateful order is too many.

        Source: dydx-modules §20.17.
        """
        tiers = self.equity_tiers(ctx).stateful_order_equity_tiers
        if not tiers:
            return
        equity = self.subaccounts.risk(ctx, Update(subaccount_id)).nc
        limit = 0
        for tier in tiers:
            if equity < tier.usd_tnc_required:
                break
            limit = tier.limit
        count = self.stateful_count(ctx, subaccount_id) if limit else 0
        if count >= limit:
            raise OrderWouldExceedMaxOpenOrdersEquityTierLimit(f"{count} orders, equity {equity}, limit {limit}")

    def collateral_check_add_to_book(
        self,
        ctx: Context,
        subaccount_id: SubaccountId,
        pair: ClobPair,
        is_buying: bool,
        quantums: int,
        subticks: int,
        builder: BuilderCodeParameters | None,
    ) -> UpdateResult:
        """Whether the subaccount could carry a full fill at the given price; errors are chain panics.

        Source: dydx-modules §20.6.2-6.
        """
        try:
            fee_ppm = self.feetiers.fee_ppm(
                ctx,
                subaccount_id.owner,
                False,
                self.affiliates.parameters(ctx).referee_minimum_fee_tier_idx,
                pair.id,
            )
            quote, base = open_order_deltas(
                is_buying,
                quantums,
                subticks,
                pair.quantum_conversion_exponent,
                fee_ppm,
                0 if builder is None else builder.fee_ppm,
            )
            update = Update(
                subaccount_id,
                (AssetUpdate(USDC_ASSET_ID, quote),),
                (PerpetualUpdate(must_perpetual_of(pair), base),),
            )
            _, results = self.subaccounts.can_update(ctx, (update,), UpdateType.COLLAT_CHECK)
        except ChainError as error:
            panic_with(error)
        return results[0]

    def is_collateralized_to_rest(self, ctx: Context, order: Order, quantums: int, pair: ClobPair) -> bool:
        """Whether filling `quantums` of a resting order at its own price would pass the collateral check."""
        result = self.collateral_check_add_to_book(
            ctx,
            order.order_id.subaccount_id,
            pair,
            is_buy(order),
            quantums,
            order.subticks,
            order.builder_code_parameters,
        )
        return result == UpdateResult.SUCCESS


def validate_good_til_block(good_til_block: int, height: int) -> None:
    """Raises [10] for a good-til block before `height`, [11] for one more than 40 blocks after it."""
    if good_til_block < height:
        raise HeightExceedsGoodTilBlock(f"good-til-block {good_til_block}, height {height}")
    if good_til_block > height + SHORT_BLOCK_WINDOW:
        raise GoodTilBlockExceedsShortBlockWindow(f"good-til-block {good_til_block}, height {height}")


def validate_good_til_time(good_til_time: int, previous_seconds: int) -> None:
    """Raises [3003] for a good-til time not after the block before, [3004] for one more than 95 days after it."""
    if good_til_time <= previous_seconds:
        raise TimeExceedsGoodTilBlockTime(f"good-til-time {good_til_time}, previous block {previous_seconds}")
    if good_til_time > previous_seconds + STATEFUL_ORDER_TIME_WINDOW_SECONDS:
        raise GoodTilBlockTimeExceedsStatefulOrderTimeWindow(
            f"good-til-time {good_til_time}, previous block {previous_seconds}"
        )


def _validate_special(order: Order, pair: ClobPair) -> None:
    """The trigger price of a conditional order and the size of a TWAP order's parts."""
    flags = order.order_id.order_flags
    if flags == CONDITIONAL and floor_mod(order.conditional_order_trigger_subticks, pair.subticks_per_tick):
        raise InvalidPlaceOrder(f"trigger subticks {order.conditional_order_trigger_subticks}")
    if flags == TWAP and floor_div(order.quantums, twap_legs(order)) < pair.step_base_quantums:
        raise InvalidPlaceOrder("TWAP suborders below the step size")
