"""Long-term orders that the chain places and cancels itself, many in a row. Source: dydx-modules §§20.6.2, 20.6.3."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.clob import ClobPair, LongTermOrderPlacement, Order, OrderId, TransactionOrdering
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.x.clob.errors import (
    InvalidStatefulOrderCancellation,
    StatefulOrderAlreadyExists,
    StatefulOrderPreviouslyCancelled,
    StatefulOrderPreviouslyRemoved,
)
from vaultsim.x.clob.keeper_stateful import StatefulKeeper
from vaultsim.x.clob.keeper_validation import validate_good_til_time


class LongTermOrders:
    """Long-term orders of one subaccount in one pair, in deliver mode.

    Places and cancels as `place_stateful_order(internal=True)` and `cancel_stateful_order` do, with the same refusals.
    What no placement changes (pair, block time, ids removed in the block) is read once; what each one changes (the
    subaccount's count, the next index, the ids placed) is written once, by `finish`. In between nothing else may place
    or cancel.
    """

    __slots__ = (
        "_clob_pair_id",
        "_count",
        "_ctx",
        "_index",
        "_keeper",
        "_pair",
        "_placed",
        "_previous_seconds",
        "_removed",
        "_subaccount_id",
    )

    def __init__(self, keeper: StatefulKeeper, ctx: Context, subaccount_id: SubaccountId, clob_pair_id: int) -> None:
        state = keeper.state
        self._keeper = keeper
        self._ctx = ctx
        self._subaccount_id = subaccount_id
        self._clob_pair_id = clob_pair_id
        self._pair: ClobPair | None = None
        self._previous_seconds = keeper.previous_seconds(ctx)
        self._removed = keeper.removed_ids(ctx)
        self._count = keeper.stateful_count(ctx, subaccount_id)
        self._index = state.next_transaction_index.get(ctx)
        self._placed = state.delivered_long_term.get(ctx)

    def find(self, order_id: OrderId) -> Order | None:
        """The order in state."""
        placement = self._keeper.state.long_term.get(self._ctx, order_id)
        return None if placement is None else placement.order

    def place(self, order: Order) -> None:
        """Writes an order; a refused one writes nothing. Raises what `place_stateful_order` raises."""
        ctx, state, order_id = self._ctx, self._keeper.state, order.order_id
        if state.delivered_cancellations.has(ctx, order_id):
            raise StatefulOrderPreviouslyCancelled(f"{order_id}")
        if order_id in self._removed:
            raise StatefulOrderPreviouslyRemoved(f"{order_id}")
        pair = self._pair
        if pair is None:
            pair = self._pair = self._keeper.clob_pair(ctx, self._clob_pair_id)
        self._keeper.validate_in_pair(ctx, order, pair)
        good_til = order.good_til_block_time or 0
        validate_good_til_time(good_til, self._previous_seconds)
        if state.long_term.has(ctx, order_id):
            raise StatefulOrderAlreadyExists(f"{order_id}")
        index = self._index or 0
        position = TransactionOrdering(block_height=ctx.height, transaction_index=index)
        state.long_term.set(ctx, order_id, LongTermOrderPlacement(order=order, placement_index=position))
        state.expirations.set(ctx, (good_til, order_id), order_id)
        self._index = index + 1
        self._count += 1
        self._placed = (order_id, self._placed)

    def cancel(self, order: Order, good_til: int) -> None:
        """Cancels an order in state until `good_til` (unix seconds); raises what `cancel_stateful_order` raises."""
        ctx, state, order_id = self._ctx, self._keeper.state, order.order_id
        validate_good_til_time(good_til, self._previous_seconds)
        expires = order.good_til_block_time or 0
        if good_til < expires:
            raise InvalidStatefulOrderCancellation(f"good-til-time {good_til} of {order_id}")
        state.expirations.delete(ctx, (expires, order_id))
        state.fills.delete(ctx, order_id)
        state.long_term.delete(ctx, order_id)
        self._count = max(self._count - 1, 0)
        state.delivered_cancellations.set(ctx, order_id, order_id)

    def finish(self) -> None:
        """Writes what was counted and noted."""
        ctx, keeper, state = self._ctx, self._keeper, self._keeper.state
        keeper.set_stateful_count(ctx, self._subaccount_id, self._count)
        if self._index is not None:
            state.next_transaction_index.set(ctx, self._index)
        if self._placed is not None:
            state.delivered_long_term.set(ctx, self._placed)
