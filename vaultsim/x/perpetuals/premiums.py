"""Premium votes and samples, and the funding that follows from them. Source: dydx-modules §§9.4, 9.5."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from vaultsim.context import Context
from vaultsim.errors import ChainPanic
from vaultsim.pb.dydxprotocol.perpetuals import FundingPremium, MarketPremiums, Perpetual, PremiumStore
from vaultsim.pb.runtime import replace
from vaultsim.store.collections import Item
from vaultsim.x.epochs.types import FUNDING_SAMPLE, FUNDING_TICK
from vaultsim.x.perpetuals.errors import PremiumVoteForNonActiveMarket, PremiumVoteNotClamped
from vaultsim.x.perpetuals.formulas import (
    average_premium_ppm,
    clamp_bound_ppm,
    funding_index_delta,
    funding_rate_ppm,
    min_num_samples,
    premium_sample_ppm,
)

if TYPE_CHECKING:
    from vaultsim.x.perpetuals.keeper import PerpetualsKeeper

CLOB_PAIR_STATUS_ACTIVE: Final = 1
_NO_PREMIUMS: Final = PremiumStore()


def reset(ctx: Context, store: Item[PremiumStore]) -> None:
    """Empties a premium store; the row stays."""
    store.set(ctx, _NO_PREMIUMS)


def append(ctx: Context, store: Item[PremiumStore], premiums: Sequence[FundingPremium]) -> None:
    """Adds one premium per named market and counts one more round for all markets."""
    old = store.get(ctx) or _NO_PREMIUMS
    by_id = {market.perpetual_id: market for market in old.all_market_premiums}
    for premium in premiums:
        known = by_id.get(premium.perpetual_id)
        earlier = () if known is None else known.premiums
        by_id[premium.perpetual_id] = MarketPremiums(
            perpetual_id=premium.perpetual_id, premiums=(*earlier, premium.premium_ppm)
        )
    markets = tuple(by_id[perpetual_id] for perpetual_id in sorted(by_id))
    store.set(ctx, PremiumStore(all_market_premiums=markets, num_premiums=old.num_premiums + 1))


def validate_votes(keeper: PerpetualsKeeper, ctx: Context, votes: Sequence[FundingPremium]) -> None:
    """Raises [1], [clob 19], [clob 8], [18] or [10] for the first vote that is refused. Source: dydx-modules §9.4."""
    factor = keeper.params(ctx).premium_vote_clamp_factor_ppm
    for vote in votes:
        perpetual = keeper.get(ctx, vote.perpetual_id)
        clob_pair_id = keeper.clob.find_clob_pair_id_for_perpetual(ctx, vote.perpetual_id)
        if keeper.clob.clob_pair_status(ctx, clob_pair_id) != CLOB_PAIR_STATUS_ACTIVE:
            raise PremiumVoteForNonActiveMarket(f"perpetual {vote.perpetual_id}")
        tier = keeper.liquidity_tier(ctx, perpetual.params.liquidity_tier)
        bound = clamp_bound_ppm(tier, factor)
        if abs(vote.premium_ppm) > bound:
            raise PremiumVoteNotClamped(f"perpetual {vote.perpetual_id}: {vote.premium_ppm} beyond {bound}")


def sample_votes(keeper: PerpetualsKeeper, ctx: Context) -> None:
    """Turns the votes since the last sample into one sample per market. Source: dydx-modules §9.5."""
    if not keeper.epochs.started_this_block(ctx, FUNDING_SAMPLE):
        return
    state = keeper.state
    summarized = _summarized(
        state.premium_votes.get(ctx) or _NO_PREMIUMS, keeper.params(ctx).min_num_votes_per_sample, premium_sample_ppm
    )
    samples = [
        FundingPremium(perpetual_id=perpetual_id, premium_ppm=summarized[perpetual_id])
        for perpetual_id in state.perpetuals.keys(ctx)
        if summarized.get(perpetual_id)
    ]
    append(ctx, state.premium_samples, samples)
    reset(ctx, state.premium_votes)


def tick_funding(keeper: PerpetualsKeeper, ctx: Context) -> None:
    """Moves every funding index by the average of the samples since the last tick. Source: dydx-modules §9.5."""
    if not keeper.epochs.started_this_block(ctx, FUNDING_TICK):
        return
    state = keeper.state
    duration_seconds = keeper.epochs.get(ctx, FUNDING_TICK).duration
    minimum = min_num_samples(duration_seconds, keeper.epochs.get(ctx, FUNDING_SAMPLE).duration)
    premiums = _summarized(state.premium_samples.get(ctx) or _NO_PREMIUMS, minimum, average_premium_ppm)
    for perpetual in keeper.all(ctx):
        _move_index(keeper, ctx, perpetual, premiums.get(perpetual.params.id, 0), duration_seconds)
    reset(ctx, state.premium_samples)


def _summarized(store: PremiumStore, minimum: int, combine: Callable[[Sequence[int], int, int], int]) -> dict[int, int]:
    summarized: dict[int, int] = {}
    for market in store.all_market_premiums:
        if len(market.premiums) > store.num_premiums:
            raise ChainPanic(f"perpetual {market.perpetual_id} has more premiums than {store.num_premiums} rounds")
        summarized[market.perpetual_id] = combine(market.premiums, store.num_premiums, minimum)
    return summarized


def _move_index(
    keeper: PerpetualsKeeper, ctx: Context, perpetual: Perpetual, premium_ppm: int, duration_seconds: int
) -> None:
    tier = keeper.liquidity_tier(ctx, perpetual.params.liquidity_tier)
    rate = funding_rate_ppm(perpetual, tier, premium_ppm, keeper.params(ctx).funding_rate_clamp_factor_ppm)
    if rate == 0:
        return
    price = keeper.prices.market_price(ctx, perpetual.params.market_id)
    delta = funding_index_delta(perpetual, price, rate, duration_seconds)
    keeper.state.perpetuals.set(
        ctx, perpetual.params.id, replace(perpetual, funding_index=perpetual.funding_index + delta)
    )
