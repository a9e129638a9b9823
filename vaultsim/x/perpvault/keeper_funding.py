"""Funding by imbalance of open interest: the heavier side pays. Source: perp-vault §6."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.pb.runtime import replace
from vaultsim.x.perpvault.events import UpdateFundingRate
from vaultsim.x.perpvault.formulas import interval_start
from vaultsim.x.perpvault.keeper_base import LedgerKeeper
from vaultsim.x.perpvault.types import Token


class FundingKeeper(LedgerKeeper):
    """Accumulators."""

    def update_all_funding(self, ctx: Context) -> None:
        """Brings the accumulators of every whitelisted token that is not stable up to date, by denomination."""
        if not self.state.params.has(ctx):
            return
        for token in self.state.tokens.values(ctx):
            if token.whitelisted and not token.is_stable:
                self._update(ctx, token)

    def update_cumulative_funding_rate(self, ctx: Context, collateral_token: str, index_token: str) -> None:
        """Adds the whole intervals since the last update at the open interest that stands; a first call only starts.

        collateral_token: without effect; accumulators are by index token and side. A stable index only moves on.
        """
        token = self.state.tokens.get(ctx, index_token)
        if token is not None:
            self._update(ctx, token)

    def _update(self, ctx: Context, token: Token) -> None:
        interval, last, now = self.params(ctx).funding_interval, token.last_funding_time, ctx.unix_seconds
        if last and last + interval > now:
            return
        start = interval_start(now, interval)
        if last == 0:
            if start:
                self.state.tokens.set(ctx, token.token, replace(token, last_funding_time=start))
            return
        long_rate, short_rate = self.utils.next_funding_rates(ctx, token)
        moved = replace(
            token,
            last_funding_time=start,
            cumulative_funding_rate_long=token.cumulative_funding_rate_long + long_rate,
            cumulative_funding_rate_short=token.cumulative_funding_rate_short + short_rate,
        )
        self.state.tokens.set(ctx, token.token, moved)
        if not token.is_stable:
            ctx.emit(
                UpdateFundingRate(token.token, moved.cumulative_funding_rate_long, moved.cumulative_funding_rate_short)
            )
