"""Queries of x/listing. Source: dydx-modules §18."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.listing import (
    QueryListingVaultDepositParams,
    QueryListingVaultDepositParamsResponse,
    QueryMarketsHardCap,
    QueryMarketsHardCapResponse,
)
from vaultsim.x.listing.keeper import ListingKeeper


class ListingQueryServer:
    """Answers of x/listing."""

    def __init__(self, keeper: ListingKeeper) -> None:
        self._keeper = keeper

    def hard_cap(self, ctx: Context, _: QueryMarketsHardCap) -> QueryMarketsHardCapResponse:
        """The hard cap."""
        return QueryMarketsHardCapResponse(hard_cap=self._keeper.hard_cap(ctx))

    def deposit_params(self, ctx: Context, _: QueryListingVaultDepositParams) -> QueryListingVaultDepositParamsResponse:
        """What a listing costs."""
        return QueryListingVaultDepositParamsResponse(params=self._keeper.deposit_params(ctx))
