"""Queries of x/affiliates. Source: dydx-modules §14."""

from __future__ import annotations

from vaultsim.address import from_bech32, is_bech32, to_bech32
from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.affiliates import (
    AffiliateInfoRequest,
    AffiliateInfoResponse,
    AffiliateOverridesRequest,
    AffiliateOverridesResponse,
    AffiliateParametersRequest,
    AffiliateParametersResponse,
    AffiliateWhitelistRequest,
    AffiliateWhitelistResponse,
    AllAffiliateTiersRequest,
    AllAffiliateTiersResponse,
    ReferredByRequest,
    ReferredByResponse,
)
from vaultsim.x.affiliates.errors import InvalidAddress
from vaultsim.x.affiliates.keeper import AffiliatesKeeper
from vaultsim.x.affiliates.ports import Stats


class AffiliatesQueryServer:
    """Answers of x/affiliates."""

    def __init__(self, keeper: AffiliatesKeeper, stats: Stats) -> None:
        self._keeper = keeper
        self._stats = stats

    def affiliate_info(self, ctx: Context, request: AffiliateInfoRequest) -> AffiliateInfoResponse:
        """Tier, share, stake and volumes of an affiliate. Raises [5]."""
        _require_bech32(request.address)
        address = to_bech32(from_bech32(request.address))
        overrides = self._keeper.overrides(ctx)
        tier, share_ppm = self._keeper.tier_for(ctx, address, overrides)
        stats = self._stats.user_stats(ctx, address)
        return AffiliateInfoResponse(
            is_whitelisted=address in overrides,
            tier=tier,
            fee_share_ppm=share_ppm,
            staked_amount=self._stats.staked_base_tokens(ctx, request.address),
            referred_volume_30d_rolling=stats.affiliate_30d_referred_volume_quote_quantums,
            attributed_volume_30d_rolling=stats.affiliate_30d_attributed_volume_quote_quantums,
        )

    def referred_by(self, ctx: Context, request: ReferredByRequest) -> ReferredByResponse:
        """The affiliate of an address, empty when there is none. Raises [5]."""
        _require_bech32(request.address)
        return ReferredByResponse(affiliate_address=self._keeper.referred_by(ctx, request.address) or "")

    def all_affiliate_tiers(self, ctx: Context, _: AllAffiliateTiersRequest) -> AllAffiliateTiersResponse:
        """The tiers."""
        return AllAffiliateTiersResponse(tiers=self._keeper.tiers(ctx))

    def affiliate_whitelist(self, ctx: Context, _: AffiliateWhitelistRequest) -> AffiliateWhitelistResponse:
        """The whitelist."""
        return AffiliateWhitelistResponse(whitelist=self._keeper.whitelist(ctx))

    def affiliate_parameters(self, ctx: Context, _: AffiliateParametersRequest) -> AffiliateParametersResponse:
        """The parameters."""
        return AffiliateParametersResponse(parameters=self._keeper.parameters(ctx))

    def affiliate_overrides(self, ctx: Context, _: AffiliateOverridesRequest) -> AffiliateOverridesResponse:
        """The overrides."""
        return AffiliateOverridesResponse(overrides=self._keeper.all_overrides(ctx))


def _require_bech32(address: str) -> None:
    if not is_bech32(address):
        raise InvalidAddress(f"address: {address}")
