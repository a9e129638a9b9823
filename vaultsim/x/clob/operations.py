"""The stateless pass over proposed operations. Source: dydx-modules §20.9."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.clob import (
    ClobMatch,
    MatchOrders,
    MatchPerpetualDeleveraging,
    MatchPerpetualLiquidation,
    MsgPlaceOrder,
    OperationRaw,
    Order,
    OrderId,
    OrderRemoval,
)
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.x.clob import errors
from vaultsim.x.clob.types import SHORT_TERM, RemovalReason, compare_replacement, order_id_order
from vaultsim.x.clob.validate_basic import place_order, validate_order_id
from vaultsim.x.subaccounts.types import validate_subaccount_id


class Operation(NamedTuple):
    """One operation in the form it is executed in: exactly one of the three is there."""

    match: ClobMatch | None = None
    placement: Order | None = None
    removal: OrderRemoval | None = None


class StatelessPass:
    """Walks a queue once; `run_ante` turns the bytes of a short-term placement into its order."""

    def __init__(self, run_ante: Callable[[bytes], Order]) -> None:
        self._run_ante = run_ante
        self._placed: dict[OrderId, Order] = {}

    def run(self, queue: tuple[OperationRaw, ...]) -> list[Operation]:
        """The operations of a queue. Raises errors of many codes: the caller turns them into [4000]."""
        return [self._operation(raw) for raw in queue]

    def _operation(self, raw: OperationRaw) -> Operation:
        if raw.match is not None:
            self._check_match(raw.match)
            return Operation(match=raw.match)
        if raw.short_term_order_placement is not None:
            order = self._run_ante(raw.short_term_order_placement)
            self._check_placement(order)
            return Operation(placement=order)
        if raw.order_removal is not None:
            removal = raw.order_removal
            validate_order_id(removal.order_id)
            if removal.removal_reason in (RemovalReason.UNSPECIFIED, RemovalReason.FULLY_FILLED):
                raise errors.InvalidOrderRemoval(f"reason {removal.removal_reason}")
            return Operation(removal=removal)
        raise ChainError("unknown operation")

    def _check_placement(self, order: Order) -> None:
        place_order(MsgPlaceOrder(order=order))
        before = self._placed.get(order.order_id)
        if before is not None:
            comparison = compare_replacement(before, order)
            if comparison == 0:
                raise errors.InvalidPlaceOrder(f"duplicate order {order.order_id}")
            if comparison > 0:
                raise errors.InvalidReplacement(f"{order.order_id}")
        self._placed[order.order_id] = order

    def _check_match(self, match: ClobMatch) -> None:
        if match.match_orders is not None:
            self._check_match_orders(match.match_orders)
        elif match.match_perpetual_liquidation is not None:
            self._check_liquidation(match.match_perpetual_liquidation)
        elif match.match_perpetual_deleveraging is not None:
            _check_deleveraging(match.match_perpetual_deleveraging)
        else:
            raise ChainPanic("unsupported clob match type")

    def _check_match_orders(self, match: MatchOrders) -> None:
        if not match.fills:
            raise errors.InvalidMatchOrder("match has no fills")
        makers: set[OrderId] = set()
        for fill in match.fills:
            if fill.fill_amount == 0:
                raise errors.FillAmountIsZero
            maker = fill.maker_order_id
            validate_order_id(maker)
            if maker in makers:
                raise errors.InvalidMatchOrder(f"maker {maker} twice")
            self._require_placed(maker)
            makers.add(maker)
        validate_order_id(match.taker_order_id)
        self._require_placed(match.taker_order_id)

    def _check_liquidation(self, match: MatchPerpetualLiquidation) -> None:
        if not match.fills:
            raise errors.InvalidMatchOrder("liquidation match has no fills")
        if match.total_size == 0:
            raise errors.InvalidLiquidationOrderTotalSize("total size 0")
        filled = 0
        for fill in match.fills:
            if fill.fill_amount == 0:
                raise errors.FillAmountIsZero
            filled += fill.fill_amount
            validate_order_id(fill.maker_order_id)
            self._require_placed(fill.maker_order_id)
        validate_subaccount_id(match.liquidated)
        if filled > match.total_size:
            raise errors.TotalFillAmountExceedsOrderSize(f"{filled} of {match.total_size}")

    def _require_placed(self, order_id: OrderId) -> None:
        if order_id.order_flags == SHORT_TERM and order_id not in self._placed:
            raise errors.OrderPlacementNotInOperationsQueue(f"{order_id}")


def _check_deleveraging(match: MatchPerpetualDeleveraging) -> None:
    validate_subaccount_id(match.liquidated)
    seen: set[SubaccountId] = set()
    for fill in match.fills:
        offsetting = fill.offsetting_subaccount_id
        validate_subaccount_id(offsetting)
        if offsetting == match.liquidated:
            raise errors.DeleveragingAgainstSelf
        if offsetting in seen:
            raise errors.DuplicateDeleveragingFillSubaccounts
        if fill.fill_amount == 0:
            raise errors.ZeroDeleveragingFillAmount
        seen.add(offsetting)


def filled_and_removed_ids(operations: list[Operation]) -> tuple[list[OrderId], list[OrderId]]:
    """Ids that matches filled (liquidated takers have none) and ids that removals name, each once and in order."""
    filled: set[OrderId] = set()
    removed: set[OrderId] = set()
    for operation in operations:
        if operation.removal is not None:
            removed.add(operation.removal.order_id)
        match = operation.match
        if match is None:
            continue
        if match.match_orders is not None:
            filled.add(match.match_orders.taker_order_id)
            filled.update(fill.maker_order_id for fill in match.match_orders.fills)
        if match.match_perpetual_liquidation is not None:
            filled.update(fill.maker_order_id for fill in match.match_perpetual_liquidation.fills)
    return sorted(filled, key=order_id_order), sorted(removed, key=order_id_order)
