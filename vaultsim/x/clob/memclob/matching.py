"""A taker meets the opposite side, best price first. Source: dydx-modules §20.7.2, steps a to m."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.clob import Order
from vaultsim.x.clob.errors import (
    InsuranceFundHasInsufficientFunds,
    LiquidationExceedsSubaccountMaxInsuranceLost,
    LiquidationExceedsSubaccountMaxNotionalLiquidated,
)
from vaultsim.x.clob.memclob.ports import MatchingPort
from vaultsim.x.clob.types import (
    NO_AFFILIATE_TERMS,
    SHORT_TERM,
    MatchableOrder,
    MatchOutcome,
    MatchWithOrders,
    OrderStatus,
    RemovalReason,
    is_post_only,
    matchable,
)
from vaultsim.x.subaccounts.types import UpdateResult


class TakerMatching:
    """One taker's walk through the makers, on a branch of its own; books and queue are not touched.

    fills: makers with the filled base quantums; unfit: makers to be taken off the book, with the reason; status: how
    it ended; remaining: what is left of the taker, in base quantums.
    """

    __slots__ = ("_ctx", "_is_authenticated", "_keeper", "_taker", "fills", "remaining", "status", "unfit")

    def __init__(
        self,
        keeper: MatchingPort,
        ctx: Context,
        taker: MatchableOrder,
        remaining: int,
        is_authenticated: Callable[[Context, Order], bool],
    ) -> None:
        self._keeper = keeper
        self._ctx = ctx
        self._taker = taker
        self._is_authenticated = is_authenticated
        self.remaining = remaining
        self.status = OrderStatus.SUCCESS
        self.fills: list[tuple[Order, int]] = []
        self.unfit: list[tuple[Order, RemovalReason]] = []

    def run(self, makers: Iterable[Order]) -> None:
        """Meets the makers in order until prices do not cross, the taker is done or must stop."""
        is_buy, limit = self._taker.is_buy, self._taker.subticks
        for maker in makers:
            if (limit < maker.subticks) if is_buy else (limit > maker.subticks):
                return
            if not self._meet(maker):
                return

    def _meet(self, maker: Order) -> bool:
        """Tries one maker; False ends the walk."""
        taker = self._taker
        if maker.order_id == taker.order_id:
            return True
        if maker.order_id.subaccount_id == taker.subaccount_id:
            return self._unfit(maker, RemovalReason.SELF_TRADE)
        if maker.order_id.order_flags == SHORT_TERM and not self._is_authenticated(self._ctx, maker):
            return self._unfit(maker, RemovalReason.PERMISSIONED_KEY_EXPIRED)
        amount = self._maker_amount(maker)
        if amount == 0:
            return self._unfit(maker, RemovalReason.INVALID_REDUCE_ONLY)
        if taker.is_reduce_only:
            amount = self._reducing(taker, amount)
            if amount == 0:
                raise ChainPanic("reduce-only taker resized to 0")
        outcome = self._settle(maker, amount)
        if outcome is None:
            return False
        if not outcome.success:
            return self._refused(maker, outcome)
        return self._filled(maker, amount)

    def _unfit(self, maker: Order, reason: RemovalReason) -> bool:
        self.unfit.append((maker, reason))
        return True

    def _maker_amount(self, maker: Order) -> int:
        remaining = maker.quantums - self._keeper.fill_amount(self._ctx, maker.order_id)
        if remaining <= 0:
            raise ChainPanic(f"resting order {maker.order_id} has nothing left")
        amount = min(self.remaining, remaining)
        return self._reducing(matchable(maker), amount) if maker.reduce_only else amount

    def _reducing(self, order: MatchableOrder, amount: int) -> int:
        """`amount` capped to the position it would reduce; 0 when it would not reduce one."""
        position = self._keeper.position(self._ctx, order.subaccount_id, order.clob_pair_id)
        opposes = position < 0 if order.is_buy else position > 0
        return min(abs(position), amount) if opposes else 0

    def _settle(self, maker: Order, amount: int) -> MatchOutcome | None:
        """Settles the fill; None after an error that only ends a liquidation."""
        match = MatchWithOrders(self._taker, matchable(maker), amount)
        try:
            return self._keeper.process_single_match(self._ctx, match, NO_AFFILIATE_TERMS)
        except LiquidationExceedsSubaccountMaxInsuranceLost:
            self.status = OrderStatus.LIQUIDATION_EXCEEDED_MAX_INSURANCE_LOST
        except LiquidationExceedsSubaccountMaxNotionalLiquidated:
            self.status = OrderStatus.LIQUIDATION_EXCEEDED_MAX_NOTIONAL
        except InsuranceFundHasInsufficientFunds:
            self.status = OrderStatus.LIQUIDATION_REQUIRES_DELEVERAGING
        except ChainError as error:
            raise ChainPanic(error.log) from error
        return None

    def _refused(self, maker: Order, outcome: MatchOutcome) -> bool:
        if outcome.maker_result != UpdateResult.SUCCESS:
            self.unfit.append((maker, RemovalReason.UNDERCOLLATERALIZED))
        if self._taker.is_liquidation or outcome.taker_result == UpdateResult.SUCCESS:
            return True
        self.status = _status_of(outcome.taker_result)
        return False

    def _filled(self, maker: Order, amount: int) -> bool:
        taker = self._taker
        if taker.order is not None and is_post_only(taker.order):
            self.status = OrderStatus.POST_ONLY_WOULD_CROSS
            return False
        self.remaining -= amount
        self.fills.append((maker, amount))
        if self.remaining == 0:
            return False
        if taker.is_reduce_only and not self._keeper.position(self._ctx, taker.subaccount_id, taker.clob_pair_id):
            self.status = OrderStatus.REDUCE_ONLY_RESIZED
            return False
        return True


def _status_of(result: UpdateResult) -> OrderStatus:
    if result == UpdateResult.UPDATE_CAUSED_ERROR:
        return OrderStatus.INTERNAL_ERROR
    if result == UpdateResult.VIOLATES_ISOLATED_SUBACCOUNT_CONSTRAINTS:
        return OrderStatus.ISOLATED_CONSTRAINTS
    return OrderStatus.UNDERCOLLATERALIZED
