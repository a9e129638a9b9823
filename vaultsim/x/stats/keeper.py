"""Trading volume per user over a moving window of epochs, and the cached staked amounts.

Source: dydx-modules §13.
"""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainPanic
from vaultsim.lib.ints import wrap_u32, wrap_u64
from vaultsim.pb.dydxprotocol.stats import (
    AffiliateAttribution,
    BlockStats,
    BlockStats_Fill,
    CachedStakedBaseTokens,
    EpochStats,
    GlobalStats,
    Params,
    StatsMetadata,
    UserStats,
)
from vaultsim.pb.google.protobuf import Timestamp
from vaultsim.x.clock import duration_ns, timestamp_ns
from vaultsim.x.epochs.types import STATS_EPOCH
from vaultsim.x.stats import formulas
from vaultsim.x.stats.ports import Delegations, Epochs
from vaultsim.x.stats.state import StatsState

_NO_GLOBAL = GlobalStats()
_NO_METADATA = StatsMetadata()
_NO_PARAMS = Params()


class StatsKeeper:
    """Reads and writes of x/stats. Users are owners: all subaccounts of an owner share their stats."""

    def __init__(self, state: StatsState, epochs: Epochs, delegations: Delegations) -> None:
        self.state = state
        self._epochs = epochs
        self.delegations = delegations

    def user_stats(self, ctx: Context, user: str) -> UserStats:
        """What `user` traded in the window, up to the previous block."""
        return self.state.users.get(ctx, user) or formulas.NO_STATS

    def global_stats(self, ctx: Context) -> GlobalStats:
        """What everybody traded in the window, up to the previous block."""
        return self.state.totals.get(ctx) or _NO_GLOBAL

    def epoch_stats(self, ctx: Context, epoch: int) -> EpochStats | None:
        """What was traded in `epoch`, or None."""
        return self.state.epochs.get(ctx, epoch)

    def metadata(self, ctx: Context) -> StatsMetadata:
        """The oldest epoch that still counts."""
        return self.state.metadata.get(ctx) or _NO_METADATA

    def params(self, ctx: Context) -> Params:
        """The window's length."""
        return self.state.params.get(ctx) or _NO_PARAMS

    def set_params(self, ctx: Context, params: Params) -> None:
        """Stores the window's length. Raises [400]."""
        formulas.require_valid_params(params)
        self.state.params.set(ctx, params)

    def record_fill(
        self,
        ctx: Context,
        taker: str,
        maker: str,
        notional: int,
        affiliate_fee_quantums: int,
        attributions: tuple[AffiliateAttribution, ...] = (),
    ) -> None:
        """Notes a persisted fill of `notional` quote quantums for the roll-up at the end of the block."""
        fill = BlockStats_Fill(
            taker=taker,
            maker=maker,
            notional=wrap_u64(notional),
            affiliate_fee_generated_quantums=wrap_u64(affiliate_fee_quantums),
            affiliate_attributions=attributions,
        )
        block = self.state.block.get(ctx)
        fills = (fill,) if block is None else (*block.fills, fill)
        self.state.block.set(ctx, BlockStats(fills=fills))

    def roll_up(self, ctx: Context) -> None:
        """EndBlock: the block's fills into users, epoch and total; then at most one old epoch leaves the window."""
        self._process_block(ctx)
        self._expire_one(ctx)

    def staked_base_tokens(self, ctx: Context, user: str) -> int:
        """Staked base tokens of `user`, cached for 900 s; a stale or missing cache row is written, even with 0.

        A cache row from the future is a chain panic.
        """
        cached = self.state.cached_stakes.get(ctx, user)
        if cached is not None:
            if not 0 <= cached.cached_at <= ctx.unix_seconds:
                raise ChainPanic("Invariant violation: cachedStakedBaseTokens.CachedAt is greater than blocktime")
            if ctx.unix_seconds - cached.cached_at <= formulas.STAKE_CACHE_SECONDS:
                return cached.staked_base_tokens
        tokens = self.delegations.base_tokens(user)
        self.state.cached_stakes.set(
            ctx, user, CachedStakedBaseTokens(staked_base_tokens=tokens, cached_at=ctx.unix_seconds)
        )
        return tokens

    def _process_block(self, ctx: Context) -> None:
        epoch = self._epochs.must_get(ctx, STATS_EPOCH)
        block = self.state.block.get(ctx)
        if block is None or not block.fills:
            return
        gains = formulas.gains_of(block.fills)
        for user, gain in gains.items():
            self.state.users.set(ctx, user, formulas.plus(self.user_stats(ctx, user), gain))
        known = self.state.epochs.get(ctx, epoch.current_epoch)
        stats = EpochStats(
            epoch_end_time=Timestamp(seconds=epoch.next_tick),
            stats=formulas.merged(() if known is None else known.stats, gains),
        )
        self.state.epochs.set(ctx, epoch.current_epoch, stats)
        traded = self.global_stats(ctx).notional_traded + sum(fill.notional for fill in block.fills)
        self.state.totals.set(ctx, GlobalStats(notional_traded=wrap_u64(traded)))

    def _expire_one(self, ctx: Context) -> None:
        current = self._epochs.must_get(ctx, STATS_EPOCH).current_epoch
        trailing = self.metadata(ctx).trailing_epoch
        if trailing == current:
            return
        old = self.state.epochs.get(ctx, trailing)
        if old is not None:
            window_ns = duration_ns(self.params(ctx).window_duration)
            if timestamp_ns(old.epoch_end_time) >= ctx.time_ns - window_ns:
                return
            for one in old.stats:
                left = formulas.minus(self.user_stats(ctx, one.user), one.stats or formulas.NO_STATS)
                self.state.users.set(ctx, one.user, left)
            self.state.totals.set(ctx, formulas.without_users(self.global_stats(ctx), old.stats))
            self.state.epochs.delete(ctx, trailing)
        self.state.metadata.set(ctx, StatsMetadata(trailing_epoch=wrap_u32(trailing + 1)))
