"""The keeper of x/clob: orders, pairs, matches and their settlement.

Its verbs live in files of their own, each building on the one before: pairs, fills, placements, validation, stateful
orders, liquidations, matching, deleveraging, operations, end of block, pair administration.
"""

from __future__ import annotations

from collections.abc import Sequence

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.clob import ClobPairLeverageInfo, LeverageEntry, Order
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.x.clob.errors import InvalidAddress, InvalidLeverage
from vaultsim.x.clob.keeper_pair_admin import PairAdminKeeper
from vaultsim.x.clob.long_term_orders import LongTermOrders
from vaultsim.x.clob.types import TWAP_SUBORDER, must_perpetual_of
from vaultsim.x.subaccounts.types import validate_subaccount_id

MOST_IMF_PPM = 1_000_000


class ClobKeeper(PairAdminKeeper):
    """All of x/clob. Late-bound: `memclob` (the node's books), `ante` (the ante path of placements)."""

    def long_term_orders(self, ctx: Context, subaccount_id: SubaccountId, clob_pair_id: int) -> LongTermOrders:
        """For placing and cancelling several orders of a subaccount in a row."""
        return LongTermOrders(self, ctx, subaccount_id, clob_pair_id)

    def open_orders(self, ctx: Context, subaccount_id: SubaccountId) -> list[Order]:
        """Stateful orders of a subaccount: placed and untriggered ones by height and index, then TWAP parents."""
        orders = [*self.all_stateful_orders(ctx), *(parent.order for parent in self.state.twap_parents.values(ctx))]
        own = [order for order in orders if order.order_id.subaccount_id == subaccount_id]
        return [order for order in own if order.order_id.order_flags != TWAP_SUBORDER]

    def update_leverage(
        self, ctx: Context, subaccount_id: SubaccountId | None, entries: Sequence[LeverageEntry]
    ) -> None:
        """Sets custom margin fractions by clob pair. Raises [11001], [11002], [8], [subaccounts 200…703].

        Source: dydx-modules §20.23.
        """
        if subaccount_id is None:
            raise InvalidAddress("subaccount id is missing")
        validate_subaccount_id(subaccount_id)
        if not entries:
            raise InvalidLeverage("no entries")
        leverage: dict[int, int] = {}
        seen: list[int] = []
        for entry in entries:
            if not 1 <= entry.custom_imf_ppm <= MOST_IMF_PPM:
                raise InvalidLeverage(f"custom_imf_ppm {entry.custom_imf_ppm}")
            if entry.clob_pair_id in seen:
                raise InvalidLeverage(f"clob pair {entry.clob_pair_id} twice")
            pair = self.clob_pair(ctx, entry.clob_pair_id)
            seen.append(entry.clob_pair_id)
            leverage[must_perpetual_of(pair)] = entry.custom_imf_ppm
        self.subaccounts.update_leverage(ctx, subaccount_id, leverage)

    def leverage_by_pair(self, ctx: Context, subaccount_id: SubaccountId) -> list[ClobPairLeverageInfo]:
        """Custom margin fractions of a subaccount by clob pair, in order of the perpetuals. Raises [19]."""
        leverage = self.subaccounts.leverage(ctx, subaccount_id)
        return [
            ClobPairLeverageInfo(
                clob_pair_id=self.clob_pair_id_for_perpetual(perpetual_id), custom_imf_ppm=leverage[perpetual_id]
            )
            for perpetual_id in sorted(leverage)
        ]
