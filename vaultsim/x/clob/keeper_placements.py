"""Stateful orders in state: look-up, writing, deleting, counting, expiring, and what check mode remembers of them."""

from __future__ import annotations

from collections.abc import Sequence

from vaultsim.context import Context
from vaultsim.errors import ChainPanic
from vaultsim.lib.ints import wrap_u64
from vaultsim.pb.dydxprotocol.clob import (
    LongTermOrderPlacement,
    MsgCancelOrder,
    Order,
    OrderId,
    TransactionOrdering,
    TwapOrderPlacement,
)
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.runtime import replace
from vaultsim.store.collections import Map
from vaultsim.x.clob import keys
from vaultsim.x.clob.errors import InvalidTwapOrderPlacement
from vaultsim.x.clob.keeper_fills import FillsKeeper
from vaultsim.x.clob.stateful_prices import StatefulPrices
from vaultsim.x.clob.types import (
    CONDITIONAL,
    LONG_TERM,
    TWAP,
    TWAP_SUBORDER,
    BestPrices,
    must_be_stateful,
    placement_order,
)

PlacementMap = Map[OrderId, LongTermOrderPlacement]


class PlacementsKeeper(FillsKeeper):
    """Rows of stateful orders."""

    def find_untriggered(self, ctx: Context, order_id: OrderId) -> LongTermOrderPlacement | None:
        """The placement of a conditional order that still waits for its trigger."""
        return self.state.untriggered.get(ctx, order_id)

    def find_long_term_placement(self, ctx: Context, order_id: OrderId) -> LongTermOrderPlacement | None:
        """The placement of a long-term order, TWAP suborder or conditional order, triggered or not.

        Short-term ids and TWAP parents are chain panics.
        """
        flags = order_id.order_flags
        if flags in (LONG_TERM, TWAP_SUBORDER):
            return self.state.long_term.get(ctx, order_id)
        return self._rows_of(ctx, order_id).get(ctx, order_id)

    def find_stateful_placement(self, ctx: Context, order_id: OrderId) -> LongTermOrderPlacement | None:
        """The placement of an order that belongs on the book: long-term, TWAP suborder, triggered conditional."""
        if order_id.order_flags == CONDITIONAL:
            return self.state.triggered.get(ctx, order_id)
        return self.state.long_term.get(ctx, order_id)

    def find_stateful_placements(
        self, ctx: Context, order_ids: Sequence[OrderId]
    ) -> list[LongTermOrderPlacement | None]:
        """As `find_stateful_placement` for each of the ids."""
        if not order_ids:
            return []
        if any(order_id.order_flags == CONDITIONAL for order_id in order_ids):
            return [self.find_stateful_placement(ctx, order_id) for order_id in order_ids]
        return self.state.long_term.get_all(ctx, order_ids)

    def find_twap_parent(self, ctx: Context, order_id: OrderId) -> TwapOrderPlacement | None:
        """The placement of a TWAP parent."""
        return self.state.twap_parents.get(ctx, order_id)

    def find_stateful_order(self, ctx: Context, order_id: OrderId) -> Order | None:
        """The order of any stateful id."""
        if order_id.order_flags == TWAP:
            parent = self.state.twap_parents.get(ctx, order_id)
            return None if parent is None else parent.order
        placement = self.find_long_term_placement(ctx, order_id)
        return None if placement is None else placement.order

    def is_triggered(self, ctx: Context, order_id: OrderId) -> bool:
        """Whether a conditional order was triggered."""
        return self.state.triggered.has(ctx, order_id)

    def all_stateful_orders(self, ctx: Context) -> list[Order]:
        """All placed and untriggered orders, by height and index of their placement."""
        return _in_order(ctx, self.state.long_term, self.state.triggered, self.state.untriggered)

    def all_placed_orders(self, ctx: Context) -> list[Order]:
        """Orders that belong on the book, by height and index of their placement."""
        return _in_order(ctx, self.state.long_term, self.state.triggered)

    def best_stateful_prices(self, ctx: Context, besides: str) -> dict[int, BestPrices]:
        """Best bid and ask of each pair among the stateful orders that belong on the book, but for an owner's."""
        prices = self._stateful_prices.get(besides)
        if prices is None:
            prices = StatefulPrices((self.state.long_term, self.state.triggered), besides)
            self._stateful_prices[besides] = prices
        return prices.best(ctx)

    def all_untriggered_orders(self, ctx: Context) -> list[Order]:
        """Conditional orders that wait for their trigger, by height and index of their placement."""
        return _in_order(ctx, self.state.untriggered)

    def stateful_count(self, ctx: Context, subaccount_id: SubaccountId) -> int:
        """Open stateful orders of a subaccount, TWAP suborders left out."""
        return self.state.stateful_counts.get(ctx, subaccount_id) or 0

    def set_stateful_count(self, ctx: Context, subaccount_id: SubaccountId, count: int) -> None:
        """Stores the number of open stateful orders; none is no row."""
        if count:
            self.state.stateful_counts.set(ctx, subaccount_id, count)
        else:
            self.state.stateful_counts.delete(ctx, subaccount_id)

    def load_counts(self, ctx: Context) -> None:
        """Counts the stateful orders of every subaccount, once after the start of the process.

        TWAP parents are not among them, as on the chain. Source: dydx-modules §20.12.
        """
        if self.state.memory_ready.has(ctx):
            return
        self.state.memory_ready.set(ctx, b"\x01")
        for order in self.all_stateful_orders(ctx):
            self._count_up(ctx, order.order_id)

    def write_placement(self, ctx: Context, order: Order) -> None:
        """Writes a new long-term, suborder or conditional placement with its index, expiry and count."""
        state, order_id = self.state, order.order_id
        placement = LongTermOrderPlacement(
            order=order,
            placement_index=TransactionOrdering(
                block_height=ctx.height, transaction_index=self.take_transaction_index(ctx)
            ),
        )
        rows = state.untriggered if order_id.order_flags == CONDITIONAL else state.long_term
        rows.set(ctx, order_id, placement)
        self._count_up(ctx, order_id)
        state.expirations.set(ctx, (order.good_til_block_time or 0, order_id), order_id)

    def delete_placement(self, ctx: Context, order_id: OrderId) -> None:
        """Deletes the placement of a long-term, suborder or conditional order, if it is there, and counts down."""
        rows = self._rows_of(ctx, order_id)
        existed = rows.has(ctx, order_id)
        rows.delete(ctx, order_id)
        if existed:
            self._count_down(ctx, order_id)

    def touch_placement(self, ctx: Context, order_id: OrderId) -> None:
        """Pays for the reads of a placement that the chain makes before it removes an order."""
        if ctx.gas is not None:
            self.find_long_term_placement(ctx, order_id)
            self._rows_of(ctx, order_id).has(ctx, order_id)

    def delete_order_rows(self, ctx: Context, order: Order) -> None:
        """Deletes expiry entry, fill amount and placement of an order known to be in state."""
        order_id = order.order_id
        self.state.expirations.delete(ctx, (order.good_til_block_time or 0, order_id))
        self.state.fills.delete(ctx, order_id)
        self._rows_of(ctx, order_id).delete(ctx, order_id)
        self._count_down(ctx, order_id)

    def take_transaction_index(self, ctx: Context) -> int:
        """The next index of a placement or trigger within the block."""
        index = self.state.next_transaction_index.get(ctx) or 0
        self.state.next_transaction_index.set(ctx, index + 1)
        return index

    def expire_orders(self, ctx: Context) -> list[OrderId]:
        """Deletes every stateful order whose good-til time is reached; ids by time, then bytes.

        Source: dydx-modules §20.12.
        """
        state = self.state
        due = list(state.expirations.items(ctx, before=keys.time_text(ctx.time_ns) + b";"))
        for key, order_id in due:
            state.expirations.delete(ctx, key)
            state.fills.delete(ctx, order_id)
            self.delete_placement(ctx, order_id)
        return [order_id for _, order_id in due]

    def trigger(self, ctx: Context, order_id: OrderId) -> None:
        """Moves a conditional order to the triggered ones, with a new index; a missing one is a chain panic."""
        placement = self.state.untriggered.get(ctx, order_id)
        if placement is None:
            raise ChainPanic(f"conditional order {order_id} is not untriggered")
        index = TransactionOrdering(block_height=ctx.height, transaction_index=self.take_transaction_index(ctx))
        self.state.triggered.set(ctx, order_id, replace(placement, placement_index=index))
        self.state.untriggered.delete(ctx, order_id)

    def write_twap_parent(self, ctx: Context, order: Order, legs: int) -> None:
        """Writes a TWAP parent, its first trigger at the block's time, and counts it."""
        self._count_up(ctx, order.order_id)
        parent = TwapOrderPlacement(order=order, remaining_legs=legs, remaining_quantums=order.quantums)
        self.state.twap_parents.set(ctx, order.order_id, parent)
        self.state.twap_triggers.add(ctx, (ctx.unix_seconds, suborder_id(order.order_id)))

    def delete_twap_parent(self, ctx: Context, order_id: OrderId) -> None:
        """Deletes a TWAP parent and counts it down."""
        self._count_down(ctx, order_id)
        self.state.twap_parents.delete(ctx, order_id)

    def reduce_twap_parent(self, ctx: Context, order_id: OrderId, fill_amount: int) -> None:
        """Takes a suborder's fill off its parent; other orders have none. Raises InvalidTwapOrderPlacement [49]."""
        if order_id.order_flags != TWAP_SUBORDER:
            return
        parent_id = twap_parent_id(order_id)
        parent = self.state.twap_parents.get(ctx, parent_id)
        if parent is None:
            raise InvalidTwapOrderPlacement(f"TWAP order {parent_id} does not exist")
        left = wrap_u64(parent.remaining_quantums - fill_amount)
        self.state.twap_parents.set(ctx, parent_id, replace(parent, remaining_quantums=left))

    def find_uncommitted_order(self, ctx: Context, order_id: OrderId) -> LongTermOrderPlacement | None:
        """A placement that waits for its block, in check mode."""
        return self.state.uncommitted_orders.get(ctx, order_id)

    def find_uncommitted_cancel(self, ctx: Context, order_id: OrderId) -> MsgCancelOrder | None:
        """A cancellation that waits for its block, in check mode."""
        return self.state.uncommitted_cancels.get(ctx, order_id)

    def add_uncommitted_placement(self, ctx: Context, order: Order) -> None:
        """Remembers a placement that waits for its block; a second one is a chain panic."""
        if self.state.uncommitted_orders.has(ctx, order.order_id):
            raise ChainPanic(f"uncommitted order {order.order_id} already exists")
        self.state.uncommitted_orders.set(ctx, order.order_id, LongTermOrderPlacement(order=order))
        self._count_uncommitted(ctx, order.order_id, 1)

    def add_uncommitted_cancel(self, ctx: Context, order_id: OrderId, good_til_block_time: int) -> None:
        """Remembers a cancellation that waits for its block; a second one is a chain panic."""
        if self.state.uncommitted_cancels.has(ctx, order_id):
            raise ChainPanic(f"uncommitted cancellation of {order_id} already exists")
        cancel = MsgCancelOrder(order_id=order_id, good_til_block_time=good_til_block_time)
        self.state.uncommitted_cancels.set(ctx, order_id, cancel)
        self._count_uncommitted(ctx, order_id, -1)

    def _count_uncommitted(self, ctx: Context, order_id: OrderId, step: int) -> None:
        counts = self.state.uncommitted_counts
        counts.set(ctx, order_id.subaccount_id, (counts.get(ctx, order_id.subaccount_id) or 0) + step)

    def _rows_of(self, ctx: Context, order_id: OrderId) -> PlacementMap:
        must_be_stateful(order_id)
        flags = order_id.order_flags
        if flags in (LONG_TERM, TWAP_SUBORDER):
            return self.state.long_term
        if flags == TWAP:
            raise ChainPanic(f"TWAP parent {order_id} is no placement")
        return self.state.triggered if self.is_triggered(ctx, order_id) else self.state.untriggered

    def _count_up(self, ctx: Context, order_id: OrderId) -> None:
        if order_id.order_flags != TWAP_SUBORDER:
            counts, subaccount_id = self.state.stateful_counts, order_id.subaccount_id
            counts.set(ctx, subaccount_id, (counts.get(ctx, subaccount_id) or 0) + 1)

    def _count_down(self, ctx: Context, order_id: OrderId) -> None:
        if order_id.order_flags == TWAP_SUBORDER:
            return
        subaccount_id = order_id.subaccount_id
        count = self.stateful_count(ctx, subaccount_id)
        if count:
            self.set_stateful_count(ctx, subaccount_id, count - 1)


def suborder_id(parent_id: OrderId) -> OrderId:
    """The id of a TWAP parent's suborders."""
    return replace(parent_id, order_flags=TWAP_SUBORDER)


def twap_parent_id(order_id: OrderId) -> OrderId:
    """The id of a suborder's TWAP parent."""
    return replace(order_id, order_flags=TWAP)


def _in_order(ctx: Context, *maps: PlacementMap) -> list[Order]:
    placements = [placement for rows in maps for placement in rows.values(ctx)]
    placements.sort(key=placement_order)
    return [placement.order for placement in placements]
