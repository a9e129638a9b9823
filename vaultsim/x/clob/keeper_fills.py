"""How much of an order is filled, for how long that is remembered, and at which prices was traded in the block."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.clob import Order, OrderFillState, OrderId
from vaultsim.x.clob.keeper_pairs import PairsKeeper
from vaultsim.x.clob.types import NEVER_PRUNED, SHORT_BLOCK_WINDOW, SHORT_TERM


class FillsKeeper(PairsKeeper):
    """Fill amounts and trade prices."""

    def fill_amount(self, ctx: Context, order_id: OrderId) -> int:
        """Base quantums filled so far; 0 when none."""
        fill = self.state.fills.get(ctx, order_id)
        return 0 if fill is None else fill.fill_amount

    def remaining(self, ctx: Context, order: Order) -> int | None:
        """Base quantums left of an order, or None when nothing is left."""
        fill = self.state.fills.get(ctx, order.order_id)
        left = order.quantums if fill is None else order.quantums - fill.fill_amount
        return left if left > 0 else None

    def set_fill(self, ctx: Context, order: Order, total: int) -> None:
        """Stores the new total of an order's fills and, for a short-term order, when it may be forgotten.

        Source: dydx-modules §20.10-15.
        """
        order_id = order.order_id
        prunable_height = NEVER_PRUNED
        if order_id.order_flags == SHORT_TERM:
            before = self.state.fills.get(ctx, order_id)
            known = 0 if before is None else before.prunable_block_height
            prunable_height = max((order.good_til_block or 0) + SHORT_BLOCK_WINDOW, known)
            self.state.prunable.set(ctx, (prunable_height, order_id), order_id)
        self.state.fills.set(ctx, order_id, OrderFillState(fill_amount=total, prunable_block_height=prunable_height))

    def prune_fills(self, ctx: Context) -> None:
        """Forgets fills of short-term orders whose time has come at this height. Source: dydx-modules §20.12."""
        height = ctx.height
        under = height.to_bytes(4, "big") + b":"
        for key, order_id in list(self.state.prunable.items(ctx, under)):
            fill = self.state.fills.get(ctx, order_id)
            if fill is not None and fill.prunable_block_height <= height:
                self.state.fills.delete(ctx, order_id)
            self.state.prunable.delete(ctx, key)

    def note_trade(self, ctx: Context, perpetual_id: int, subticks: int) -> None:
        """Widens the block's range of trade prices of a perpetual."""
        low, high = self.state.min_trades.get(ctx, perpetual_id), self.state.max_trades.get(ctx, perpetual_id)
        if low is None or high is None or subticks < low:
            self.state.min_trades.set(ctx, perpetual_id, subticks)
        if low is None or high is None or subticks > high:
            self.state.max_trades.set(ctx, perpetual_id, subticks)

    def trade_range(self, ctx: Context, perpetual_id: int) -> tuple[int, int] | None:
        """Lowest and highest subticks traded in this block, or None."""
        low, high = self.state.min_trades.get(ctx, perpetual_id), self.state.max_trades.get(ctx, perpetual_id)
        return None if low is None or high is None else (low, high)
