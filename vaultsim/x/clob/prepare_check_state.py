"""After each commit: the books follow the block, then match what it brought. Source: dydx-modules §20.13."""

from __future__ import annotations

from collections.abc import Sequence

from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.clob import ClobPair, Order, OrderId
from vaultsim.x.clob.check_liquidations import liquidate_and_deleverage
from vaultsim.x.clob.daemon_lists import DaemonLists
from vaultsim.x.clob.keeper import ClobKeeper
from vaultsim.x.clob.memclob.memclob import MemClob
from vaultsim.x.clob.memclob.replay import Replay
from vaultsim.x.clob.rate_limits import RateLimits
from vaultsim.x.clob.types import is_post_only


def prepare_check_state(
    ctx: Context, keeper: ClobKeeper, memclob: MemClob, limits: RateLimits, lists: DaemonLists
) -> None:
    """Works on a fresh check state whose height is the committed one; fills made here change nothing else.

    lists: the liquidation daemon's, computed on the state just committed.
    """
    limits.configure(keeper.rate_limits(ctx))
    limits.prune(ctx.height)
    events = keeper.proposer_events(ctx)
    if events.block_height != ctx.height:
        raise ChainPanic(f"proposer events of height {events.block_height} at height {ctx.height}")
    operations = memclob.take_queue()
    memclob.purge(ctx, events, keeper.delivered_cancellations(ctx), ctx.height)
    delivered = _orders_in_state(ctx, keeper, keeper.delivered_long_term_order_ids(ctx))
    triggered = _triggered(ctx, keeper, events.conditional_order_ids_triggered_in_last_block)
    placing = _Placing(ctx, keeper, memclob)
    by_kind: dict[bool, list[Order]] = {True: [], False: []}
    for order in (*delivered, *triggered):
        by_kind[is_post_only(order)].append(order)
    for post_only, orders in by_kind.items():
        for order in orders:
            placing.place(order)
        Replay(memclob, keeper, ctx, post_only=post_only).run(operations)
    liquidate_and_deleverage(ctx, keeper, memclob, lists)


def _orders_in_state(ctx: Context, keeper: ClobKeeper, order_ids: Sequence[OrderId]) -> list[Order]:
    placements = keeper.find_stateful_placements(ctx, order_ids)
    return [placement.order for placement in placements if placement is not None]


def _triggered(ctx: Context, keeper: ClobKeeper, order_ids: Sequence[OrderId]) -> list[Order]:
    for order_id in order_ids:
        if not keeper.is_triggered(ctx, order_id):
            raise ChainPanic(f"conditional order {order_id} is not triggered")
    return _orders_in_state(ctx, keeper, order_ids)


class _Placing:
    """Places orders that are in state; what they are checked against is read once."""

    def __init__(self, ctx: Context, keeper: ClobKeeper, memclob: MemClob) -> None:
        self._ctx = ctx
        self._keeper = keeper
        self._memclob = memclob
        self._previous_seconds = keeper.previous_seconds(ctx)
        self._pairs: dict[int, ClobPair] = {}

    def place(self, order: Order) -> None:
        """An order that cannot rest stays in state, off the book."""
        try:
            pair = self._pair(order.order_id.clob_pair_id)
            self._keeper.validate_stored_order(self._ctx, order, pair, self._previous_seconds)
            self._memclob.place_order(self._ctx, order)
        except ChainError:
            return

    def _pair(self, pair_id: int) -> ClobPair:
        pair = self._pairs.get(pair_id)
        if pair is None:
            pair = self._pairs[pair_id] = self._keeper.clob_pair(self._ctx, pair_id)
        return pair
