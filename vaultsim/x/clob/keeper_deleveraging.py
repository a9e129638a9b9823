"""Deleveraging: positions of insolvent subaccounts, or of closing markets, are offset against opposite ones.

Source: dydx-modules §20.15.
"""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.pb.dydxprotocol.clob import MatchPerpetualDeleveraging
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.x.assets.types import USDC_ASSET_ID
from vaultsim.x.clob.errors import (
    DeleveragingIsFinalSettlementFlagMismatch,
    InvalidDeleveragedSubaccount,
    InvalidDeleveragingFill,
    InvalidPerpetualPositionSizeDelta,
    NoOpenPositionForPerpetual,
    ZeroFillDeleveragingForNonNegativeTncSubaccount,
)
from vaultsim.x.clob.events import Match
from vaultsim.x.clob.keeper_base import panic_with
from vaultsim.x.clob.keeper_matching import MatchingKeeper
from vaultsim.x.clob.types import STATUS_FINAL_SETTLEMENT, DeleveragePrice, FillParty, SettledFill
from vaultsim.x.subaccounts.types import (
    AssetUpdate,
    PerpetualUpdate,
    Update,
    UpdateType,
    position_of,
    position_quantums,
)


class DeleveragingKeeper(MatchingKeeper):
    """Tests and settlement of deleveraging."""

    def deleverage_price(self, ctx: Context, subaccount_id: SubaccountId, perpetual_id: int) -> DeleveragePrice:
        """Whether the subaccount may be deleveraged in the perpetual, and at which price. Raises [19]."""
        if subaccount_id not in self.exempt_ids and self.subaccounts.risk(ctx, Update(subaccount_id)).nc < 0:
            return DeleveragePrice.BANKRUPTCY
        pair = self.must_clob_pair(ctx, self.clob_pair_id_for_perpetual(perpetual_id))
        return DeleveragePrice.ORACLE if pair.status == STATUS_FINAL_SETTLEMENT else DeleveragePrice.NONE

    def deleveraging_quote_delta(
        self, ctx: Context, subaccount_id: SubaccountId, perpetual_id: int, delta_base: int, price: DeleveragePrice
    ) -> int:
        """Quote quantums that the deleveraged subaccount gets for `delta_base`. Raises [1014]."""
        if price is DeleveragePrice.ORACLE:
            return self.net_notional(ctx, perpetual_id, -delta_base)
        return self.bankruptcy_quote_delta(ctx, subaccount_id, perpetual_id, delta_base)

    def process_deleveraging(
        self,
        ctx: Context,
        liquidated_id: SubaccountId,
        offsetting_id: SubaccountId,
        perpetual_id: int,
        delta_base: int,
        delta_quote: int,
    ) -> None:
        """Moves `delta_base` and `delta_quote` to the liquidated subaccount, away from the offsetting one.

        Raises [1014] unless the delta opposes the former's position and shrinks the latter's, [subaccounts 102].
        """
        size = position_quantums(self.subaccounts.get(ctx, liquidated_id), perpetual_id)
        offset = position_quantums(self.subaccounts.get(ctx, offsetting_id), perpetual_id)
        largest = min(abs(size), abs(offset))
        if size * delta_base >= 0 or offset * delta_base <= 0 or abs(delta_base) > largest:
            raise InvalidPerpetualPositionSizeDelta(f"delta {delta_base} of {size} against {offset}")
        updates = (
            _update(liquidated_id, perpetual_id, delta_quote, delta_base),
            _update(offsetting_id, perpetual_id, -delta_quote, -delta_base),
        )
        success, results = self.subaccounts.update(ctx, updates, UpdateType.MATCH)
        self.subaccounts.raise_on_failure(success, results, updates)
        ctx.emit(
            Match(
                taker_subaccount=liquidated_id.owner,
                taker_subaccount_number=liquidated_id.number,
                maker_subaccount=offsetting_id.owner,
                maker_subaccount_number=offsetting_id.number,
                taker_order_fee_quote_quantums=0,
                maker_order_fee_quote_quantums=0,
                taker_quote_balance_delta_quote_quantums=delta_quote,
                maker_quote_balance_delta_quote_quantums=-delta_quote,
                taker_perpetual_quantums_delta_base_quantums=delta_base,
                maker_perpetual_quantums_delta_base_quantums=-delta_base,
                insurance_fund_delta_quote_quantums=0,
                is_liquidation=False,
                is_deleverage=True,
                perpetual_id=perpetual_id,
            )
        )
        parties = (
            FillParty(liquidated_id, delta_base, delta_quote),
            FillParty(offsetting_id, -delta_base, -delta_quote),
        )
        self.tell_listeners(ctx, SettledFill(perpetual_id, *parties))

    def persist_deleveraging(self, ctx: Context, match: MatchPerpetualDeleveraging) -> None:
        """Executes a proposed deleveraging. Raises [4005], [1021], [1003], [4008], [1014], [4004]."""
        liquidated, perpetual_id = match.liquidated, match.perpetual_id
        try:
            price = self.deleverage_price(ctx, liquidated, perpetual_id)
        except ChainError as error:
            panic_with(error)
        if price is DeleveragePrice.NONE:
            raise InvalidDeleveragedSubaccount(f"{liquidated}")
        if match.is_final_settlement != (price is DeleveragePrice.ORACLE):
            raise DeleveragingIsFinalSettlementFlagMismatch(f"{liquidated}, perpetual {perpetual_id}")
        position = position_of(self.subaccounts.get(ctx, liquidated), perpetual_id)
        if position is None:
            raise NoOpenPositionForPerpetual(f"{liquidated}, perpetual {perpetual_id}")
        if not match.fills:
            if price is not DeleveragePrice.BANKRUPTCY:
                raise ZeroFillDeleveragingForNonNegativeTncSubaccount(f"{liquidated}")
            self.subaccounts.set_negative_tnc_seen(ctx, perpetual_id)
            return
        sign = -1 if position.quantums > 0 else 1
        for fill in match.fills:
            if price is DeleveragePrice.BANKRUPTCY and fill.offsetting_subaccount_id in self.exempt_ids:
                raise InvalidDeleveragingFill(f"{fill.offsetting_subaccount_id} is never deleveraged")
            delta_base = sign * fill.fill_amount
            delta_quote = self.deleveraging_quote_delta(ctx, liquidated, perpetual_id, delta_base, price)
            try:
                self.process_deleveraging(
                    ctx, liquidated, fill.offsetting_subaccount_id, perpetual_id, delta_base, delta_quote
                )
            except ChainError as error:
                raise InvalidDeleveragingFill(error.log) from error


def _update(subaccount_id: SubaccountId, perpetual_id: int, quote: int, base: int) -> Update:
    return Update(subaccount_id, (AssetUpdate(USDC_ASSET_ID, quote),), (PerpetualUpdate(perpetual_id, base),))
