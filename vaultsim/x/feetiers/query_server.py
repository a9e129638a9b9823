"""Queries of x/feetiers. Source: dydx-modules §16."""

from __future__ import annotations

from vaultsim.address import is_bech32
from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.feetiers import (
    QueryAllMarketFeeDiscountParamsRequest,
    QueryAllMarketFeeDiscountParamsResponse,
    QueryPerMarketFeeDiscountParamsRequest,
    QueryPerMarketFeeDiscountParamsResponse,
    QueryPerpetualFeeParamsRequest,
    QueryPerpetualFeeParamsResponse,
    QueryStakingTiersRequest,
    QueryStakingTiersResponse,
    QueryUserFeeTierRequest,
    QueryUserFeeTierResponse,
    QueryUserStakingTierRequest,
    QueryUserStakingTierResponse,
)
from vaultsim.x.feetiers.errors import DiscountNotFound
from vaultsim.x.feetiers.keeper import FeetiersKeeper
from vaultsim.x.sdk_errors import InvalidArgument, NotFound

_NOT_FOUND = "rpc error: code = NotFound desc = fee discount not found for the specified market/CLOB pair"


class FeetiersQueryServer:
    """Answers of x/feetiers."""

    def __init__(self, keeper: FeetiersKeeper) -> None:
        self._keeper = keeper

    def params(self, ctx: Context, _: QueryPerpetualFeeParamsRequest) -> QueryPerpetualFeeParamsResponse:
        """The fee tiers."""
        return QueryPerpetualFeeParamsResponse(params=self._keeper.params(ctx))

    def user_fee_tier(self, ctx: Context, request: QueryUserFeeTierRequest) -> QueryUserFeeTierResponse:
        """An owner's tier. Raises InvalidArgument."""
        _require_bech32(request.user)
        index, tier = self._keeper.user_tier_now(ctx, request.user)
        return QueryUserFeeTierResponse(index=index, tier=tier)

    def discount(
        self, ctx: Context, request: QueryPerMarketFeeDiscountParamsRequest
    ) -> QueryPerMarketFeeDiscountParamsResponse:
        """One clob pair's discount. Raises NotFound."""
        try:
            return QueryPerMarketFeeDiscountParamsResponse(params=self._keeper.discount(ctx, request.clob_pair_id))
        except DiscountNotFound:
            raise NotFound(_NOT_FOUND) from None

    def all_discounts(
        self, ctx: Context, _: QueryAllMarketFeeDiscountParamsRequest
    ) -> QueryAllMarketFeeDiscountParamsResponse:
        """Every discount."""
        return QueryAllMarketFeeDiscountParamsResponse(params=self._keeper.all_discounts(ctx))

    def staking_tiers(self, ctx: Context, _: QueryStakingTiersRequest) -> QueryStakingTiersResponse:
        """Every staking tier."""
        return QueryStakingTiersResponse(staking_tiers=self._keeper.all_staking_tiers(ctx))

    def user_staking_tier(self, ctx: Context, request: QueryUserStakingTierRequest) -> QueryUserStakingTierResponse:
        """An owner's tier name, stake and staking discount. Raises InvalidArgument."""
        _require_bech32(request.address)
        _, tier = self._keeper.user_tier_now(ctx, request.address)
        staked, discount_ppm = self._keeper.staking_discount(ctx, request.address, tier)
        return QueryUserStakingTierResponse(
            fee_tier_name=tier.name, staked_base_tokens=staked, discount_ppm=discount_ppm
        )


def _require_bech32(address: str) -> None:
    if not is_bech32(address):
        raise InvalidArgument("rpc error: code = InvalidArgument desc = invalid bech32 address")
