"""Placing, cancelling and removing stateful orders. Source: dydx-modules §§20.6, 20.20."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.clob import Order, OrderId
from vaultsim.x.clob.errors import (
    StatefulOrderCancellationFailedForAlreadyRemovedOrder,
    StatefulOrderCollateralizationCheckFailed,
    StatefulOrderDoesNotExist,
    StatefulOrderPreviouslyCancelled,
    StatefulOrderPreviouslyRemoved,
    WouldViolateIsolatedSubaccountConstraints,
)
from vaultsim.x.clob.keeper_base import append_id, panic_with
from vaultsim.x.clob.keeper_placements import suborder_id
from vaultsim.x.clob.keeper_validation import ValidationKeeper
from vaultsim.x.clob.types import CONDITIONAL, TWAP, TWAP_SUBORDER, is_buy, must_be_stateful, twap_legs
from vaultsim.x.subaccounts.types import UpdateResult

SUBORDER_CANCEL_SECONDS = 10


class StatefulKeeper(ValidationKeeper):
    """Life and death of stateful orders."""

    def place_stateful_order(self, ctx: Context, order: Order, internal: bool) -> None:
        """Writes a stateful order in deliver mode; a failing placement writes nothing.

        internal: placed by the chain itself (vault quotes, TWAP suborders): no equity tiers, and a collateral check
        for suborders only. Source: dydx-modules §20.6.2.
        """
        order_id = order.order_id
        must_be_stateful(order_id)
        state = self.state
        if state.delivered_cancellations.has(ctx, order_id):
            raise StatefulOrderPreviouslyCancelled(f"{order_id}")
        if self.was_removed(ctx, order_id):
            raise StatefulOrderPreviouslyRemoved(f"{order_id}")
        self._require_placeable(ctx, order, internal)
        if order_id.order_flags == TWAP:
            self.write_twap_parent(ctx, order, twap_legs(order))
            return
        self.write_placement(ctx, order)
        if order_id.order_flags == CONDITIONAL:
            append_id(state.delivered_conditional, ctx, order_id)
        else:
            append_id(state.delivered_long_term, ctx, order_id)

    def place_stateful_order_check(self, ctx: Context, order: Order) -> None:
        """Checks an external stateful order in check mode and remembers it until its block.

        Source: dydx-modules §20.6.5.
        """
        must_be_stateful(order.order_id)
        self._require_placeable(ctx, order, internal=False)
        self.add_uncommitted_placement(ctx, order)

    def cancel_stateful_order(self, ctx: Context, order_id: OrderId, good_til_block_time: int) -> None:
        """Cancels a stateful order in deliver mode. Source: dydx-modules §20.6.3."""
        must_be_stateful(order_id)
        try:
            order = self.validate_cancellation(ctx, order_id, good_til_block_time, 0)
        except StatefulOrderDoesNotExist as error:
            if self.was_removed(ctx, order_id):
                raise StatefulOrderCancellationFailedForAlreadyRemovedOrder(error.log) from error
            raise
        assert order is not None
        self._remove(ctx, order)
        self.state.delivered_cancellations.set(ctx, order_id, order_id)

    def cancel_stateful_order_check(self, ctx: Context, order_id: OrderId, good_til_block_time: int) -> None:
        """Checks a cancellation in check mode and remembers it until its block."""
        must_be_stateful(order_id)
        self.validate_cancellation(ctx, order_id, good_til_block_time, 0)
        self.add_uncommitted_cancel(ctx, order_id, good_til_block_time)

    def remove_stateful_order(self, ctx: Context, order_id: OrderId) -> None:
        """Removes a stateful order with its fills and expiry; a missing one is a chain panic."""
        must_be_stateful(order_id)
        order = self.find_stateful_order(ctx, order_id)
        if order is None:
            raise ChainPanic(f"order {order_id} does not exist")
        self._remove(ctx, order)

    def _remove(self, ctx: Context, order: Order) -> None:
        order_id = order.order_id
        if order_id.order_flags != TWAP:
            self.touch_placement(ctx, order_id)
            self.delete_order_rows(ctx, order)
            return
        self.delete_twap_parent(ctx, order_id)
        try:
            self.cancel_stateful_order(ctx, suborder_id(order_id), ctx.unix_seconds + SUBORDER_CANCEL_SECONDS)
        except StatefulOrderDoesNotExist:
            return
        except ChainError as error:
            panic_with(error)

    def _require_placeable(self, ctx: Context, order: Order, internal: bool) -> None:
        self.validate_order(ctx, order, 0, preexisting=False)
        if not internal:
            self.validate_equity_tier(ctx, order.order_id.subaccount_id)
        if order.order_router_address:
            self.revshare.router_ppm(ctx, order.order_router_address)
        flags = order.order_id.order_flags
        if flags == TWAP_SUBORDER if internal else flags != CONDITIONAL:
            self._require_collateral(ctx, order)

    def _require_collateral(self, ctx: Context, order: Order) -> None:
        pair = self.clob_pair(ctx, order.order_id.clob_pair_id)
        subticks = order.subticks
        if order.order_id.order_flags == TWAP and subticks == 0:
            subticks = self.oracle_subticks_floor(ctx, pair)
        result = self.collateral_check_add_to_book(
            ctx,
            order.order_id.subaccount_id,
            pair,
            is_buy(order),
            order.quantums,
            subticks,
            order.builder_code_parameters,
        )
        if result == UpdateResult.VIOLATES_ISOLATED_SUBACCOUNT_CONSTRAINTS:
            raise WouldViolateIsolatedSubaccountConstraints(f"{order.order_id}")
        if result != UpdateResult.SUCCESS:
            raise StatefulOrderCollateralizationCheckFailed(f"{order.order_id}: {result.text}")
