"""Conditional triggers and TWAP suborders, at the end of a block. Source: dydx-modules §§20.19, 20.20."""

from __future__ import annotations

from typing import NamedTuple

from vaultsim.context import Context, run_cached_logged
from vaultsim.errors import ChainPanic
from vaultsim.lib.ints import wrap_u64
from vaultsim.lib.maths import ceil_div, floor_div
from vaultsim.pb.dydxprotocol.clob import ClobPair, Order, OrderId, TwapOrderPlacement
from vaultsim.pb.runtime import replace
from vaultsim.x.clob.formulas import (
    Ratio,
    clamp_price,
    trigger_bounds,
    twap_suborder_quantums,
    twap_suborder_subticks,
)
from vaultsim.x.clob.keeper_operations import OperationsKeeper
from vaultsim.x.clob.keeper_placements import twap_parent_id
from vaultsim.x.clob.types import (
    CONDITION_STOP_LOSS,
    CONDITION_TAKE_PROFIT,
    SIDE_SELL,
    is_buy,
    must_perpetual_of,
    twap_legs,
)

SUBORDER_SECONDS = 3


class _TwapStep(NamedTuple):
    """What a due trigger asks for: place `suborder` for `parent`, or end the parent, or (both None) nothing."""

    trigger: tuple[int, OrderId]
    parent: TwapOrderPlacement | None
    suborder: Order | None


class EndBlockKeeper(OperationsKeeper):
    """What the end of a block starts."""

    def trigger_conditional_orders(self, ctx: Context) -> list[OrderId]:
        """Triggers every conditional order whose price was reached; ids in the order of triggering."""
        waiting: dict[int, list[Order]] = {}
        for order in self.all_untriggered_orders(ctx):
            waiting.setdefault(order.order_id.clob_pair_id, []).append(order)
        triggered: list[OrderId] = []
        for pair_id in sorted(waiting):
            pair = self.find_clob_pair(ctx, pair_id)
            if pair is not None:
                triggered += self._trigger_pair(ctx, pair, waiting[pair_id])
        return triggered

    def _trigger_pair(self, ctx: Context, pair: ClobPair, orders: list[Order]) -> list[OrderId]:
        perpetual_id = must_perpetual_of(pair)
        oracle = self.oracle_subticks(ctx, pair)
        at_most = [order for order in orders if _triggers_downward(order)]
        at_least = [order for order in orders if _triggers_upward(order)]
        triggered: list[OrderId] = []
        for price in (oracle, *self._trade_prices(ctx, perpetual_id, oracle)):
            up, down = ceil_div(*price), floor_div(*price)
            due = [one.order_id for one in at_most if one.conditional_order_trigger_subticks >= up]
            due += [one.order_id for one in at_least if one.conditional_order_trigger_subticks <= down]
            at_most = [one for one in at_most if one.conditional_order_trigger_subticks < up]
            at_least = [one for one in at_least if one.conditional_order_trigger_subticks > down]
            for order_id in due:
                self.trigger(ctx, order_id)
            triggered += due
        return triggered

    def _trade_prices(self, ctx: Context, perpetual_id: int, oracle: Ratio) -> tuple[Ratio, ...]:
        """The block's lowest and highest trade price, kept near the oracle price; nothing without a trade."""
        traded = self.trade_range(ctx, perpetual_id)
        if traded is None:
            return ()
        market_id = self.perpetuals.get(ctx, perpetual_id).params.market_id
        param = self.prices.find_market_param(ctx, market_id)
        if param is None:
            raise ChainPanic(f"market param {market_id} is missing")
        low, high = trigger_bounds(oracle, param.min_price_change_ppm)
        return clamp_price(traded[0], low, high), clamp_price(traded[1], low, high)

    def place_twap_suborders(self, ctx: Context) -> None:
        """Places the suborder of every TWAP parent whose time has come; a failing one ends its parent."""
        for step in self._due_twap_steps(ctx):
            self.state.twap_triggers.delete(ctx, step.trigger)
            if step.parent is None:
                continue
            if step.suborder is None:
                self.delete_twap_parent(ctx, step.parent.order.order_id)
            else:
                self._place_suborder(ctx, step.parent, step.suborder)

    def _due_twap_steps(self, ctx: Context) -> list[_TwapStep]:
        """All due triggers, with sizes and prices as they are before the first suborder is placed."""
        steps: list[_TwapStep] = []
        for trigger in self.state.twap_triggers.keys(ctx, before=(ctx.unix_seconds + 1).to_bytes(8, "big")):
            parent = self.find_twap_parent(ctx, twap_parent_id(trigger[1]))
            suborder = None if parent is None else self._suborder(ctx, trigger[1], parent)
            steps.append(_TwapStep(trigger, parent, suborder))
        return steps

    def _suborder(self, ctx: Context, order_id: OrderId, parent: TwapOrderPlacement) -> Order | None:
        if parent.remaining_legs == 0:
            return None
        whole = parent.order
        pair = self.must_clob_pair(ctx, whole.order_id.clob_pair_id)
        return Order(
            order_id=order_id,
            side=whole.side,
            quantums=twap_suborder_quantums(
                parent.remaining_quantums,
                parent.remaining_legs,
                whole.quantums,
                twap_legs(whole),
                pair.step_base_quantums,
            ),
            subticks=whole.subticks or self._suborder_subticks(ctx, pair, whole),
            good_til_block_time=ctx.unix_seconds + SUBORDER_SECONDS,
            reduce_only=whole.reduce_only,
            client_metadata=whole.client_metadata,
        )

    def _suborder_subticks(self, ctx: Context, pair: ClobPair, parent: Order) -> int:
        parameters = parent.twap_parameters
        if parameters is None:
            raise ChainPanic(f"TWAP parent {parent.order_id} has no parameters")
        oracle = self.oracle_subticks(ctx, pair)
        return wrap_u64(
            twap_suborder_subticks(oracle, parent.side == SIDE_SELL, parameters.price_tolerance, pair.subticks_per_tick)
        )

    def _place_suborder(self, ctx: Context, parent: TwapOrderPlacement, suborder: Order) -> None:
        parent_id = parent.order.order_id
        left = replace(parent, remaining_legs=parent.remaining_legs - 1)
        self.state.twap_parents.set(ctx, parent_id, left)
        parameters = parent.order.twap_parameters
        assert parameters is not None
        following = (ctx.unix_seconds + parameters.interval, suborder.order_id)
        self.state.twap_triggers.add(ctx, following)
        problem = run_cached_logged(ctx, lambda inner: self.place_stateful_order(inner, suborder, internal=True))
        if problem is not None:
            self.delete_twap_parent(ctx, parent_id)
            self.state.twap_triggers.delete(ctx, following)


def _triggers_downward(order: Order) -> bool:
    """Take-profit buys and stop-loss sells: the price falls to the trigger."""
    return order.condition_type == (CONDITION_TAKE_PROFIT if is_buy(order) else CONDITION_STOP_LOSS)


def _triggers_upward(order: Order) -> bool:
    """Take-profit sells and stop-loss buys: the price rises to the trigger."""
    return order.condition_type == (CONDITION_STOP_LOSS if is_buy(order) else CONDITION_TAKE_PROFIT)
