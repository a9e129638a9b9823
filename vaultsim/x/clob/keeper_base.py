"""What every part of the clob keeper shares: state, ports, configurations, the records of the block."""

from __future__ import annotations

from typing import NamedTuple, NoReturn, TypeVar

from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.clob import (
    BlockRateLimitConfiguration,
    EquityTierLimitConfiguration,
    LiquidationsConfig,
    OrderId,
    ProcessProposerMatchesEvents,
)
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.runtime import replace
from vaultsim.store.collections import Item
from vaultsim.x.clob import ports
from vaultsim.x.clob.config import (
    require_valid_equity_tiers,
    require_valid_liquidations_config,
    require_valid_rate_limits,
    sorted_equity_tiers,
)
from vaultsim.x.clob.state import ClobState, IdChain, ids_in_order
from vaultsim.x.clob.stateful_prices import StatefulPrices
from vaultsim.x.clob.types import SettledFill

T = TypeVar("T")
_NONE_REMOVED: frozenset[OrderId] = frozenset()


class ClobPorts(NamedTuple):
    """The other modules that x/clob calls."""

    blocktime: ports.BlocktimePort
    perpetuals: ports.PerpetualsPort
    prices: ports.PricesPort
    subaccounts: ports.SubaccountsPort
    feetiers: ports.FeetiersPort
    stats: ports.StatsPort
    affiliates: ports.AffiliatesPort
    revshare: ports.RevsharePort
    rewards: ports.RewardsPort


def panic_with(error: ChainError) -> NoReturn:
    """Turns an error into a panic, where the chain does not expect one."""
    raise ChainPanic(error.log) from error


class NoBooks:
    """Stands for the books until the node brings its own: pairs come and go without effect."""

    def create_orderbook(self, pair: object) -> bool:
        """Nothing to make."""
        return True

    def update_orderbook(self, pair: object) -> None:
        """Nothing to change."""

    def price_premium(self, ctx: Context, pair: object, params: object) -> int:
        """Empty books have no premium."""
        return 0


class ClobBase:
    """State and ports, configurations, and the records of what the present block did to orders.

    fill_listeners: told of every fill; exempt_ids: subaccounts that are neither liquidated nor deleveraged.
    """

    def __init__(self, state: ClobState, others: ClobPorts) -> None:
        self.state = state
        self.blocktime = others.blocktime
        self.perpetuals = others.perpetuals
        self.prices = others.prices
        self.subaccounts = others.subaccounts
        self.feetiers = others.feetiers
        self.stats = others.stats
        self.affiliates = others.affiliates
        self.revshare = others.revshare
        self.rewards = others.rewards
        self.memclob: ports.MemclobPort = NoBooks()
        self.ante: ports.AntePort | None = None
        self.fill_listeners: tuple[ports.FillListener, ...] = ()
        self.exempt_ids: frozenset[SubaccountId] = frozenset()
        # Process memory of the chain's node: not branched, so a reverted transaction leaves it as it is.
        self.clob_pairs_of_perpetual: dict[int, list[int]] = {}
        self._removed: tuple[tuple[OrderId, ...], frozenset[OrderId]] = ((), frozenset())
        self._stateful_prices: dict[str, StatefulPrices] = {}

    def liquidations_config(self, ctx: Context) -> LiquidationsConfig:
        """Limits and prices of liquidations; a chain panic when never set."""
        return _required(self.state.liquidations_config.get(ctx), "liquidations config")

    def equity_tiers(self, ctx: Context) -> EquityTierLimitConfiguration:
        """Open orders by equity; a chain panic when never set."""
        return _required(self.state.equity_tiers.get(ctx), "equity tier limits")

    def rate_limits(self, ctx: Context) -> BlockRateLimitConfiguration:
        """Orders and cancels per span of blocks; a chain panic when never set."""
        return _required(self.state.rate_limits.get(ctx), "block rate limits")

    def set_liquidations_config(self, ctx: Context, config: LiquidationsConfig) -> None:
        """Checks [1000] and stores."""
        require_valid_liquidations_config(config)
        self.state.liquidations_config.set(ctx, config)

    def set_equity_tiers(self, ctx: Context, config: EquityTierLimitConfiguration) -> None:
        """Sorts, checks [10000] and stores."""
        ordered = sorted_equity_tiers(config)
        require_valid_equity_tiers(ordered)
        self.state.equity_tiers.set(ctx, ordered)

    def set_rate_limits(self, ctx: Context, config: BlockRateLimitConfiguration) -> None:
        """Checks [5000] and stores."""
        require_valid_rate_limits(config)
        self.state.rate_limits.set(ctx, config)

    def proposer_events(self, ctx: Context) -> ProcessProposerMatchesEvents:
        """What the block did to orders so far; empty when nothing was recorded."""
        events = self.state.proposer_events.get(ctx)
        return ProcessProposerMatchesEvents() if events is None else events

    def set_proposer_events(self, ctx: Context, events: ProcessProposerMatchesEvents) -> None:
        """Records what the block did; repeated ids and another height are chain panics."""
        if events.block_height != ctx.height:
            raise ChainPanic(f"proposer events of height {events.block_height} at height {ctx.height}")
        for ids in (
            events.expired_stateful_order_ids,
            events.order_ids_filled_in_last_block,
            events.removed_stateful_order_ids,
            events.conditional_order_ids_triggered_in_last_block,
        ):
            if len(ids) > 1 and len(set(ids)) != len(ids):
                raise ChainPanic("proposer events contain an order id twice")
        self.state.proposer_events.set(ctx, events)

    def tell_listeners(self, ctx: Context, fill: SettledFill) -> None:
        """Lets other modules follow a fill."""
        for listener in self.fill_listeners:
            listener.after_fill(ctx, fill)

    def was_removed(self, ctx: Context, order_id: OrderId) -> bool:
        """Whether the order was removed or fully filled in this block."""
        return order_id in self.removed_ids(ctx)

    def removed_ids(self, ctx: Context) -> frozenset[OrderId]:
        """Ids of the orders removed or fully filled in this block so far."""
        removed = self.proposer_events(ctx).removed_stateful_order_ids
        if not removed:
            return _NONE_REMOVED
        if removed is not self._removed[0]:
            self._removed = (removed, frozenset(removed))
        return self._removed[1]

    def add_removed(self, ctx: Context, order_ids: list[OrderId]) -> None:
        """Appends to the ids removed in this block."""
        events = self.proposer_events(ctx)
        removed = (*events.removed_stateful_order_ids, *order_ids)
        self.set_proposer_events(ctx, replace(events, removed_stateful_order_ids=removed))

    def delivered_long_term_order_ids(self, ctx: Context) -> list[OrderId]:
        """Long-term orders and TWAP suborders placed in this block, in order."""
        return ids_in_order(self.state.delivered_long_term.get(ctx))

    def delivered_conditional_order_ids(self, ctx: Context) -> list[OrderId]:
        """Conditional orders placed in this block, in order."""
        return ids_in_order(self.state.delivered_conditional.get(ctx))

    def delivered_cancellations(self, ctx: Context) -> list[OrderId]:
        """Stateful orders cancelled in this block, in byte order of their ids, as the chain's rows stand."""
        return list(self.state.delivered_cancellations.values(ctx))

    def reset_block_records(self, ctx: Context) -> None:
        """Begins the records of a new block."""
        self.set_proposer_events(ctx, ProcessProposerMatchesEvents(block_height=ctx.height))
        self.clear_delivered(ctx)

    def clear_delivered(self, ctx: Context) -> None:
        """Forgets which orders were placed and cancelled."""
        self.state.delivered_long_term.delete(ctx)
        self.state.delivered_conditional.delete(ctx)
        self.state.delivered_cancellations.delete_all(ctx, self.delivered_cancellations(ctx))


def append_id(item: Item[IdChain], ctx: Context, order_id: OrderId) -> None:
    """Adds an id to the end of a chain."""
    item.set(ctx, (order_id, item.get(ctx)))


def _required(value: T | None, name: str) -> T:
    if value is None:
        raise ChainPanic(f"{name} was never set in state")
    return value
