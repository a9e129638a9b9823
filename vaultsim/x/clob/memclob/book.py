"""One pair's book: price levels of queues, found by id, with expiries and cancels of short-term orders.

Source: dydx-modules §20.7.1.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from vaultsim.errors import ChainPanic
from vaultsim.pb.dydxprotocol.clob import Order, OrderId
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.x.clob.types import SHORT_TERM, SIDE_BUY, SIDE_SELL

K = TypeVar("K")
V = TypeVar("V")
Level = dict[OrderId, Order]
"""The orders at one price; a dict keeps them in the order of their arrival."""


class SideContent(NamedTuple):
    """A captured side."""

    levels: dict[int, Level]
    ranks: list[int]


class Side:
    """The bids or the asks. A level's rank is its price for bids, the negated price for asks: the highest is best."""

    __slots__ = ("_levels", "_ranks", "_sign")

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._levels: dict[int, Level] = {}
        self._ranks: list[int] = []

    def add(self, order: Order) -> None:
        """Puts the order behind all others at its price."""
        rank = order.subticks * self._sign
        level = self._levels.get(rank)
        if level is None:
            self._levels[rank] = {order.order_id: order}
            insort(self._ranks, rank)
        else:
            level[order.order_id] = order

    def remove(self, order: Order) -> None:
        """Takes the order out of its level."""
        rank = order.subticks * self._sign
        level = self._levels[rank]
        del level[order.order_id]
        if not level:
            del self._levels[rank]
            del self._ranks[bisect_left(self._ranks, rank)]

    def best(self) -> int | None:
        """Best price in subticks, None when the side is empty."""
        return self._ranks[-1] * self._sign if self._ranks else None

    def capture(self) -> SideContent:
        """The levels as they are."""
        return SideContent(_copied(self._levels), list(self._ranks))

    def restore(self, kept: SideContent) -> None:
        """Goes back to captured levels."""
        self._levels, self._ranks = _copied(kept.levels), list(kept.ranks)

    def orders(self) -> Iterator[Order]:
        """Orders by price, then arrival. The side must stay as it is meanwhile."""
        for rank in reversed(self._ranks):
            yield from self._levels[rank].values()


class BookContent(NamedTuple):
    """A captured book."""

    step: int
    tick: int
    bids: SideContent
    asks: SideContent
    orders: dict[OrderId, Order]
    expiring: dict[int, dict[OrderId, None]]
    reduce_only: dict[SubaccountId, dict[OrderId, None]]
    cancels: dict[OrderId, int]
    cancel_ids_by_block: dict[int, dict[OrderId, None]]


class Book:
    """The resting orders of one clob pair.

    step: smallest order in base quantums; tick: subticks per tick.
    """

    __slots__ = (
        "_cancel_ids_by_block",
        "_cancels",
        "_expiring",
        "_reduce_only",
        "asks",
        "bids",
        "orders",
        "step",
        "tick",
    )

    def __init__(self, step: int, tick: int) -> None:
        self.step = step
        self.tick = tick
        self.bids = Side(1)
        self.asks = Side(-1)
        self.orders: dict[OrderId, Order] = {}
        self._expiring: dict[int, dict[OrderId, None]] = {}
        self._reduce_only: dict[SubaccountId, dict[OrderId, None]] = {}
        self._cancels: dict[OrderId, int] = {}
        self._cancel_ids_by_block: dict[int, dict[OrderId, None]] = {}

    def side(self, is_buy: bool) -> Side:
        """Bids or asks."""
        return self.bids if is_buy else self.asks

    def add(self, order: Order) -> None:
        """Rests an order at the back of its level; a chain panic when its id rests already."""
        order_id = order.order_id
        if order_id in self.orders:
            raise ChainPanic(f"order {order_id} rests on the book already")
        if order.side == SIDE_BUY:
            self.bids.add(order)
        elif order.side == SIDE_SELL:
            self.asks.add(order)
        else:
            raise ChainPanic(f"invalid order side {order.side}")
        self.orders[order_id] = order
        if order_id.order_flags == SHORT_TERM:
            self._expiring.setdefault(order.good_til_block or 0, {})[order_id] = None
        if order.reduce_only:
            self._reduce_only.setdefault(order_id.subaccount_id, {})[order_id] = None

    def remove(self, order_id: OrderId) -> Order:
        """Takes a resting order off the book and returns it; a chain panic when it does not rest."""
        order = self.orders.pop(order_id, None)
        if order is None:
            raise ChainPanic(f"order {order_id} does not rest on the book")
        (self.bids if order.side == SIDE_BUY else self.asks).remove(order)
        if order_id.order_flags == SHORT_TERM:
            _drop(self._expiring, order.good_til_block or 0, order_id)
        if order.reduce_only:
            _drop(self._reduce_only, order_id.subaccount_id, order_id)
        return order

    def is_crossed(self) -> bool:
        """Whether the best bid reaches the best ask."""
        bid, ask = self.bids.best(), self.asks.best()
        return bid is not None and ask is not None and bid >= ask

    def reduce_only_ids(self, subaccount_id: SubaccountId) -> list[OrderId]:
        """Ids of the subaccount's resting reduce-only orders."""
        return list(self._reduce_only.get(subaccount_id, ()))

    def expiring_at(self, height: int) -> list[OrderId]:
        """Ids of resting short-term orders whose good-til block is `height`."""
        return list(self._expiring.get(height, ()))

    def cancel_til(self, order_id: OrderId) -> int | None:
        """Good-til block of the remembered cancel of a short-term id."""
        return self._cancels.get(order_id)

    def remember_cancel(self, order_id: OrderId, good_til_block: int) -> None:
        """Remembers a cancel of a short-term id in place of an earlier one."""
        earlier = self._cancels.get(order_id)
        if earlier is not None:
            _drop(self._cancel_ids_by_block, earlier, order_id)
        self._cancels[order_id] = good_til_block
        self._cancel_ids_by_block.setdefault(good_til_block, {})[order_id] = None

    def forget_cancels_at(self, height: int) -> None:
        """Forgets the cancels whose good-til block is `height`."""
        for order_id in self._cancel_ids_by_block.pop(height, {}):
            del self._cancels[order_id]

    def capture(self) -> BookContent:
        """The book as it is."""
        return BookContent(
            self.step,
            self.tick,
            self.bids.capture(),
            self.asks.capture(),
            dict(self.orders),
            _copied(self._expiring),
            _copied(self._reduce_only),
            dict(self._cancels),
            _copied(self._cancel_ids_by_block),
        )

    def restore(self, kept: BookContent) -> None:
        """Goes back to a captured book."""
        self.step, self.tick = kept.step, kept.tick
        self.bids.restore(kept.bids)
        self.asks.restore(kept.asks)
        self.orders = dict(kept.orders)
        self._expiring = _copied(kept.expiring)
        self._reduce_only = _copied(kept.reduce_only)
        self._cancels = dict(kept.cancels)
        self._cancel_ids_by_block = _copied(kept.cancel_ids_by_block)


def _copied(groups: dict[K, dict[OrderId, V]]) -> dict[K, dict[OrderId, V]]:
    return {key: dict(group) for key, group in groups.items()} if groups else {}


def _drop(groups: dict[K, dict[OrderId, None]], key: K, order_id: OrderId) -> None:
    group = groups[key]
    del group[order_id]
    if not group:
        del groups[key]
