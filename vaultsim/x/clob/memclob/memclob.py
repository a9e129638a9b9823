"""The books of all pairs and the queue of what matching did: memory of one node, working on its check state.

Source: dydx-modules §§20.7, 20.8, 20.13.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from vaultsim.context import Context
from vaultsim.errors import ChainPanic
from vaultsim.lib.maths import floor_mod
from vaultsim.pb.dydxprotocol.clob import ClobPair, MakerFill, Order, OrderId, ProcessProposerMatchesEvents
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.x.clob.errors import (
    ImmediateExecutionOrderAlreadyFilled,
    InvalidReplacement,
    MemClobCancelAlreadyExists,
    OrderFullyFilled,
    OrderIsCanceled,
    PostOnlyWouldCrossMakerOrder,
    ReduceOnlyWouldIncreasePositionSize,
    WouldViolateIsolatedSubaccountConstraints,
)
from vaultsim.x.clob.memclob.book import Book, BookContent
from vaultsim.x.clob.memclob.matching import TakerMatching
from vaultsim.x.clob.memclob.operations import (
    Operation,
    OperationsQueue,
    QueueContent,
    ShortTermPlacement,
    StatefulMarker,
)
from vaultsim.x.clob.memclob.ports import BookKeeper
from vaultsim.x.clob.memclob.premium import PremiumParameters, price_premium_ppm
from vaultsim.x.clob.types import (
    SHORT_TERM,
    SIDE_BUY,
    TIME_IN_FORCE_IOC,
    MatchableOrder,
    OrderStatus,
    RemovalReason,
    compare_replacement,
    matchable,
    must_be_stateful,
    order_id_order,
    requires_immediate_execution,
    subaccount_order,
)


class Placement(NamedTuple):
    """How placing an order or a liquidation ended: status and base quantums filled on the way."""

    status: OrderStatus
    filled: int


class MemClobContent(NamedTuple):
    """Captured books by pair, each with what was in it, and the queue."""

    books: dict[int, tuple[Book, BookContent]]
    queue: QueueContent


_RESTED = Placement(OrderStatus.SUCCESS, 0)
_REMOVAL_OF_STATUS = {
    OrderStatus.UNDERCOLLATERALIZED: RemovalReason.UNDERCOLLATERALIZED,
    OrderStatus.REDUCE_ONLY_RESIZED: RemovalReason.INVALID_REDUCE_ONLY,
}


def _always(_: Context, __: Order) -> bool:
    return True


class MemClob:
    """Books by pair, and the operations queue.

    keeper must be set before the first order; is_authenticated tells whether the transaction of a resting short-term
    order would still be accepted (only transactions that name authenticators, or trade for another, can turn bad);
    is_still_admitted the same of a queued order, whose transaction is in the context.
    """

    def __init__(
        self,
        is_authenticated: Callable[[Context, Order], bool] = _always,
        is_still_admitted: Callable[[Context, Order], bool] = _always,
    ) -> None:
        self.books: dict[int, Book] = {}
        self.queue = OperationsQueue()
        self.is_authenticated = is_authenticated
        self.is_still_admitted = is_still_admitted
        self.keeper: BookKeeper

    # --- books ---------------------------------------------------------------------------------------------------

    def book(self, clob_pair_id: int) -> Book:
        """The pair's book; a chain panic when there is none."""
        book = self.books.get(clob_pair_id)
        if book is None:
            raise ChainPanic(f"no order book for clob pair {clob_pair_id}")
        return book

    def create_orderbook(self, pair: ClobPair) -> bool:
        """Makes an empty book for the pair unless it has one; tells whether it was made."""
        if pair.id in self.books:
            return False
        if pair.subticks_per_tick == 0 or pair.step_base_quantums == 0:
            raise ChainPanic(f"clob pair {pair.id}: tick and step must be above zero")
        self.books[pair.id] = Book(pair.step_base_quantums, pair.subticks_per_tick)
        return True

    def update_orderbook(self, pair: ClobPair) -> None:
        """Takes over a finer step and tick; a chain panic for others or without a book. Source: dydx-modules §20.22."""
        book = self.book(pair.id)
        for old, new in ((book.tick, pair.subticks_per_tick), (book.step, pair.step_base_quantums)):
            if new == 0 or new > old or floor_mod(old, new) != 0:
                raise ChainPanic(f"clob pair {pair.id}: {new} is no divisor of {old}")
        book.tick, book.step = pair.subticks_per_tick, pair.step_base_quantums

    def price_premium(self, ctx: Context, pair: ClobPair, params: PremiumParameters) -> int:
        """Premium of an ACTIVE pair's impact price over the index price in ppm. Source: dydx-modules §20.21."""
        return price_premium_ppm(ctx, self.keeper, self.book(pair.id), pair, params)

    def resting(self, order_id: OrderId) -> Order | None:
        """The resting order of this id."""
        return self.book(order_id.clob_pair_id).orders.get(order_id)

    def capture(self) -> MemClobContent:
        """Books and queue as they are."""
        return MemClobContent(
            {number: (book, book.capture()) for number, book in self.books.items()}, self.queue.capture()
        )

    def restore(self, kept: MemClobContent) -> None:
        """Goes back to what was captured, any number of times; the books stay the same objects."""
        self.books = {number: book for number, (book, _) in kept.books.items()}
        for book, content in kept.books.values():
            book.restore(content)
        self.queue.restore(kept.queue)

    # --- orders --------------------------------------------------------------------------------------------------

    def place_order(self, ctx: Context, order: Order) -> Placement:
        """Matches an order, then rests what is left of it.

        Raises [clob 7], [20], [24], [2001], [2004] when the order is not accepted, [2003], [2005] after matching;
        makers found unfit leave the book in any case. Source: dydx-modules §20.7.2.
        """
        book = self.book(order.order_id.clob_pair_id)
        remaining = self._validate_new(ctx, book, order)
        opposite = (book.asks if order.side == SIDE_BUY else book.bids).best()
        limit = order.subticks
        if opposite is None or (limit < opposite if order.side == SIDE_BUY else limit > opposite):
            if order.order_id in book.orders:
                self._replace_resting(order)
            placement = self._rest(ctx, book, order, remaining, 0)
        else:
            placement = self._take_then_rest(ctx, book, order, remaining)
        if book.is_crossed():
            raise ChainPanic(f"the book of clob pair {order.order_id.clob_pair_id} is crossed")
        return placement

    def place_liquidation(self, ctx: Context, liquidation: MatchableOrder) -> Placement:
        """Matches a liquidation; it never rests."""
        book = self.book(liquidation.clob_pair_id)
        matching, filled = self._match(ctx, book, liquidation, liquidation.quantums)
        return Placement(matching.status, filled)

    def cancel_order(self, order_id: OrderId, good_til_block: int) -> None:
        """Cancels a short-term order and remembers the cancel. Raises [clob 9]. Source: dydx-modules §20.7.3."""
        book = self.book(order_id.clob_pair_id)
        earlier = book.cancel_til(order_id)
        if earlier is not None and earlier >= good_til_block:
            raise MemClobCancelAlreadyExists(f"{order_id} until block {earlier}")
        order = book.orders.get(order_id)
        if order is not None and good_til_block >= (order.good_til_block or 0):
            self._remove(book, order_id)
        book.remember_cancel(order_id, good_til_block)

    def _validate_new(self, ctx: Context, book: Book, order: Order) -> int:
        """Checks a new order and returns what is left to fill, in base quantums."""
        order_id = order.order_id
        if order_id.order_flags == SHORT_TERM:
            cancelled_til = book.cancel_til(order_id)
            if cancelled_til is not None and cancelled_til >= (order.good_til_block or 0):
                raise OrderIsCanceled(f"{order_id} until block {cancelled_til}")
        resting = book.orders.get(order_id)
        if resting is not None:
            _check_replacement(resting, order)
        matched = self.queue.matched.get(order_id)
        if matched is not None:
            _check_replacement(matched, order)
        filled = self.keeper.fill_amount(ctx, order_id)
        remaining = order.quantums - filled
        if remaining <= 0 or remaining < book.step:
            raise OrderFullyFilled(f"{order_id}: {max(remaining, 0)} of {order.quantums} remain")
        if order.reduce_only:
            position = self.keeper.position(ctx, order_id.subaccount_id, order_id.clob_pair_id)
            if position >= 0 if order.side == SIDE_BUY else position <= 0:
                raise ReduceOnlyWouldIncreasePositionSize(f"{order_id}: position {position}")
        if filled > 0 and requires_immediate_execution(order):
            if resting is not None:
                raise InvalidReplacement(f"{order_id} is partly filled and cannot become immediate-or-cancel")
            raise ImmediateExecutionOrderAlreadyFilled(f"{order_id}")
        return remaining

    def _take_then_rest(self, ctx: Context, book: Book, order: Order, remaining: int) -> Placement:
        matching, filled = self._match(ctx, book, matchable(order), remaining)
        status = matching.status
        is_stateful = order.order_id.order_flags != SHORT_TERM
        if status == OrderStatus.POST_ONLY_WOULD_CROSS:
            if is_stateful:
                self.queue.add_removal_once(order.order_id, RemovalReason.POST_ONLY_WOULD_CROSS)
            raise PostOnlyWouldCrossMakerOrder(f"{order.order_id}")
        if status == OrderStatus.ISOLATED_CONSTRAINTS:
            if is_stateful:
                self.queue.add_removal_once(order.order_id, RemovalReason.ISOLATED_CONSTRAINTS)
            raise WouldViolateIsolatedSubaccountConstraints(f"{order.order_id}")
        if status != OrderStatus.SUCCESS:
            reason = _REMOVAL_OF_STATUS.get(status)
            if reason is not None and is_stateful:
                self.queue.add_removal_once(order.order_id, reason)
            return Placement(status, filled)
        if matching.remaining == 0:
            return Placement(status, filled)
        return self._rest(ctx, book, order, matching.remaining, filled)

    def _rest(self, ctx: Context, book: Book, order: Order, remaining: int, filled: int) -> Placement:
        order_id = order.order_id
        if order.time_in_force == TIME_IN_FORCE_IOC:
            if order_id.order_flags != SHORT_TERM:
                self.queue.add_removal_once(order_id, RemovalReason.IOC_WOULD_REST)
            return Placement(OrderStatus.IOC_WOULD_REST, filled)
        if order_id.order_flags == SHORT_TERM and not self.queue.is_queued(order):
            self.queue.remember_tx(order, ctx.tx_bytes)
        book.add(order)
        return Placement(OrderStatus.SUCCESS, filled) if filled else _RESTED

    def _replace_resting(self, order: Order) -> None:
        order_id = order.order_id
        self._remove(self.book(order_id.clob_pair_id), order_id)
        if order_id.order_flags != SHORT_TERM:
            self.queue.add_removal_once(order_id, RemovalReason.UNSPECIFIED)

    def _remove(self, book: Book, order_id: OrderId) -> None:
        order = book.remove(order_id)
        if order_id.order_flags == SHORT_TERM and not self.queue.is_queued(order):
            self.queue.forget_tx(order)

    # --- matching ------------------------------------------------------------------------------------------------

    def _match(self, ctx: Context, book: Book, taker: MatchableOrder, remaining: int) -> tuple[TakerMatching, int]:
        """Runs the matching loop and keeps what it did; returns it with the base quantums filled in the loop."""
        child = ctx.branched()
        matching = TakerMatching(self.keeper, child, taker, remaining, self.is_authenticated)
        matching.run(book.side(not taker.is_buy).orders())
        unfit = matching.unfit
        if taker.order_id is not None:
            replaced = book.orders.get(taker.order_id)
            if replaced is not None:
                unfit.append((replaced, RemovalReason.UNSPECIFIED))
        for maker, reason in unfit:
            self._remove(book, maker.order_id)
            if maker.order_id.order_flags != SHORT_TERM:
                self.queue.add_removal_once(maker.order_id, reason)
        is_kept = matching.status not in (OrderStatus.POST_ONLY_WOULD_CROSS, OrderStatus.ISOLATED_CONSTRAINTS)
        if matching.fills and (is_kept or taker.is_liquidation):
            self._keep(child, book, taker, matching.fills)
            ctx.merge(child)
        return matching, remaining - matching.remaining

    def _keep(self, ctx: Context, book: Book, taker: MatchableOrder, fills: Sequence[tuple[Order, int]]) -> None:
        """Writes a taker's fills to queue and book. Source: dydx-modules §20.8."""
        queue = self.queue
        for maker, _ in fills:
            queue.note_matched(maker)
        if taker.order is not None:
            queue.note_matched(taker.order)
        matched: dict[SubaccountId, int] = {}
        for maker, amount in fills:
            if not queue.is_queued(maker):
                queue.add_placement(maker)
            self._remove_if_done(ctx, book, maker)
            signed = amount if taker.is_buy else -amount
            for subaccount_id, delta in ((maker.order_id.subaccount_id, -signed), (taker.subaccount_id, signed)):
                matched[subaccount_id] = matched.get(subaccount_id, 0) + delta
        if taker.order is not None:
            if taker.order.order_id.order_flags == SHORT_TERM:
                queue.remember_tx(taker.order, ctx.tx_bytes)
            queue.add_placement(taker.order)
        queue.add_match(
            taker, tuple(MakerFill(fill_amount=amount, maker_order_id=maker.order_id) for maker, amount in fills)
        )
        for subaccount_id in sorted(matched, key=subaccount_order):
            self._drop_stale_reduce_only(ctx, book, subaccount_id, taker.clob_pair_id, matched[subaccount_id])

    def _remove_if_done(self, ctx: Context, book: Book, maker: Order) -> None:
        filled = self.keeper.fill_amount(ctx, maker.order_id)
        if filled > maker.quantums:
            raise ChainPanic(f"{maker.order_id} is filled beyond its size")
        if filled == maker.quantums:
            self._remove(book, maker.order_id)

    def _drop_stale_reduce_only(
        self, ctx: Context, book: Book, subaccount_id: SubaccountId, clob_pair_id: int, matched: int
    ) -> None:
        """Takes the subaccount's reduce-only orders off the book when the match changed its position's sign."""
        order_ids = book.reduce_only_ids(subaccount_id)
        if not order_ids:
            return
        position = self.keeper.position(ctx, subaccount_id, clob_pair_id)
        if _sign(position) == _sign(position - matched):
            return
        for order_id in sorted(order_ids, key=order_id_order):
            self._remove(book, order_id)
            if order_id.order_flags != SHORT_TERM:
                self.queue.add_removal_once(order_id, RemovalReason.INVALID_REDUCE_ONLY)

    # --- after a block -------------------------------------------------------------------------------------------

    def take_queue(self) -> list[Operation]:
        """Empties the queue and takes every order placed in it off the book; returns what was queued.

        Source: dydx-modules §20.13-2.
        """
        operations = self.queue.operations
        self.queue.clear()
        for operation in operations:
            if isinstance(operation, ShortTermPlacement):
                order = operation.order
                book = self.book(order.order_id.clob_pair_id)
                if book.orders.get(order.order_id) == order:
                    self._remove(book, order.order_id)
                else:
                    self.queue.forget_tx(order)
            elif isinstance(operation, StatefulMarker):
                self._remove_if_resting(operation.order_id)
        return operations

    def purge(
        self, ctx: Context, events: ProcessProposerMatchesEvents, cancelled: Sequence[OrderId], height: int
    ) -> None:
        """Takes off the books what block `height` ended. Source: dydx-modules §20.13-3."""
        for order_id in events.order_ids_filled_in_last_block:
            book = self.book(order_id.clob_pair_id)
            order = book.orders.get(order_id)
            if order is not None and self.keeper.fill_amount(ctx, order_id) >= order.quantums:
                self._remove(book, order_id)
        for ended in (cancelled, events.expired_stateful_order_ids):
            for order_id in ended:
                must_be_stateful(order_id)
                self._remove_if_resting(order_id)
        for book in self.books.values():
            for order_id in book.expiring_at(height):
                self._remove(book, order_id)
        for order_id in events.removed_stateful_order_ids:
            must_be_stateful(order_id)
            self._remove_if_resting(order_id)
        for book in self.books.values():
            book.forget_cancels_at(height)

    def _remove_if_resting(self, order_id: OrderId) -> None:
        book = self.book(order_id.clob_pair_id)
        if order_id in book.orders:
            self._remove(book, order_id)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _check_replacement(existing: Order, new: Order) -> None:
    if compare_replacement(existing, new) >= 0:
        raise InvalidReplacement(f"{new.order_id}: good-til must grow")
    if existing.side != new.side:
        raise InvalidReplacement(f"{new.order_id}: the side must stay")
    if existing.time_in_force != new.time_in_force:
        raise InvalidReplacement(f"{new.order_id}: the time in force must stay")
    if existing.reduce_only != new.reduce_only:
        raise InvalidReplacement(f"{new.order_id}: reduce-only must stay")
