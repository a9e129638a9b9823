"""Premium votes of the proposer: how far each book stands from the index price. Source: dydx-modules §§9.6, 20.21."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.pb.dydxprotocol.perpetuals import FundingPremium, MsgAddPremiumVotes
from vaultsim.pb.dydxprotocol.prices import MarketParam
from vaultsim.x.clob.memclob.premium import PremiumParameters
from vaultsim.x.perpetuals.formulas import clamp_bound_ppm
from vaultsim.x.perpetuals.keeper import PerpetualsKeeper


class MarketsPort(Protocol):
    """Markets and the exponents of their prices."""

    def find_market_param(self, ctx: Context, market_id: int) -> MarketParam | None:
        """The market's parameters."""
        ...

    def exponent_of_pair(self, pair: str) -> int:
        """Exponent of a currency pair's price; raises when the market map does not know the pair."""
        ...


class BooksPort(Protocol):
    """Premiums from the books."""

    def price_premium(self, ctx: Context, perpetual_id: int, params: PremiumParameters) -> int:
        """Premium in ppm; raises when the perpetual has no pair or the index price is zero."""
        ...


def premium_votes(
    ctx: Context,
    perpetuals: PerpetualsKeeper,
    markets: MarketsPort,
    books: BooksPort,
    index_prices: Mapping[int, int],
) -> MsgAddPremiumVotes:
    """One vote per perpetual by ascending id; zero premiums and markets without index price are left out.

    ctx: the committed state; index_prices: what the price daemon knows, by market.
    """
    factor_ppm = perpetuals.params(ctx).premium_vote_clamp_factor_ppm
    votes: list[FundingPremium] = []
    for perpetual in perpetuals.all(ctx):
        params = perpetual.params
        index_price = index_prices.get(params.market_id)
        market = markets.find_market_param(ctx, params.market_id)
        if index_price is None or market is None:
            continue
        tier = perpetuals.liquidity_tier(ctx, params.liquidity_tier)
        try:
            exponent = markets.exponent_of_pair(market.pair)
            wanted = PremiumParameters(
                index_price, exponent, params.atomic_resolution, tier.impact_notional, clamp_bound_ppm(tier, factor_ppm)
            )
            premium_ppm = books.price_premium(ctx, params.id, wanted)
        except ChainError:
            continue
        if premium_ppm:
            votes.append(FundingPremium(perpetual_id=params.id, premium_ppm=premium_ppm))
    return MsgAddPremiumVotes(votes=tuple(votes))
