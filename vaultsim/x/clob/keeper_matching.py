"""One fill between two orders, checked, settled and recorded. Source: dydx-modules §20.10."""

from __future__ import annotations

from typing import NamedTuple

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.lib.maths import floor_mod
from vaultsim.lib.quantums import fill_amount_to_quote_quantums
from vaultsim.pb.dydxprotocol.clob import Order
from vaultsim.x.assets.types import USDC_ASSET_ID
from vaultsim.x.clob.errors import (
    FillAmountNotDivisibleByStepSize,
    InvalidMsgProposedOperations,
    SubaccountFeeTransferFailed,
)
from vaultsim.x.clob.events import Match
from vaultsim.x.clob.formulas import FillDeltas, fill_deltas
from vaultsim.x.clob.keeper_liquidations import LiquidationsKeeper
from vaultsim.x.clob.types import (
    AffiliateTerms,
    FillParty,
    MatchableOrder,
    MatchOutcome,
    MatchWithOrders,
    SettledFill,
    perpetual_of,
    requires_immediate_execution,
)
from vaultsim.x.revshare.types import NO_SHARES, Fill, RevenueShares, ShareKind
from vaultsim.x.subaccounts.errors import FailedToUpdateSubaccounts
from vaultsim.x.subaccounts.types import AssetUpdate, PerpetualUpdate, Update, UpdateResult, UpdateType


class _Priced(NamedTuple):
    """A match with what was decided about it before anything is written."""

    match: MatchWithOrders
    terms: AffiliateTerms
    perpetual_id: int
    quote_quantums: int
    insurance_delta: int
    deltas: FillDeltas


class MatchingKeeper(LiquidationsKeeper):
    """Settlement of fills."""

    def process_single_match(self, ctx: Context, match: MatchWithOrders, terms: AffiliateTerms) -> MatchOutcome:
        """Settles one fill at the maker's price.

        A failed update of the two subaccounts [subaccounts 102] is an unsuccessful outcome that carries the error;
        every other failure is raised. Nothing is rewound here: the caller owns the branch.
        """
        require_sound(match)
        taker, maker, fill = match
        pair = self.clob_pair(ctx, maker.clob_pair_id)
        if floor_mod(fill, pair.step_base_quantums):
            raise FillAmountNotDivisibleByStepSize(f"fill {fill}, step_base_quantums {pair.step_base_quantums}")
        quote = fill_amount_to_quote_quantums(maker.subticks, fill, pair.quantum_conversion_exponent)
        perpetual_id = perpetual_of(pair)
        fee_ppms = self._fee_ppms(ctx, match, terms, pair.id)
        insurance = 0
        if taker.is_liquidation:
            fee_ppms = (0, max(fee_ppms[1], 0))
            insurance = self.matched_insurance_delta(ctx, taker, perpetual_id, fill, maker.subticks)
        totals = self._new_totals(ctx, match)
        builders = (_builder(taker)[1], _builder(maker)[1])
        deltas = fill_deltas(quote, fill, taker.is_buy, fee_ppms, builders, insurance)
        priced = _Priced(match, terms, perpetual_id, quote, insurance, deltas)
        outcome = self._update_subaccounts(ctx, priced)
        if not outcome.success:
            return outcome
        self._pay_and_record(ctx, priced)
        self._store_fills(ctx, priced, totals)
        return outcome

    def _fee_ppms(self, ctx: Context, match: MatchWithOrders, terms: AffiliateTerms, pair_id: int) -> tuple[int, int]:
        index = terms.parameters.referee_minimum_fee_tier_idx
        fee_ppm = self.feetiers.fee_ppm
        return (
            fee_ppm(ctx, match.taker.subaccount_id.owner, True, index, pair_id),
            fee_ppm(ctx, match.maker.subaccount_id.owner, False, index, pair_id),
        )

    def _new_totals(self, ctx: Context, match: MatchWithOrders) -> tuple[int, int]:
        """Filled base quantums of taker (0 for a liquidation) and maker after the match. Raises [4000]."""
        taker_total = 0 if match.taker.order is None else self._new_total(ctx, match.taker.order, match.fill_amount)
        return taker_total, self._new_total(ctx, match.maker.must_order(), match.fill_amount)

    def _new_total(self, ctx: Context, order: Order, fill: int) -> int:
        total = self.fill_amount(ctx, order.order_id) + fill
        if total > order.quantums:
            raise InvalidMsgProposedOperations(f"{total} filled of {order.quantums}, {order.order_id}")
        return total

    def _update_subaccounts(self, ctx: Context, priced: _Priced) -> MatchOutcome:
        self.subaccounts.transfer_insurance_payment(ctx, priced.insurance_delta, priced.perpetual_id)
        match, deltas = priced.match, priced.deltas
        updates = (
            _update(match.taker, priced.perpetual_id, deltas.taker_quote, deltas.taker_base),
            _update(match.maker, priced.perpetual_id, deltas.maker_quote, deltas.maker_base),
        )
        caused = UpdateResult.UPDATE_CAUSED_ERROR
        results: tuple[UpdateResult, ...] = (caused, caused)
        try:
            success, results = self.subaccounts.update(ctx, updates, UpdateType.MATCH)
            self.subaccounts.raise_on_failure(success, results, updates)
        except FailedToUpdateSubaccounts as error:
            return MatchOutcome(False, results[0], results[1], error)
        return MatchOutcome(True, results[0], results[1])

    def _pay_and_record(self, ctx: Context, priced: _Priced) -> None:
        """Fees, shares, statistics and the event. Source: dydx-modules §20.10-10…13."""
        match, deltas, perpetual_id = priced.match, priced.deltas, priced.perpetual_id
        market_id = self.perpetuals.get(ctx, perpetual_id).params.market_id
        for order, amount in ((match.taker, deltas.taker_builder_fee), (match.maker, deltas.maker_builder_fee)):
            if amount > 0:
                self.subaccounts.transfer_builder_fee(ctx, perpetual_id, amount, _builder(order)[0])
        fill = self._fill(ctx, priced, market_id)
        shares = self._shares(ctx, fill, priced.terms)
        try:
            self.subaccounts.distribute_fees(
                ctx, USDC_ASSET_ID, perpetual_id, shares.shares, deltas.taker_fee, deltas.maker_fee
            )
        except ChainError as error:
            raise SubaccountFeeTransferFailed(error.log) from error
        self.note_trade(ctx, perpetual_id, match.maker.subticks)
        self.rewards.add_shares_for_fill(ctx, fill, shares)
        self._record_volume(ctx, fill, shares, priced.terms)
        ctx.emit(_match_event(priced, shares))
        if self.fill_listeners:
            self.tell_listeners(ctx, _settled(priced, shares))

    def _fill(self, ctx: Context, priced: _Priced, market_id: int) -> Fill:
        match, deltas = priced.match, priced.deltas
        taker = match.taker.subaccount_id.owner
        return Fill(
            taker=taker,
            maker=match.maker.subaccount_id.owner,
            taker_fee=deltas.taker_fee,
            maker_fee=deltas.maker_fee,
            quote_quantums=priced.quote_quantums,
            perpetual_id=priced.perpetual_id,
            market_id=market_id,
            taker_volume=self.stats.user_stats(ctx, taker).taker_notional,
            taker_router=match.taker.router_address,
            maker_router=match.maker.router_address,
        )

    def _shares(self, ctx: Context, fill: Fill, terms: AffiliateTerms) -> RevenueShares:
        """Revenue shares of the fill; an error means that nobody gets a share."""
        try:
            return self.revshare.revenue_shares_for_fill(ctx, fill, terms.overrides, terms.parameters)
        except ChainError:
            return NO_SHARES

    def _record_volume(self, ctx: Context, fill: Fill, shares: RevenueShares, terms: AffiliateTerms) -> None:
        affiliate = shares.affiliate
        attributions = self.affiliates.attributions(
            ctx,
            taker=fill.taker,
            maker=fill.maker,
            quote_quantums=fill.quote_quantums,
            taker_affiliate=None if affiliate is None else affiliate.recipient,
            parameters=terms.parameters,
        )
        affiliate_fee = 0 if affiliate is None else affiliate.quote_quantums
        self.stats.record_fill(ctx, fill.taker, fill.maker, fill.quote_quantums, affiliate_fee, attributions)

    def _store_fills(self, ctx: Context, priced: _Priced, totals: tuple[int, int]) -> None:
        """Liquidation record and fill amounts. Source: dydx-modules §20.10-14…16."""
        taker, maker, fill = priced.match
        if taker.is_liquidation:
            notional = self.net_notional(ctx, priced.perpetual_id, fill)
            self.note_liquidation_fill(ctx, taker.subaccount_id, notional, priced.insurance_delta)
        if taker.order is not None:
            self.set_fill(ctx, taker.order, totals[0])
        maker_order = maker.must_order()
        self.set_fill(ctx, maker_order, totals[1])
        self.reduce_twap_parent(ctx, maker_order.order_id, fill)
        if taker.order is not None:
            self.reduce_twap_parent(ctx, taker.order.order_id, fill)


def require_sound(match: MatchWithOrders) -> None:
    """Raises a plain error for a match that two orders cannot make. Source: dydx-modules §20.10-1."""
    taker, maker, fill = match
    if maker.subaccount_id == taker.subaccount_id:
        raise ChainError("match constitutes a self-trade")
    if fill == 0:
        raise ChainError("fill amount must be greater than 0")
    if maker.clob_pair_id != taker.clob_pair_id:
        raise ChainError("clob pair ids do not match")
    if maker.is_buy == taker.is_buy:
        raise ChainError("orders are not on opposing sides of the book")
    if maker.subticks < taker.subticks if maker.is_buy else taker.subticks < maker.subticks:
        raise ChainError("orders do not cross")
    if fill > maker.quantums or fill > taker.quantums:
        raise ChainError("fill amount exceeds the size of an order")
    if maker.is_liquidation:
        raise ChainError("liquidation order cannot be a maker")
    if requires_immediate_execution(maker.must_order()):
        raise ChainError("IOC order cannot be a maker")


def _builder(order: MatchableOrder) -> tuple[str, int]:
    """Address and fee ppm of the order's builder; nothing for a liquidation."""
    builder = None if order.order is None else order.order.builder_code_parameters
    return ("", 0) if builder is None else (builder.builder_address, builder.fee_ppm)


def _update(order: MatchableOrder, perpetual_id: int, quote: int, base: int) -> Update:
    return Update(order.subaccount_id, (AssetUpdate(USDC_ASSET_ID, quote),), (PerpetualUpdate(perpetual_id, base),))


def _router_fee(shares: RevenueShares, address: str) -> int:
    return sum(
        share.quote_quantums
        for share in shares.shares
        if share.kind == ShareKind.ORDER_ROUTER and share.recipient == address
    )


def _settled(priced: _Priced, shares: RevenueShares) -> SettledFill:
    taker, maker, _ = priced.match
    deltas = priced.deltas
    return SettledFill(
        priced.perpetual_id,
        FillParty(taker.subaccount_id, deltas.taker_base, deltas.taker_quote),
        FillParty(maker.subaccount_id, deltas.maker_base, deltas.maker_quote),
        deltas.taker_fee + deltas.maker_fee - sum(share.quote_quantums for share in shares.shares),
    )


def _match_event(priced: _Priced, shares: RevenueShares) -> Match:
    taker, maker, _ = priced.match
    deltas = priced.deltas
    return Match(
        taker_subaccount=taker.subaccount_id.owner,
        taker_subaccount_number=taker.subaccount_id.number,
        maker_subaccount=maker.subaccount_id.owner,
        maker_subaccount_number=maker.subaccount_id.number,
        taker_order_fee_quote_quantums=deltas.taker_fee,
        maker_order_fee_quote_quantums=deltas.maker_fee,
        taker_quote_balance_delta_quote_quantums=deltas.taker_quote,
        maker_quote_balance_delta_quote_quantums=deltas.maker_quote,
        taker_perpetual_quantums_delta_base_quantums=deltas.taker_base,
        maker_perpetual_quantums_delta_base_quantums=deltas.maker_base,
        insurance_fund_delta_quote_quantums=priced.insurance_delta,
        is_liquidation=taker.is_liquidation,
        is_deleverage=False,
        perpetual_id=priced.perpetual_id,
        taker_builder_address=_builder(taker)[0],
        maker_builder_address=_builder(maker)[0],
        taker_builder_fee_quantums=deltas.taker_builder_fee,
        maker_builder_fee_quantums=deltas.maker_builder_fee,
        taker_order_router_address=taker.router_address,
        maker_order_router_address=maker.router_address,
        taker_order_router_fee_quote_quantums=_router_fee(shares, taker.router_address),
        maker_order_router_fee_quote_quantums=_router_fee(shares, maker.router_address),
    )
