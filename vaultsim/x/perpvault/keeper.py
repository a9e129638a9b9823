"""The perp vault: everything that messages, queries, hooks and the modules beside it call. Source: perp-vault §7."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.x.perpvault import formulas
from vaultsim.x.perpvault.errors import InvalidPosition
from vaultsim.x.perpvault.formulas import Delta
from vaultsim.x.perpvault.keeper_admin import AdminKeeper
from vaultsim.x.perpvault.types import PositionId, Token

GetPosition = tuple[int, int, int, int, int, int, bool, int]


class PerpvaultKeeper(AdminKeeper):
    """Reads and writes of x/perpvault."""

    def market_prices_updated(self, ctx: Context, market_ids: tuple[int, ...]) -> None:
        """Notes which markets this block updates; on a chain without the module nothing is noted."""
        free = ctx.unmetered()
        if self.state.params.has(free):
            for market_id in market_ids:
                self.state.updated_markets.add(free, market_id)

    def get_position(self, ctx: Context, where: PositionId) -> GetPosition:
        """Size, collateral, average price, entry funding rate, reserve, magnitude and sign of what is realised, time.

        A missing position is all zero, its sign true.
        """
        one = self.position(ctx, where)
        realised = one.realised_pnl
        return (
            one.size,
            one.collateral,
            one.average_price,
            one.entry_funding_rate,
            one.reserve_amount,
            abs(realised),
            realised >= 0,
            one.last_increased_time,
        )

    def position_leverage(self, ctx: Context, where: PositionId) -> int:
        """Size over collateral in bps. Raises InvalidPosition [23] without collateral."""
        position = self.position(ctx, where)
        if position.collateral == 0:
            raise InvalidPosition
        return formulas.leverage(position.size, position.collateral)

    def global_short_delta(self, ctx: Context, index: Token, maximise: bool = True) -> Delta:
        """What all shorts of an index token have won or lost."""
        size, average = index.global_short_size, index.global_short_average_price
        if size == 0:
            return Delta(False, 0)
        return formulas.delta(size, average, self.feed.price(ctx, index, maximise), is_long=False)

    def redemption_collateral(self, ctx: Context, token: Token) -> int:
        """Tokens that back USDG: the pool of a stable token; else what longs owe and what is not reserved."""
        if token.is_stable:
            return token.pool_amount
        owed = self.usd_to_token_min(ctx, token.token, token.guaranteed_usd)
        return owed + token.pool_amount - token.reserved_amount

    def aum(self, ctx: Context, maximise: bool) -> int:
        """What the pool is worth in USD, prices on one side: losses of shorts added, profits taken off, at least 0."""
        worth = profits = 0
        for token in self.state.tokens.values(ctx):
            if not token.whitelisted:
                continue
            price = self.feed.price(ctx, token, maximise)
            if token.is_stable:
                worth += formulas.token_to_usd(token.pool_amount, price, token.decimals)
                continue
            shorts = self.global_short_delta(ctx, token, maximise)
            worth += 0 if shorts.has_profit else shorts.usd
            profits += shorts.usd if shorts.has_profit else 0
            free = token.pool_amount - token.reserved_amount
            worth += token.guaranteed_usd + formulas.token_to_usd(free, price, token.decimals)
        return max(worth - profits, 0)
