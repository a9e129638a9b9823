"""Messages of x/affiliates. Source: dydx-modules §14."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.pb.dydxprotocol.affiliates import (
    MsgRegisterAffiliate,
    MsgRegisterAffiliateResponse,
    MsgUpdateAffiliateOverrides,
    MsgUpdateAffiliateOverridesResponse,
    MsgUpdateAffiliateParameters,
    MsgUpdateAffiliateParametersResponse,
    MsgUpdateAffiliateTiers,
    MsgUpdateAffiliateTiersResponse,
    MsgUpdateAffiliateWhitelist,
    MsgUpdateAffiliateWhitelistResponse,
)
from vaultsim.x.affiliates.keeper import AffiliatesKeeper
from vaultsim.x.authority import GOV


class AffiliatesMsgServer:
    """Handlers of x/affiliates; a wrong authority is an error without a code of its own."""

    def __init__(self, keeper: AffiliatesKeeper) -> None:
        self._keeper = keeper

    def register_affiliate(self, ctx: Context, msg: MsgRegisterAffiliate) -> MsgRegisterAffiliateResponse:
        """Notes who referred the signer."""
        self._keeper.register(ctx, msg.referee, msg.affiliate)
        return MsgRegisterAffiliateResponse()

    def update_tiers(self, ctx: Context, msg: MsgUpdateAffiliateTiers) -> MsgUpdateAffiliateTiersResponse:
        """Replaces the tiers."""
        _require_gov(msg.authority)
        self._keeper.set_tiers(ctx, msg.tiers)
        return MsgUpdateAffiliateTiersResponse()

    def update_whitelist(self, ctx: Context, msg: MsgUpdateAffiliateWhitelist) -> MsgUpdateAffiliateWhitelistResponse:
        """Replaces the whitelist."""
        _require_gov(msg.authority)
        self._keeper.set_whitelist(ctx, msg.whitelist)
        return MsgUpdateAffiliateWhitelistResponse()

    def update_parameters(
        self, ctx: Context, msg: MsgUpdateAffiliateParameters
    ) -> MsgUpdateAffiliateParametersResponse:
        """Replaces the parameters."""
        _require_gov(msg.authority)
        self._keeper.set_parameters(ctx, msg.affiliate_parameters)
        return MsgUpdateAffiliateParametersResponse()

    def update_overrides(self, ctx: Context, msg: MsgUpdateAffiliateOverrides) -> MsgUpdateAffiliateOverridesResponse:
        """Replaces the overrides."""
        _require_gov(msg.authority)
        self._keeper.set_overrides(ctx, msg.affiliate_overrides)
        return MsgUpdateAffiliateOverridesResponse()


def _require_gov(authority: str) -> None:
    if authority not in GOV:
        raise ChainError("invalid authority")
