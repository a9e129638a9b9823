"""Liquidations: who, which position, how much, at which price, and the limits of a block.

Source: dydx-modules §20.14.
"""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.lib.go_random import GoRandom
from vaultsim.lib.ints import is_u64
from vaultsim.lib.maths import clamp, round_down_to_multiple
from vaultsim.lib.quantums import fill_amount_to_quote_quantums, quote_to_base_quantums
from vaultsim.pb.dydxprotocol.clob import SubaccountLiquidationInfo
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.runtime import replace
from vaultsim.x.clob import formulas
from vaultsim.x.clob.errors import (
    InsuranceFundHasInsufficientFunds,
    InvalidQuantumsForInsuranceFundDeltaCalculation,
    LiquidationConflictsWithClobPairStatus,
    LiquidationExceedsSubaccountMaxInsuranceLost,
    LiquidationExceedsSubaccountMaxNotionalLiquidated,
    NoPerpetualPositionsToLiquidate,
    SubaccountHasLiquidatedPerpetual,
    SubaccountNotLiquidatable,
)
from vaultsim.x.clob.keeper_base import panic_with
from vaultsim.x.clob.keeper_stateful import StatefulKeeper
from vaultsim.x.clob.types import STATUS_ACTIVE, MatchableOrder, liquidation_matchable
from vaultsim.x.perpetuals.formulas import net_notional, position_risk
from vaultsim.x.subaccounts.types import Update, position_of, position_quantums

_NOTHING_LIQUIDATED = SubaccountLiquidationInfo()


class LiquidationsKeeper(StatefulKeeper):
    """Building and bounding of liquidation orders."""

    def is_liquidatable(self, ctx: Context, subaccount_id: SubaccountId) -> bool:
        """Whether the maintenance requirement is above the net collateral."""
        if subaccount_id in self.exempt_ids:
            return False
        return self.subaccounts.risk(ctx, Update(subaccount_id)).is_liquidatable()

    def require_liquidatable(self, ctx: Context, subaccount_id: SubaccountId) -> None:
        """Raises SubaccountNotLiquidatable [1002]."""
        if not self.is_liquidatable(ctx, subaccount_id):
            raise SubaccountNotLiquidatable(f"{subaccount_id}")

    def random(self, ctx: Context) -> GoRandom:
        """A fresh generator, seeded with the previous block's unix seconds."""
        return GoRandom(self.blocktime.previous_block(ctx).timestamp.seconds)

    def next_liquidation_order(self, ctx: Context, subaccount_id: SubaccountId) -> MatchableOrder:
        """The liquidation to try for a subaccount: checked [1002], position drawn [1001], order built."""
        self.require_liquidatable(ctx, subaccount_id)
        perpetual_id = self.perpetual_to_liquidate(ctx, subaccount_id)
        return self.liquidation_order(ctx, subaccount_id, perpetual_id)

    def perpetual_to_liquidate(self, ctx: Context, subaccount_id: SubaccountId) -> int:
        """First position from a random start that was not liquidated in this block. Raises [1001]."""
        positions = self.subaccounts.get(ctx, subaccount_id).perpetual_positions
        if positions:
            record = self.liquidation_record(ctx, subaccount_id)
            start = self.random(ctx).intn(len(positions))
            for position in positions[start:] + positions[:start]:
                if position.perpetual_id not in record.perpetuals_liquidated:
                    return position.perpetual_id
        raise NoPerpetualPositionsToLiquidate(f"{subaccount_id}")

    def liquidation_order(self, ctx: Context, subaccount_id: SubaccountId, perpetual_id: int) -> MatchableOrder:
        """Side, size and price of the liquidation of a position. Raises [1001], [1008]."""
        delta = self.liquidatable_delta(ctx, subaccount_id, perpetual_id)
        price = self.fillable_price(ctx, subaccount_id, perpetual_id, delta)
        pair = self.must_clob_pair_for_perpetual(ctx, perpetual_id)
        is_long = delta < 0
        subticks = formulas.fillable_price_subticks(
            price, is_long, pair.quantum_conversion_exponent, pair.subticks_per_tick
        )
        return liquidation_matchable(subaccount_id, pair.id, perpetual_id, not is_long, abs(delta), subticks)

    def require_liquidation_allowed(self, ctx: Context, liquidation: MatchableOrder) -> None:
        """Raises [8] without pair, LiquidationConflictsWithClobPairStatus [1022] unless it is ACTIVE."""
        if self.clob_pair_status(ctx, liquidation.clob_pair_id) != STATUS_ACTIVE:
            raise LiquidationConflictsWithClobPairStatus(f"clob pair {liquidation.clob_pair_id}")

    def liquidatable_delta(self, ctx: Context, subaccount_id: SubaccountId, perpetual_id: int) -> int:
        """Base quantums to liquidate now, opposing the position. Raises [1001], [1008]."""
        position = position_of(self.subaccounts.get(ctx, subaccount_id), perpetual_id)
        if position is None:
            raise NoPerpetualPositionsToLiquidate(f"{subaccount_id}, perpetual {perpetual_id}")
        size = position.quantums
        pair = self.must_clob_pair_for_perpetual(ctx, perpetual_id)
        perpetual, price = self.perpetuals.perpetual_and_price(ctx, perpetual_id)
        notional = abs(net_notional(perpetual, price, size))
        limits = self.liquidations_config(ctx).position_block_limits
        most = min(
            formulas.most_position_notional(
                notional, limits.min_position_notional_liquidated, limits.max_position_portion_liquidated_ppm
            ),
            self._notional_left(ctx, subaccount_id, perpetual_id),
        )
        step = pair.step_base_quantums
        if notional <= most or abs(size) <= step:
            return -size
        base = quote_to_base_quantums(most, perpetual.params.atomic_resolution, price.price, price.exponent)
        base = clamp(round_down_to_multiple(base, step), step, abs(size))
        return -base if size > 0 else base

    def fillable_price(
        self, ctx: Context, subaccount_id: SubaccountId, perpetual_id: int, delta: int
    ) -> formulas.Ratio:
        """Quote per base quantum at which `delta` may be liquidated. Raises [1014]."""
        size = position_quantums(self.subaccounts.get(ctx, subaccount_id), perpetual_id)
        formulas.require_closing_delta(size, delta)
        own = position_risk(self.perpetuals.info_for_update(ctx, perpetual_id), size)
        total = self.subaccounts.risk(ctx, Update(subaccount_id))
        config = self.liquidations_config(ctx).fillable_price_config
        return formulas.fillable_price(
            size, own, total, config.bankruptcy_adjustment_ppm, config.spread_to_maintenance_margin_ratio_ppm
        )

    def bankruptcy_quote_delta(
        self, ctx: Context, subaccount_id: SubaccountId, perpetual_id: int, delta_base: int
    ) -> int:
        """Quote quantums that closing `delta_base` brings at the bankruptcy price. Raises [1014]."""
        total = self.subaccounts.risk(ctx, Update(subaccount_id))
        size = position_quantums(self.subaccounts.get(ctx, subaccount_id), perpetual_id)
        formulas.require_closing_delta(size, delta_base)
        info = self.perpetuals.info_for_update(ctx, perpetual_id)
        return formulas.bankruptcy_quote_delta(total, position_risk(info, size), position_risk(info, size + delta_base))

    def insurance_delta(
        self, ctx: Context, subaccount_id: SubaccountId, perpetual_id: int, is_buying: bool, fill: int, subticks: int
    ) -> int:
        """What a liquidation fill pays to (or, negative, takes from) the insurance fund. Raises [1015], [1014]."""
        if fill == 0:
            raise InvalidQuantumsForInsuranceFundDeltaCalculation(f"{subaccount_id}, perpetual {perpetual_id}")
        pair = self.must_clob_pair_for_perpetual(ctx, perpetual_id)
        quote = fill_amount_to_quote_quantums(subticks, fill, pair.quantum_conversion_exponent)
        delta_base, delta_quote = (fill, -quote) if is_buying else (-fill, quote)
        bankruptcy = self.bankruptcy_quote_delta(ctx, subaccount_id, perpetual_id, delta_base)
        fee_ppm = self.liquidations_config(ctx).max_liquidation_fee_ppm
        return formulas.insurance_delta(delta_quote, bankruptcy, fee_ppm)

    def matched_insurance_delta(
        self, ctx: Context, taker: MatchableOrder, perpetual_id: int, fill: int, maker_subticks: int
    ) -> int:
        """Insurance delta of a fill within all limits. Raises [1013], [1008], [1011], [1012] in this order."""
        subaccount_id = taker.subaccount_id
        delta = self.insurance_delta(ctx, subaccount_id, perpetual_id, taker.is_buy, fill, maker_subticks)
        if delta < 0 and self.subaccounts.insurance_fund_balance(ctx, perpetual_id) + delta < 0:
            raise InsuranceFundHasInsufficientFunds(f"insurance delta {delta}")
        left = self._notional_left(ctx, subaccount_id, perpetual_id)
        notional = self.net_notional(ctx, perpetual_id, fill)
        if abs(notional) > left:
            raise LiquidationExceedsSubaccountMaxNotionalLiquidated(f"{notional} of {left}")
        if delta < 0:
            insurance_left = self._insurance_left(ctx, subaccount_id)
            if -delta > insurance_left:
                raise LiquidationExceedsSubaccountMaxInsuranceLost(f"{-delta} of {insurance_left}")
        return delta

    def net_notional(self, ctx: Context, perpetual_id: int, quantums: int) -> int:
        """Signed notional of base quantums at the oracle price, truncated. Raises [perpetuals 1], [perpetuals 2]."""
        perpetual, price = self.perpetuals.perpetual_and_price(ctx, perpetual_id)
        return net_notional(perpetual, price, quantums)

    def liquidation_record(self, ctx: Context, subaccount_id: SubaccountId) -> SubaccountLiquidationInfo:
        """What this block liquidated of the subaccount so far."""
        record = self.state.liquidation_records.get(ctx, subaccount_id)
        return _NOTHING_LIQUIDATED if record is None else record

    def mark_liquidated(self, ctx: Context, subaccount_id: SubaccountId, perpetual_id: int) -> None:
        """Notes that the position was liquidated in this block; doing so twice is a chain panic."""
        record = self.liquidation_record(ctx, subaccount_id)
        if perpetual_id in record.perpetuals_liquidated:
            raise ChainPanic(f"{subaccount_id}: perpetual {perpetual_id} already liquidated in this block")
        liquidated = (*record.perpetuals_liquidated, perpetual_id)
        self.state.liquidation_records.set(ctx, subaccount_id, replace(record, perpetuals_liquidated=liquidated))

    def note_liquidation_fill(
        self, ctx: Context, subaccount_id: SubaccountId, notional: int, insurance_delta: int
    ) -> None:
        """Adds a fill's notional and, if the fund paid, its payment to the block's record."""
        record = self.liquidation_record(ctx, subaccount_id)
        total = record.notional_liquidated + abs(notional)
        lost = record.quantums_insurance_lost + max(0, -insurance_delta)
        if not is_u64(total) or not is_u64(lost):
            raise ChainPanic(f"liquidation record of {subaccount_id} overflows")
        self.state.liquidation_records.set(
            ctx, subaccount_id, replace(record, notional_liquidated=total, quantums_insurance_lost=lost)
        )

    def liquidation_rank(self, ctx: Context, liquidation: MatchableOrder) -> tuple[formulas.Ratio, int, bytes]:
        """What liquidations are ordered by: |fillable - oracle| / oracle in subticks, quote notional, order hash.

        The first two count downward. Source: dydx-modules §20.14.
        """
        oracle = self.oracle_subticks(ctx, self.must_clob_pair(ctx, liquidation.clob_pair_id))
        distance = (abs(liquidation.subticks * oracle[1] - oracle[0]), oracle[0])
        try:
            notional = self.net_notional(ctx, liquidation.perpetual_id, liquidation.quantums)
        except ChainError as error:
            panic_with(error)
        return distance, notional, liquidation.hash()

    def _notional_left(self, ctx: Context, subaccount_id: SubaccountId, perpetual_id: int) -> int:
        record = self.liquidation_record(ctx, subaccount_id)
        if perpetual_id in record.perpetuals_liquidated:
            raise SubaccountHasLiquidatedPerpetual(f"{subaccount_id}, perpetual {perpetual_id}")
        limit = self.liquidations_config(ctx).subaccount_block_limits.max_notional_liquidated
        if record.notional_liquidated > limit:
            raise ChainPanic(f"{subaccount_id}: {record.notional_liquidated} liquidated, limit {limit}")
        return limit - record.notional_liquidated

    def _insurance_left(self, ctx: Context, subaccount_id: SubaccountId) -> int:
        lost = self.liquidation_record(ctx, subaccount_id).quantums_insurance_lost
        limit = self.liquidations_config(ctx).subaccount_block_limits.max_quantums_insurance_lost
        if lost > limit:
            raise ChainPanic(f"{subaccount_id}: {lost} of insurance lost, limit {limit}")
        return limit - lost
