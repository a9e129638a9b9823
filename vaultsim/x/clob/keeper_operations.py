"""Executing the proposer's operations: all of them or none. Source: dydx-modules §20.9."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.clob import (
    ClobMatch,
    MatchOrders,
    MatchPerpetualLiquidation,
    OperationRaw,
    Order,
    OrderId,
    OrderRemoval,
    ProcessProposerMatchesEvents,
)
from vaultsim.x.clob.errors import (
    ClobPairAndPerpetualDoNotMatch,
    ImmediateExecutionOrderAlreadyFilled,
    InvalidLiquidationOrderSide,
    InvalidLiquidationOrderTotalSize,
    InvalidMatchOrder,
    InvalidMsgProposedOperations,
    InvalidOrderRemoval,
    InvalidOrderRemovalReason,
    OperationConflictsWithClobPairStatus,
    OrderFullyFilled,
    StatefulOrderDoesNotExist,
    UnexpectedTimeInForce,
)
from vaultsim.x.clob.keeper_deleveraging import DeleveragingKeeper
from vaultsim.x.clob.operations import Operation, StatelessPass, filled_and_removed_ids
from vaultsim.x.clob.types import (
    CONDITIONAL,
    SHORT_TERM,
    STATUS_ACTIVE,
    STATUS_FINAL_SETTLEMENT,
    STATUS_INITIALIZING,
    TIME_IN_FORCE_FILL_OR_KILL,
    TIME_IN_FORCE_IOC,
    TWAP,
    AffiliateTerms,
    MatchableOrder,
    MatchWithOrders,
    RemovalReason,
    is_buy,
    is_post_only,
    matchable,
    must_be_stateful,
    requires_immediate_execution,
)

Placed = dict[OrderId, Order]
"""Short-term orders placed by the operations so far."""


class OperationsKeeper(DeleveragingKeeper):
    """The handler of MsgProposedOperations."""

    def validate_operations_stateless(self, ctx: Context, queue: tuple[OperationRaw, ...]) -> list[Operation]:
        """The stateless pass. Raises InvalidMsgProposedOperations [4000] whatever the failure."""
        ante = self.ante
        if ante is None:
            raise RuntimeError("the ante port is not wired")
        try:
            return StatelessPass(lambda raw: ante.run_placement_ante(ctx, raw)).run(queue)
        except ChainError as error:
            raise InvalidMsgProposedOperations(error.log) from error

    def execute_operations(self, ctx: Context, queue: tuple[OperationRaw, ...]) -> None:
        """Executes the operations and records what they filled and removed.

        The first failing operation raises, and the caller reverts everything.
        """
        operations = self.validate_operations_stateless(ctx, queue)
        placed: Placed = {}
        for operation in operations:
            self._require_status(ctx, operation)
            if operation.match is not None:
                self._persist_match(ctx, operation.match, placed)
            elif operation.placement is not None:
                self.validate_order(ctx, operation.placement, ctx.height, preexisting=False)
                placed[operation.placement.order_id] = operation.placement
            elif operation.removal is not None:
                self._persist_removal(ctx, operation.removal)
        self._record(ctx, operations)

    def _record(self, ctx: Context, operations: list[Operation]) -> None:
        filled, removed = filled_and_removed_ids(operations)
        for order_id in filled:
            if order_id.order_flags != SHORT_TERM and self._remove_if_fully_filled(ctx, order_id):
                removed.append(order_id)
        self.set_proposer_events(
            ctx,
            ProcessProposerMatchesEvents(
                order_ids_filled_in_last_block=tuple(filled),
                removed_stateful_order_ids=tuple(removed),
                block_height=ctx.height,
            ),
        )

    def _remove_if_fully_filled(self, ctx: Context, order_id: OrderId) -> bool:
        placement = self.find_long_term_placement(ctx, order_id)
        if placement is None:
            return False
        fill = self.state.fills.get(ctx, order_id)
        if fill is None or fill.fill_amount > placement.order.quantums:
            raise ChainPanic(f"fill amount of {order_id} is missing or above the order's size")
        if fill.fill_amount < placement.order.quantums:
            return False
        self.remove_stateful_order(ctx, order_id)
        return True

    def _require_status(self, ctx: Context, operation: Operation) -> None:
        pair = self.clob_pair(ctx, self._pair_id_of(operation))
        if pair.status == STATUS_ACTIVE:
            return
        if pair.status not in (STATUS_INITIALIZING, STATUS_FINAL_SETTLEMENT):
            raise ChainPanic(f"clob pair status {pair.status} is not supported")
        deleverages = operation.match is not None and operation.match.match_perpetual_deleveraging is not None
        if pair.status == STATUS_INITIALIZING or not deleverages:
            raise OperationConflictsWithClobPairStatus(f"clob pair {pair.id}, status {pair.status}")

    def _pair_id_of(self, operation: Operation) -> int:
        if operation.placement is not None:
            return operation.placement.order_id.clob_pair_id
        if operation.removal is not None:
            return operation.removal.order_id.clob_pair_id
        match = operation.match
        assert match is not None
        if match.match_orders is not None:
            return match.match_orders.taker_order_id.clob_pair_id
        if match.match_perpetual_liquidation is not None:
            return match.match_perpetual_liquidation.clob_pair_id
        assert match.match_perpetual_deleveraging is not None
        return self.clob_pair_id_for_perpetual(match.match_perpetual_deleveraging.perpetual_id)

    def _persist_match(self, ctx: Context, match: ClobMatch, placed: Placed) -> None:
        terms = AffiliateTerms(self.affiliates.overrides(ctx), self.affiliates.parameters(ctx))
        if match.match_orders is not None:
            self._persist_match_orders(ctx, match.match_orders, placed, terms)
        elif match.match_perpetual_liquidation is not None:
            self._persist_liquidation(ctx, match.match_perpetual_liquidation, placed, terms)
        elif match.match_perpetual_deleveraging is not None:
            self.persist_deleveraging(ctx, match.match_perpetual_deleveraging)

    def _persist_match_orders(self, ctx: Context, match: MatchOrders, placed: Placed, terms: AffiliateTerms) -> None:
        taker = self._fetch(ctx, match.taker_order_id, placed)
        if is_post_only(taker):
            raise InvalidMatchOrder(f"taker {taker.order_id} is post-only")
        if requires_immediate_execution(taker) and self.fill_amount(ctx, taker.order_id) != 0:
            raise ImmediateExecutionOrderAlreadyFilled(f"{taker.order_id}")
        for fill in match.fills:
            maker = self._fetch(ctx, fill.maker_order_id, placed)
            self._settle(ctx, MatchWithOrders(matchable(taker), matchable(maker), fill.fill_amount), terms)

    def _persist_liquidation(
        self, ctx: Context, match: MatchPerpetualLiquidation, placed: Placed, terms: AffiliateTerms
    ) -> None:
        self.require_liquidatable(ctx, match.liquidated)
        taker = self.liquidation_order(ctx, match.liquidated, match.perpetual_id)
        _require_same_liquidation(taker, match)
        for fill in match.fills:
            maker = self._fetch(ctx, fill.maker_order_id, placed)
            self._settle(ctx, MatchWithOrders(taker, matchable(maker), fill.fill_amount), terms)
        self.mark_liquidated(ctx, match.liquidated, match.perpetual_id)

    def _settle(self, ctx: Context, match: MatchWithOrders, terms: AffiliateTerms) -> None:
        outcome = self.process_single_match(ctx, match, terms)
        if outcome.error is not None:
            raise outcome.error

    def _fetch(self, ctx: Context, order_id: OrderId, placed: Placed) -> Order:
        """The order as a match finds it. Raises [4001] for an unplaced short-term id, [3006] for a missing one."""
        flags = order_id.order_flags
        if flags == SHORT_TERM:
            order = placed.get(order_id)
            if order is None:
                raise InvalidMatchOrder(f"short-term order {order_id} was not placed")
            return order
        if flags == TWAP:
            raise ChainPanic(f"unknown order type, {order_id}")
        must_be_stateful(order_id)
        placement = self.find_stateful_placement(ctx, order_id)
        if placement is None:
            kind = "triggered conditional" if flags == CONDITIONAL else "long-term"
            raise StatefulOrderDoesNotExist(f"{kind} order {order_id}")
        return placement.order

    def _persist_removal(self, ctx: Context, removal: OrderRemoval) -> None:
        """Removes an order. Raises InvalidOrderRemoval [4006] whatever is wrong with it."""
        must_be_stateful(removal.order_id)
        try:
            order = self._fetch(ctx, removal.order_id, {})
            self._require_reason(ctx, order, removal.removal_reason)
        except ChainError as error:
            raise InvalidOrderRemoval(error.log) from error
        self.remove_stateful_order(ctx, removal.order_id)

    def _require_reason(self, ctx: Context, order: Order, reason: int) -> None:
        if reason in (
            RemovalReason.UNDERCOLLATERALIZED,
            RemovalReason.SELF_TRADE,
            RemovalReason.ISOLATED_CONSTRAINTS,
        ):
            return
        if reason == RemovalReason.POST_ONLY_WOULD_CROSS:
            if not is_post_only(order):
                raise UnexpectedTimeInForce("order is not post-only")
        elif reason == RemovalReason.CONDITIONAL_FOK:
            self._require_unfilled(ctx, order, TIME_IN_FORCE_FILL_OR_KILL)
        elif reason == RemovalReason.IOC_WOULD_REST:
            self._require_unfilled(ctx, order, TIME_IN_FORCE_IOC)
        elif reason == RemovalReason.INVALID_REDUCE_ONLY:
            self._require_not_reducing(ctx, order)
        else:
            raise InvalidOrderRemovalReason(f"reason {reason}")

    def _require_unfilled(self, ctx: Context, order: Order, time_in_force: int) -> None:
        if order.time_in_force != time_in_force:
            raise UnexpectedTimeInForce(f"time in force {order.time_in_force}")
        if self.remaining(ctx, order) is None:
            raise OrderFullyFilled(f"{order.order_id}")

    def _require_not_reducing(self, ctx: Context, order: Order) -> None:
        if not order.reduce_only:
            raise InvalidOrderRemoval("order must be reduce-only")
        size = self.position(ctx, order.order_id.subaccount_id, order.order_id.clob_pair_id)
        delta = order.quantums if is_buy(order) else -order.quantums
        if size != 0 and size * delta <= 0 and size * (size + delta) >= 0:
            raise InvalidOrderRemoval("order fill must increase the position or change its side")


def _require_same_liquidation(order: MatchableOrder, match: MatchPerpetualLiquidation) -> None:
    if order.clob_pair_id != match.clob_pair_id or order.perpetual_id != match.perpetual_id:
        raise ClobPairAndPerpetualDoNotMatch(f"clob pair {match.clob_pair_id}, perpetual {match.perpetual_id}")
    if order.quantums != match.total_size:
        raise InvalidLiquidationOrderTotalSize(f"{match.total_size}, expected {order.quantums}")
    if order.is_buy != match.is_buy:
        raise InvalidLiquidationOrderSide(f"is_buy {match.is_buy}")
