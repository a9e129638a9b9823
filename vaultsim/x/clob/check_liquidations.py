"""Liquidations and deleveraging on check state, after each block. Source: dydx-modules §§20.14 to 20.16."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.lib.maths import floor_mod
from vaultsim.pb.dydxprotocol.clob import MatchPerpetualDeleveraging_Fill
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.x.clob.daemon_lists import DaemonLists
from vaultsim.x.clob.errors import (
    InvalidPerpetualPositionSizeDelta,
    LiquidationConflictsWithClobPairStatus,
    NoPerpetualPositionsToLiquidate,
    SubaccountNotLiquidatable,
)
from vaultsim.x.clob.keeper import ClobKeeper
from vaultsim.x.clob.memclob.memclob import MemClob
from vaultsim.x.clob.types import STATUS_FINAL_SETTLEMENT, DeleveragePrice, MatchableOrder, must_perpetual_of
from vaultsim.x.subaccounts.types import Update, position_quantums

MOST_LIQUIDATION_ATTEMPTS: Final = 50
MOST_DELEVERAGING_ATTEMPTS: Final = 10
MOST_OFFSETTING_SUBACCOUNTS: Final = 500

Candidate = tuple[SubaccountId, int]
"""A subaccount and the perpetual to be deleveraged."""


def liquidate_and_deleverage(ctx: Context, keeper: ClobKeeper, memclob: MemClob, lists: DaemonLists) -> None:
    """Liquidates against the books, deleverages what found no taker, then gates withdrawals.

    Every error here is a chain panic, since nobody handles it.
    """
    work = _Liquidations(ctx, keeper, memclob, lists)
    try:
        candidates = work.liquidate()
        candidates += work.in_final_settlement()
        work.deleverage(candidates)
        work.gate_withdrawals()
    except ChainError as error:
        raise ChainPanic(error.log) from error


class _Liquidations:
    def __init__(self, ctx: Context, keeper: ClobKeeper, memclob: MemClob, lists: DaemonLists) -> None:
        self._ctx = ctx
        self._keeper = keeper
        self._memclob = memclob
        self._lists = lists

    def _start_among(self, count: int) -> int:
        return self._keeper.random(self._ctx).intn(count)

    # --- liquidations --------------------------------------------------------------------------------------------

    def liquidate(self) -> list[Candidate]:
        """Places a liquidation for up to 50 subaccounts, worst price first; returns those that filled nothing."""
        listed = self._lists.liquidatable
        if not listed:
            return []
        start = self._start_among(len(listed))
        orders: list[MatchableOrder] = []
        for step in range(min(len(listed), MOST_LIQUIDATION_ATTEMPTS)):
            order = self._order_for(listed[floor_mod(start + step, len(listed))])
            if order is not None:
                orders.append(order)
        unfilled: list[Candidate] = []
        for subaccount_id in self._ranked(orders):
            order = self._order_for(subaccount_id)
            if order is not None and self._place(order) == 0:
                unfilled.append((subaccount_id, order.perpetual_id))
        return unfilled

    def _order_for(self, subaccount_id: SubaccountId) -> MatchableOrder | None:
        """A liquidation of one of the subaccount's positions, None when it is not liquidatable any more."""
        try:
            return self._keeper.next_liquidation_order(self._ctx, subaccount_id)
        except SubaccountNotLiquidatable:
            return None

    def _ranked(self, orders: list[MatchableOrder]) -> list[SubaccountId]:
        """By distance of price from oracle, then by notional, both descending; then by hash."""
        keyed: list[tuple[Fraction, int, bytes, SubaccountId]] = []
        for order in orders:
            distance, notional, order_hash = self._keeper.liquidation_rank(self._ctx, order)
            keyed.append((-Fraction(*distance), -notional, order_hash, order.subaccount_id))
        return [subaccount_id for _, _, _, subaccount_id in sorted(keyed, key=lambda one: one[:3])]

    def _place(self, order: MatchableOrder) -> int:
        """Places a liquidation and returns the base quantums filled; 0 without a try where the pair is not ACTIVE."""
        try:
            self._keeper.require_liquidation_allowed(self._ctx, order)
        except LiquidationConflictsWithClobPairStatus:
            return 0
        placement = self._memclob.place_liquidation(self._ctx, order)
        self._keeper.mark_liquidated(self._ctx, order.subaccount_id, order.perpetual_id)
        return placement.filled

    # --- deleveraging --------------------------------------------------------------------------------------------

    def in_final_settlement(self) -> list[Candidate]:
        """Holders of positions in markets under final settlement: pairs ascending, longs before shorts."""
        candidates: list[Candidate] = []
        for pair in self._keeper.all_clob_pairs(self._ctx):
            if pair.status == STATUS_FINAL_SETTLEMENT:
                perpetual_id = must_perpetual_of(pair)
                longs, shorts = self._lists.holders_of(perpetual_id)
                candidates += [(subaccount_id, perpetual_id) for subaccount_id in (*longs, *shorts)]
        return candidates

    def deleverage(self, candidates: list[Candidate]) -> None:
        """Offsets the first candidates' positions against holders of the other side."""
        for subaccount_id, perpetual_id in candidates[:MOST_DELEVERAGING_ATTEMPTS]:
            price = self._keeper.deleverage_price(self._ctx, subaccount_id, perpetual_id)
            position = position_quantums(self._keeper.subaccounts.get(self._ctx, subaccount_id), perpetual_id)
            if position == 0 or price is DeleveragePrice.NONE:
                continue
            fills = self._offset(subaccount_id, perpetual_id, -position, price)
            if fills:
                is_final_settlement = price is DeleveragePrice.ORACLE
                self._memclob.queue.add_deleveraging(subaccount_id, perpetual_id, tuple(fills), is_final_settlement)

    def _offset(
        self, subaccount_id: SubaccountId, perpetual_id: int, delta: int, price: DeleveragePrice
    ) -> list[MatchPerpetualDeleveraging_Fill]:
        """Closes `delta` against other holders, on check state; returns what was filled."""
        longs, shorts = self._lists.holders_of(perpetual_id)
        holders = shorts if delta < 0 else longs
        exempt = self._keeper.exempt_ids
        if exempt and price is DeleveragePrice.BANKRUPTCY:
            holders = tuple(one for one in holders if one not in exempt)
        fills: list[MatchPerpetualDeleveraging_Fill] = []
        if not holders:
            return fills
        start = self._start_among(len(holders))
        for step in range(min(len(holders), MOST_OFFSETTING_SUBACCOUNTS)):
            if delta == 0:
                break
            offsetting = holders[floor_mod(start + step, len(holders))]
            filled = self._offset_one(subaccount_id, offsetting, perpetual_id, delta, price)
            if filled:
                delta -= filled
                fill = MatchPerpetualDeleveraging_Fill(offsetting_subaccount_id=offsetting, fill_amount=abs(filled))
                fills.append(fill)
        return fills

    def _offset_one(
        self,
        subaccount_id: SubaccountId,
        offsetting: SubaccountId,
        perpetual_id: int,
        delta: int,
        price: DeleveragePrice,
    ) -> int:
        """Offsets against one holder; returns the signed base quantums taken off `delta`, 0 when it did not work."""
        ctx, keeper = self._ctx, self._keeper
        position = position_quantums(keeper.subaccounts.get(ctx, offsetting), perpetual_id)
        if position == 0 or (position > 0) != (delta > 0):
            return 0
        base = min(delta, position) if delta > 0 else max(delta, position)
        try:
            quote = keeper.deleveraging_quote_delta(ctx, subaccount_id, perpetual_id, base, price)
        except ChainError:
            return 0
        try:
            keeper.process_deleveraging(ctx, subaccount_id, offsetting, perpetual_id, base, quote)
        except InvalidPerpetualPositionSizeDelta as error:
            raise ChainPanic(error.log) from error
        except ChainError:
            return 0
        return base

    # --- withdrawals ---------------------------------------------------------------------------------------------

    def gate_withdrawals(self) -> None:
        """Queues a deleveraging without fills for the first subaccount that is still under water."""
        ctx, subaccounts = self._ctx, self._keeper.subaccounts
        for subaccount_id in self._lists.negative:
            if subaccounts.risk(ctx, Update(subaccount_id)).nc >= 0:
                continue
            positions = subaccounts.get(ctx, subaccount_id).perpetual_positions
            if not positions:
                raise NoPerpetualPositionsToLiquidate(f"{subaccount_id}")
            self._memclob.queue.add_deleveraging(subaccount_id, positions[0].perpetual_id, ())
            return
