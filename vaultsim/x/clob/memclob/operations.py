"""What matching leaves for the next block: the operations queue. Source: dydx-modules §20.8."""

from __future__ import annotations

from typing import NamedTuple

from vaultsim.errors import ChainPanic
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
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.x.clob.types import SHORT_TERM, MatchableOrder, RemovalReason, compare_replacement


class ShortTermPlacement(NamedTuple):
    """A short-term order that took part in a match, with the bytes of its transaction."""

    order: Order
    tx_bytes: bytes


class StatefulMarker(NamedTuple):
    """A stateful order that took part in a match; it is in state already and so not proposed."""

    order_id: OrderId


class Match(NamedTuple):
    """Fills of one taker, a liquidation or a deleveraging."""

    match: ClobMatch


class Removal(NamedTuple):
    """A stateful order that matching found unfit."""

    removal: OrderRemoval


Operation = ShortTermPlacement | StatefulMarker | Match | Removal


class QueueContent(NamedTuple):
    """A captured queue."""

    tx_bytes: dict[Order, bytes]
    operations: list[Operation]
    matched: dict[OrderId, Order]
    queued_orders: set[Order]
    removed_ids: set[OrderId]


class OperationsQueue:
    """The operations since the last block, and what belongs to them.

    tx_bytes: transactions of short-term orders that rest or are queued, by order (orders of equal bytes are equal);
    matched: the last matched order of each id.
    """

    __slots__ = ("_queued_orders", "_removed_ids", "matched", "operations", "tx_bytes")

    def __init__(self) -> None:
        self.tx_bytes: dict[Order, bytes] = {}
        self.clear()

    def clear(self) -> None:
        """Empties the queue; transaction bytes stay with their orders."""
        self.operations: list[Operation] = []
        self.matched: dict[OrderId, Order] = {}
        self._queued_orders: set[Order] = set()
        self._removed_ids: set[OrderId] = set()

    def capture(self) -> QueueContent:
        """The queue as it is."""
        return QueueContent(
            dict(self.tx_bytes),
            list(self.operations),
            dict(self.matched),
            set(self._queued_orders),
            set(self._removed_ids),
        )

    def restore(self, kept: QueueContent) -> None:
        """Goes back to a captured queue."""
        self.tx_bytes, self.operations, self.matched = dict(kept.tx_bytes), list(kept.operations), dict(kept.matched)
        self._queued_orders, self._removed_ids = set(kept.queued_orders), set(kept.removed_ids)

    def is_queued(self, order: Order) -> bool:
        """Whether exactly this order's placement is queued."""
        return order in self._queued_orders

    def remember_tx(self, order: Order, tx_bytes: bytes) -> None:
        """Keeps a short-term order's transaction; a chain panic when there are no bytes or some are kept already."""
        if not tx_bytes:
            raise ChainPanic(f"no transaction bytes for short-term order {order.order_id}")
        if order in self.tx_bytes:
            raise ChainPanic(f"transaction bytes of short-term order {order.order_id} are there already")
        self.tx_bytes[order] = tx_bytes

    def forget_tx(self, order: Order) -> None:
        """Drops a short-term order's transaction; a chain panic when it is missing."""
        if self.tx_bytes.pop(order, None) is None:
            raise ChainPanic(f"transaction bytes of short-term order {order.order_id} are missing")

    def add_placement(self, order: Order) -> None:
        """Queues an order's placement: with its transaction, or as a marker when it is stateful."""
        if order in self._queued_orders:
            raise ChainPanic(f"order {order.order_id} is queued already")
        if order.order_id.order_flags != SHORT_TERM:
            self.operations.append(StatefulMarker(order.order_id))
        else:
            tx_bytes = self.tx_bytes.get(order)
            if tx_bytes is None:
                raise ChainPanic(f"transaction bytes of short-term order {order.order_id} are missing")
            self.operations.append(ShortTermPlacement(order, tx_bytes))
        self._queued_orders.add(order)

    def note_matched(self, order: Order) -> None:
        """Remembers the newest matched order of an id; a chain panic when an older one matches later."""
        known = self.matched.get(order.order_id)
        if known is not None and known is not order and compare_replacement(order, known) < 0:
            raise ChainPanic(f"order {order.order_id} was replaced by a newer one that matched")
        self.matched[order.order_id] = order

    def add_match(self, taker: MatchableOrder, fills: tuple[MakerFill, ...]) -> None:
        """Queues a taker's fills."""
        if taker.order_id is not None:
            match = ClobMatch(match_orders=MatchOrders(taker_order_id=taker.order_id, fills=fills))
        else:
            liquidation = MatchPerpetualLiquidation(
                liquidated=taker.subaccount_id,
                clob_pair_id=taker.clob_pair_id,
                perpetual_id=taker.perpetual_id,
                total_size=taker.quantums,
                is_buy=taker.is_buy,
                fills=fills,
            )
            match = ClobMatch(match_perpetual_liquidation=liquidation)
        self.operations.append(Match(match))

    def add_deleveraging(
        self,
        liquidated: SubaccountId,
        perpetual_id: int,
        fills: tuple[MatchPerpetualDeleveraging_Fill, ...],
        is_final_settlement: bool = False,
    ) -> None:
        """Queues a deleveraging; without fills it only reports a negative net collateral."""
        offsetting = [fill.offsetting_subaccount_id for fill in fills]
        if liquidated in offsetting or len(set(offsetting)) != len(offsetting) or not all(f.fill_amount for f in fills):
            raise ChainPanic(f"invalid deleveraging fills against {liquidated} in perpetual {perpetual_id}")
        deleveraging = MatchPerpetualDeleveraging(
            liquidated=liquidated, perpetual_id=perpetual_id, fills=fills, is_final_settlement=is_final_settlement
        )
        self.operations.append(Match(ClobMatch(match_perpetual_deleveraging=deleveraging)))

    def add_removal_once(self, order_id: OrderId, reason: RemovalReason) -> None:
        """Queues the removal of a stateful order unless one is queued; a chain panic without a reason."""
        if order_id in self._removed_ids:
            return
        if reason == RemovalReason.UNSPECIFIED:
            raise ChainPanic(f"removal of order {order_id} without a reason")
        self.operations.append(Removal(OrderRemoval(order_id=order_id, removal_reason=int(reason))))
        self._removed_ids.add(order_id)

    def proposed(self) -> tuple[OperationRaw, ...]:
        """The queue as it is proposed: everything in order except the markers of stateful orders."""
        raw: list[OperationRaw] = []
        for operation in self.operations:
            if isinstance(operation, Match):
                raw.append(OperationRaw(match=operation.match))
            elif isinstance(operation, ShortTermPlacement):
                raw.append(OperationRaw(short_term_order_placement=operation.tx_bytes))
            elif isinstance(operation, Removal):
                raw.append(OperationRaw(order_removal=operation.removal))
        return tuple(raw)
