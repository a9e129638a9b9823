"""The perp vault at the end of a run: what its pool is worth, and each token's pool and open interest."""

from __future__ import annotations

import msgspec

from vaultsim.app.app import App
from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.x.perpvault.keeper import PerpvaultKeeper
from vaultsim.x.perpvault.types import USDG, Token, TokenList


class PerpvaultTokenSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One token: amounts in its smallest unit, USD scaled by 10^30, all as decimal text.

    min_price and max_price are None where the feed cannot tell them.
    """

    token: str
    decimals: int
    whitelisted: bool
    min_price: str | None
    max_price: str | None
    pool_amount: str
    reserved_amount: str
    fee_reserve: str
    usdg_amount: str
    guaranteed_usd: str
    long_open_interest: str
    short_open_interest: str


class PerpvaultSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The vault at the end of a run; the worth of the pool in USD is None while a price is missing."""

    aum_min: str | None
    aum_max: str | None
    usdg_supply: str
    positions: int
    liquidatable: int | None
    requests: int
    orders: int
    tokens: tuple[PerpvaultTokenSummary, ...]


def summarize_perpvault(app: App) -> PerpvaultSummary | None:
    """The figures of the app's committed state; None on a chain without the vault."""
    keeper, ctx = app.modules.keepers.perpvault, app.query_context()
    state = keeper.state
    if not state.params.has(ctx):
        return None
    listed = state.token_list.get(ctx) or TokenList()
    return PerpvaultSummary(
        aum_min=_aum(keeper, ctx, maximise=False),
        aum_max=_aum(keeper, ctx, maximise=True),
        usdg_supply=str(keeper.bank.supply(ctx, USDG)),
        positions=sum(1 for _ in state.positions.keys(ctx)),
        liquidatable=_liquidatable(keeper, ctx),
        requests=sum(1 for rows in (state.increase_requests, state.decrease_requests) for _ in rows.keys(ctx)),
        orders=sum(1 for rows in (state.increase_orders, state.decrease_orders) for _ in rows.keys(ctx)),
        tokens=tuple(_token(keeper, ctx, keeper.token(ctx, denom)) for denom in listed.tokens),
    )


def _token(keeper: PerpvaultKeeper, ctx: Context, token: Token) -> PerpvaultTokenSummary:
    return PerpvaultTokenSummary(
        token=token.token,
        decimals=token.decimals,
        whitelisted=token.whitelisted,
        min_price=_price(keeper, ctx, token, maximise=False),
        max_price=_price(keeper, ctx, token, maximise=True),
        pool_amount=str(token.pool_amount),
        reserved_amount=str(token.reserved_amount),
        fee_reserve=str(token.fee_reserve),
        usdg_amount=str(token.usdg_amount),
        guaranteed_usd=str(token.guaranteed_usd),
        long_open_interest=str(token.long_open_interest),
        short_open_interest=str(token.short_open_interest),
    )


def _price(keeper: PerpvaultKeeper, ctx: Context, token: Token, *, maximise: bool) -> str | None:
    try:
        return str(keeper.feed.price(ctx, token, maximise))
    except (ChainError, ChainPanic):
        return None


def _aum(keeper: PerpvaultKeeper, ctx: Context, *, maximise: bool) -> str | None:
    try:
        return str(keeper.aum(ctx, maximise))
    except (ChainError, ChainPanic):
        return None


def _liquidatable(keeper: PerpvaultKeeper, ctx: Context) -> int | None:
    try:
        return len(keeper.utils.liquidatable(ctx))
    except (ChainError, ChainPanic):
        return None
