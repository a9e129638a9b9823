"""A stupid, slow memclob: one list of orders, sorted anew for every question."""

from __future__ import annotations

import hashlib

from vaultsim.pb.dydxprotocol.clob import Order, OrderId

SHORT_TERM = 0


class Refused(Exception):
    """The order was not accepted."""


class NaiveMemClob:
    """Orders in arrival order; operations as plain tuples."""

    def __init__(self, broke: set[str]) -> None:
        self.broke = broke
        self.arrived: list[Order] = []
        self.fills: dict[OrderId, int] = {}
        self.matched: dict[OrderId, Order] = {}
        self.cancels: dict[OrderId, int] = {}
        self.operations: list[tuple[object, ...]] = []

    def side(self, side: int) -> list[Order]:
        sign = -1 if side == 1 else 1
        return sorted((o for o in self.arrived if o.side == side), key=lambda o: sign * o.subticks)

    def left(self, order: Order, fills: dict[OrderId, int]) -> int:
        return order.quantums - fills.get(order.order_id, 0)

    def place(self, order: Order) -> None:
        self._check(order)
        fills, done, unfit, status = self._walk(order)
        replaced = [o for o in self.arrived if o.order_id == order.order_id]
        for maker, reason in unfit:
            self._drop(maker, reason)
        for old in replaced:
            self.arrived.remove(old)
        if done and status != "post-only":
            self._keep(order, fills, done)
        if status == "post-only":
            if order.order_id.order_flags != SHORT_TERM:
                self._removal(order.order_id, 3)
            raise Refused("post-only")
        if status == "broke":
            if order.order_id.order_flags != SHORT_TERM:
                self._removal(order.order_id, 1)
        elif self.left(order, self.fills) > 0:
            if order.time_in_force != 1:
                self.arrived.append(order)
            elif order.order_id.order_flags != SHORT_TERM:
                self._removal(order.order_id, 6)

    def cancel(self, order_id: OrderId, til: int) -> None:
        if self.cancels.get(order_id, -1) >= til:
            raise Refused("cancelled")
        self.arrived = [o for o in self.arrived if o.order_id != order_id or (o.good_til_block or 0) > til]
        self.cancels[order_id] = til

    def _check(self, order: Order) -> None:
        short_term = order.order_id.order_flags == SHORT_TERM
        if short_term and self.cancels.get(order.order_id, -1) >= (order.good_til_block or 0):
            raise Refused("cancelled")
        known = [o for o in self.arrived if o.order_id == order.order_id]
        resting = bool(known)
        if order.order_id in self.matched:
            known.append(self.matched[order.order_id])
        for old in known:
            same = (old.side, old.time_in_force) == (order.side, order.time_in_force)
            if not same or rank(order) <= rank(old):
                raise Refused("replacement")
        if self.left(order, self.fills) <= 0:
            raise Refused("filled")
        if order.time_in_force == 1 and self.fills.get(order.order_id, 0) > 0:
            raise Refused("partly filled" if resting else "ioc filled")

    def _walk(self, taker: Order) -> tuple[dict[OrderId, int], list[tuple[Order, int]], list[tuple[Order, int]], str]:
        fills = dict(self.fills)
        done: list[tuple[Order, int]] = []
        unfit: list[tuple[Order, int]] = []
        for maker in self.side(3 - taker.side):
            crosses = taker.subticks >= maker.subticks if taker.side == 1 else taker.subticks <= maker.subticks
            if not crosses or self.left(taker, fills) == 0:
                break
            if maker.order_id == taker.order_id:
                continue
            if maker.order_id.subaccount_id == taker.order_id.subaccount_id:
                unfit.append((maker, 4))
                continue
            amount = min(self.left(taker, fills), self.left(maker, fills))
            maker_broke = maker.order_id.subaccount_id.owner in self.broke
            taker_broke = taker.order_id.subaccount_id.owner in self.broke
            if maker_broke:
                unfit.append((maker, 1))
            if taker_broke:
                return fills, done, unfit, "broke"
            if maker_broke:
                continue
            if taker.time_in_force == 2:
                return fills, done, unfit, "post-only"
            for one in (taker, maker):
                fills[one.order_id] = fills.get(one.order_id, 0) + amount
            done.append((maker, amount))
        return fills, done, unfit, ""

    def _keep(self, taker: Order, fills: dict[OrderId, int], done: list[tuple[Order, int]]) -> None:
        self.fills = fills
        for one in [*(maker for maker, _ in done), taker]:
            self.matched[one.order_id] = one
            if ("placed", one) not in self.operations:
                self.operations.append(("placed", one))
        self.operations.append(("match", taker.order_id, tuple((maker.order_id, amount) for maker, amount in done)))
        self.arrived = [o for o in self.arrived if self.left(o, fills) > 0]

    def _drop(self, maker: Order, reason: int) -> None:
        self.arrived.remove(maker)
        if maker.order_id.order_flags != SHORT_TERM:
            self._removal(maker.order_id, reason)

    def _removal(self, order_id: OrderId, reason: int) -> None:
        if not any(one[0] == "removed" and one[1] == order_id for one in self.operations):
            self.operations.append(("removed", order_id, reason))


def rank(order: Order) -> tuple[int, bytes]:
    return order.good_til_block or order.good_til_block_time or 0, hashlib.sha256(order.encode()).digest()
