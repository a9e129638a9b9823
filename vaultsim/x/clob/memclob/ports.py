"""What the book needs to know from state."""

from __future__ import annotations

from typing import Protocol

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.clob import ClobPair, LongTermOrderPlacement, Order, OrderId
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.x.clob.types import AffiliateTerms, MatchOutcome, MatchWithOrders


class MatchingPort(Protocol):
    """Fills, positions and the settlement of one fill."""

    def fill_amount(self, ctx: Context, order_id: OrderId) -> int:
        """Base quantums of the id filled so far, 0 when none."""
        ...

    def position(self, ctx: Context, subaccount_id: SubaccountId, clob_pair_id: int) -> int:
        """Signed base quantums that the subaccount holds of the pair's perpetual."""
        ...

    def process_single_match(self, ctx: Context, match: MatchWithOrders, terms: AffiliateTerms) -> MatchOutcome:
        """Settles one fill. Source: dydx-modules §20.10."""
        ...


class ReplayPort(Protocol):
    """Orders in state and the stateful checks of a placement."""

    def find_stateful_placement(self, ctx: Context, order_id: OrderId) -> LongTermOrderPlacement | None:
        """The stored placement of a long-term or conditional order."""
        ...

    def validate_order(self, ctx: Context, order: Order, height: int, preexisting: bool) -> None:
        """The checks of dydx-modules §20.5."""
        ...


class PremiumPort(Protocol):
    """What a price premium is measured with."""

    def fill_amount(self, ctx: Context, order_id: OrderId) -> int:
        """Base quantums of the id filled so far, 0 when none."""
        ...

    def is_collateralized_to_rest(self, ctx: Context, order: Order, quantums: int, pair: ClobPair) -> bool:
        """Whether filling `quantums` of the resting order at its own price would pass the collateral check."""
        ...


class BookKeeper(MatchingPort, PremiumPort, Protocol):
    """All that the books call."""
