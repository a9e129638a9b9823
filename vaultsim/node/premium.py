"""Premium votes of the proposer: how far each book stands from the index price. Source: dydx-modules §§9.6, 20.21.

What a vote depends on besides index price and book hardly ever changes; it is kept per perpetual and dropped when a
block changes one of the rows it was read from. Most books stand around the index price, which one comparison shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.lib.quantums import price_to_subticks
from vaultsim.pb.dydxprotocol.clob import ClobPair
from vaultsim.pb.dydxprotocol.perpetuals import FundingPremium, MsgAddPremiumVotes, Perpetual
from vaultsim.store.multistore import ChangeSet
from vaultsim.x.clob.keeper import ClobKeeper
from vaultsim.x.clob.memclob.book import Book
from vaultsim.x.clob.memclob.memclob import MemClob
from vaultsim.x.clob.memclob.premium import PremiumParameters
from vaultsim.x.clob.types import STATUS_ACTIVE
from vaultsim.x.perpetuals.formulas import clamp_bound_ppm
from vaultsim.x.perpetuals.keeper import PerpetualsKeeper
from vaultsim.x.prices.keeper import PricesKeeper


class _Market(NamedTuple):
    """A perpetual that may be voted on. `scale`: subticks of an index price of 1, as a ratio."""

    perpetual_id: int
    market_id: int
    pair: ClobPair
    book: Book
    scale: tuple[int, int]
    rest: tuple[int, int, int, int]
    """Exponent, atomic resolution, impact notional and bound of PremiumParameters."""


class VoterContent(NamedTuple):
    """A captured voter."""

    markets: dict[int, _Market | None]
    stale: dict[int, None] | None
    versions: list[int | None]


class PremiumVoter:
    """Makes the votes of one block after another."""

    def __init__(self, perpetuals: PerpetualsKeeper, prices: PricesKeeper, clob: ClobKeeper, memclob: MemClob) -> None:
        self._perpetuals = perpetuals
        self._prices = prices
        self._clob = clob
        self._memclob = memclob
        self._markets: dict[int, _Market | None] = {}
        self._stale: dict[int, None] | None = None
        """Perpetuals to be read again; None for all of them."""
        self._lasting = (prices.state.params.slot, clob.state.clob_pairs.slot)
        self._versions: list[int | None] = []

    def follow(self, changes: ChangeSet) -> None:
        """Drops what a block's changes made stale."""
        rows = self._perpetuals.state.perpetuals
        for change in changes.get(rows.store, ()):
            if rows.owns(change.key):
                self._drop(int.from_bytes(change.key[len(rows.prefix) :], "big"))
            elif not change.key.startswith(b"Prem"):
                self._stale = None

    def capture(self) -> VoterContent:
        """What is known of the markets."""
        return VoterContent(dict(self._markets), None if self._stale is None else dict(self._stale), self._versions)

    def restore(self, kept: VoterContent) -> None:
        """Goes back to what was known, any number of times."""
        self._markets = dict(kept.markets)
        self._stale = None if kept.stale is None else dict(kept.stale)
        self._versions = kept.versions

    def votes(self, ctx: Context, index_prices: Mapping[int, int]) -> MsgAddPremiumVotes:
        """One vote per perpetual by ascending id; zero premiums and markets without index price are left out.

        ctx: the committed state; index_prices: what the price daemon knows, by market.
        """
        self._refresh(ctx)
        votes: list[FundingPremium] = []
        for market in self._markets.values():
            if market is None:
                continue
            index_price = index_prices.get(market.market_id)
            if not index_price or _is_around(market, index_price):
                continue
            premium_ppm = self._premium_ppm(ctx, market, index_price)
            if premium_ppm:
                votes.append(FundingPremium(perpetual_id=market.perpetual_id, premium_ppm=premium_ppm))
        return MsgAddPremiumVotes(votes=tuple(votes))

    def _premium_ppm(self, ctx: Context, market: _Market, index_price: int) -> int:
        try:
            return self._memclob.price_premium(ctx, market.pair, PremiumParameters(index_price, *market.rest))
        except ChainError:
            return 0

    def _drop(self, perpetual_id: int) -> None:
        if self._stale is not None:
            self._stale[perpetual_id] = None

    def _refresh(self, ctx: Context) -> None:
        versions = [ctx.branch.version(slot) for slot in self._lasting]
        if versions != self._versions:
            self._versions = versions
            self._stale = None
        if self._stale is None:
            self._markets = {one.params.id: self._market(ctx, one) for one in self._perpetuals.all(ctx)}
        else:
            known = len(self._markets)
            for perpetual_id in self._stale:
                self._markets[perpetual_id] = self._market(ctx, self._perpetuals.get(ctx, perpetual_id))
            if len(self._markets) != known:
                self._markets = dict(sorted(self._markets.items()))
        self._stale = {}

    def _market(self, ctx: Context, perpetual: Perpetual) -> _Market | None:
        """What the perpetual's votes depend on, None when there is nothing to vote on."""
        params = perpetual.params
        market = self._prices.find_market_param(ctx, params.market_id)
        if market is None:
            return None
        tier = self._perpetuals.liquidity_tier(ctx, params.liquidity_tier)
        factor_ppm = self._perpetuals.params(ctx).premium_vote_clamp_factor_ppm
        try:
            exponent = self._prices.exponent_of_pair(market.pair)
            pair = self._clob.clob_pair(ctx, self._clob.clob_pair_id_for_perpetual(params.id))
        except ChainError:
            return None
        if pair.status != STATUS_ACTIVE:
            return None
        resolution = params.atomic_resolution
        scale = price_to_subticks(1, exponent, resolution, pair.quantum_conversion_exponent)
        rest = (exponent, resolution, tier.impact_notional, clamp_bound_ppm(tier, factor_ppm))
        return _Market(params.id, params.market_id, pair, self._memclob.book(pair.id), scale, rest)


def _is_around(market: _Market, index_price: int) -> bool:
    """Whether the index price is at neither side's outside, so that there is no premium."""
    numerator, denominator = market.scale
    index = index_price * numerator
    bid, ask = market.book.bids.best(), market.book.asks.best()
    return (bid is None or index >= bid * denominator) and (ask is None or index <= ask * denominator)
