"""Queries of x/mmvault. Source: mm-vault §8."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.lib.ints import I64_MAX
from vaultsim.pb.vaultsim.mmvault.v1 import (
    PairQuoteParams,
    QueryComputeQuotesRequest,
    QueryComputeQuotesResponse,
    QueryPairQuoteParamsRequest,
    QueryPairQuoteParamsResponse,
    QueryParamsRequest,
    QueryParamsResponse,
    QueryPreviewAddRequest,
    QueryPreviewAddResponse,
    QueryPreviewRemoveRequest,
    QueryPreviewRemoveResponse,
    QueryQuotesRequest,
    QueryQuotesResponse,
    QuerySharesRequest,
    QuerySharesResponse,
    QuerySnapshotsRequest,
    QuerySnapshotsResponse,
    QueryUnlocksRequest,
    QueryUnlocksResponse,
    QueryVaultRequest,
    QueryVaultResponse,
    QuoteSide,
    Ratio,
    RestingQuote,
    VaultStatus,
)
from vaultsim.x.clob.types import NO_PRICES
from vaultsim.x.mmvault.errors import InvalidAmount, InvalidShares, UnknownPair
from vaultsim.x.mmvault.formulas import effective_equity, effective_supply, release_value
from vaultsim.x.mmvault.keeper import MmvaultKeeper
from vaultsim.x.mmvault.keeper_base import available_margin
from vaultsim.x.mmvault.keeper_quoting import Capital
from vaultsim.x.mmvault.msg_server import positive_number
from vaultsim.x.mmvault.params import params_to_wire, total_weight
from vaultsim.x.mmvault.quotes import Conditions, PairQuotes, SideQuote, pair_quotes
from vaultsim.x.mmvault.types import SIDES, VAULT, order_id


class MmvaultQueryServer:
    """Answers of x/mmvault. All raise UnknownRequest [sdk 6] on a chain without the vault."""

    def __init__(self, keeper: MmvaultKeeper) -> None:
        self._keeper = keeper

    def params(self, ctx: Context, _: QueryParamsRequest) -> QueryParamsResponse:
        """Parameters of the vault as a whole."""
        params = params_to_wire(self._keeper.params(ctx))
        return QueryParamsResponse(params=params, vault_total_weight=total_weight(self._pairs(ctx, None)))

    def pair_quote_params(self, ctx: Context, request: QueryPairQuoteParamsRequest) -> QueryPairQuoteParamsResponse:
        """Parameters of one pair, or of all. Raises UnknownPair [18]."""
        return QueryPairQuoteParamsResponse(pairs=self._pairs(ctx, _pair(request)))

    def vault(self, ctx: Context, _: QueryVaultRequest) -> QueryVaultResponse:
        """Where the vault stands. Raises PriceUnavailable [19]."""
        keeper = self._keeper
        params, risk, share_supply = keeper.params(ctx), keeper.vault_risk(ctx), keeper.share_supply(ctx)
        equity, supply = effective_equity(risk.nc), effective_supply(share_supply)
        status = VaultStatus.VAULT_STATUS_HEALTHY
        if equity <= 0:
            status = VaultStatus.VAULT_STATUS_CATASTROPHIC_LOSS
        elif not params.trading_enabled:
            status = VaultStatus.VAULT_STATUS_HALTED
        return QueryVaultResponse(
            margin=str(keeper.vault_margin(ctx)),
            equity=str(risk.nc),
            effective_equity=str(equity),
            share_supply=str(share_supply),
            effective_supply=str(supply),
            share_price=Ratio(num=str(equity), den=str(supply)),
            available_margin=str(available_margin(risk)),
            used_margin=str(risk.imr),
            status=status,
        )

    def shares(self, ctx: Context, request: QuerySharesRequest) -> QuerySharesResponse:
        """An owner's shares, what they are worth now (floored) and their part of all, which is 0 of 1 without shares.

        After a catastrophic loss shares are worth nothing. Raises PriceUnavailable [19].
        """
        keeper = self._keeper
        keeper.params(ctx)
        shares, share_supply = keeper.shares_of(ctx, request.owner), keeper.share_supply(ctx)
        value = max(0, release_value(shares, share_supply, keeper.vault_risk(ctx).nc)) if shares else 0
        return QuerySharesResponse(
            shares=str(shares),
            value_now=str(value),
            fraction=Ratio(num=str(shares), den=str(share_supply or 1)),
        )

    def unlocks(self, ctx: Context, request: QueryUnlocksRequest) -> QueryUnlocksResponse:
        """An owner's withdrawals under way, oldest first."""
        self._keeper.params(ctx)
        return QueryUnlocksResponse(unlocks=self._keeper.unlocks_of(ctx, request.owner))

    def preview_add(self, ctx: Context, request: QueryPreviewAddRequest) -> QueryPreviewAddResponse:
        """Shares that a deposit would mint now. Raises [2], [19], [7] or [8]."""
        self._keeper.params(ctx)
        minted = self._keeper.preview_add(ctx, positive_number(request.amount, InvalidAmount))
        return QueryPreviewAddResponse(shares_minted=str(minted))

    def preview_remove(self, ctx: Context, request: QueryPreviewRemoveRequest) -> QueryPreviewRemoveResponse:
        """What shares, whoever's, would release now, and when. Raises [3], [19], [7], [9] or [12]."""
        self._keeper.params(ctx)
        release = self._keeper.preview_remove(ctx, positive_number(request.shares, InvalidShares))
        return QueryPreviewRemoveResponse(amount=str(release.amount), end_time=release.end_time)

    def quotes(self, ctx: Context, request: QueryQuotesRequest) -> QueryQuotesResponse:
        """The vault's orders in one pair, or in all, by pair, bid first. Raises UnknownPair [18]."""
        return QueryQuotesResponse(
            quotes=tuple(quote for pair in self._pairs(ctx, _pair(request)) for quote in self._resting(ctx, pair))
        )

    def compute_quotes(self, ctx: Context, request: QueryComputeQuotesRequest) -> QueryComputeQuotesResponse:
        """What a refresh would do in a pair now. Raises UnknownPair [18]."""
        keeper = self._keeper
        params = self._pairs(ctx, _pair(request) or 0)[0]
        pair = keeper.clob.find_clob_pair(ctx, params.clob_pair_id)
        best = keeper.clob.best_stateful_prices(ctx, VAULT.owner).get(params.clob_pair_id, NO_PRICES)
        capital, market = keeper.find_capital(ctx), keeper.find_conditions(ctx, params, pair, best)
        if isinstance(market, str):
            quotes = PairQuotes(skip_reason=market)
        elif isinstance(capital, str):
            quotes = pair_quotes(0, 0, market)._replace(skip_reason=capital)
        else:
            quotes = pair_quotes(*capital, market)
        return QueryComputeQuotesResponse(
            params=params,
            allocation_base=str(capital.base) if isinstance(capital, Capital) else "0",
            vault_total_weight=total_weight(self._pairs(ctx, None)),
            pair_margin=str(quotes.pair_margin),
            half_margin=str(quotes.half_margin),
            oracle_price=market.price.price if isinstance(market, Conditions) else 0,
            oracle_exponent=market.price.exponent if isinstance(market, Conditions) else 0,
            initial_margin_ppm=market.initial_margin_ppm if isinstance(market, Conditions) else 0,
            tick_size=quotes.tick,
            margin_quantums=str(quotes.margin_quantums),
            quantums=quotes.quantums,
            bid=_side(quotes.bid, best.ask, quotes.quantums),
            ask=_side(quotes.ask, best.bid, quotes.quantums),
            skip_reason=quotes.skip_reason,
        )

    def snapshots(self, ctx: Context, request: QuerySnapshotsRequest) -> QuerySnapshotsResponse:
        """Snapshots of a span of days, ascending."""
        self._keeper.params(ctx)
        first, last = request.from_ or 0, I64_MAX if request.to is None else request.to
        found = self._keeper.state.snapshots.values(ctx)
        return QuerySnapshotsResponse(snapshots=tuple(one for one in found if first <= one.day_start <= last))

    def _pairs(self, ctx: Context, clob_pair_id: int | None) -> tuple[PairQuoteParams, ...]:
        self._keeper.params(ctx)
        pairs = self._keeper.state.pairs
        if clob_pair_id is None:
            return tuple(pairs.values(ctx))
        pair = pairs.get(ctx, clob_pair_id)
        if pair is None:
            raise UnknownPair(f"pair {clob_pair_id}")
        return (pair,)

    def _resting(self, ctx: Context, pair: PairQuoteParams) -> list[RestingQuote]:
        clob = self._keeper.clob
        ids = [order_id(pair.clob_pair_id, side, bit) for side in SIDES for bit in (0, 1)]
        orders = [order for one in ids if (order := clob.find_stateful_order(ctx, one)) is not None]
        return [
            RestingQuote(order=order, remaining_quantums=order.quantums - clob.fill_amount(ctx, order.order_id))
            for order in orders
        ]


def _pair(request: QueryPairQuoteParamsRequest | QueryQuotesRequest | QueryComputeQuotesRequest) -> int | None:
    return request.clob_pair_id if request.pair is None else request.pair


def _side(quote: SideQuote, best_opposite: int | None, quantums: int) -> QuoteSide:
    return QuoteSide(
        raw_price=str(quote.raw_subticks),
        best_opposite=best_opposite or 0,
        clamped=quote.is_clamped,
        subticks=quote.subticks,
        quantums=quantums if quote.subticks else 0,
        skip_reason=quote.skip_reason,
    )
