"""x/affiliates as the app sees it. Source: dydx-modules §14."""

from __future__ import annotations

from vaultsim.module import AppModule
from vaultsim.pb.dydxprotocol.affiliates import (
    AffiliateInfoRequest,
    AffiliateOverridesRequest,
    AffiliateParametersRequest,
    AffiliateWhitelistRequest,
    AllAffiliateTiersRequest,
    MsgRegisterAffiliate,
    MsgUpdateAffiliateOverrides,
    MsgUpdateAffiliateParameters,
    MsgUpdateAffiliateTiers,
    MsgUpdateAffiliateWhitelist,
    ReferredByRequest,
)
from vaultsim.x.affiliates.genesis import affiliates_genesis
from vaultsim.x.affiliates.keeper import AffiliatesKeeper
from vaultsim.x.affiliates.msg_server import AffiliatesMsgServer
from vaultsim.x.affiliates.query_server import AffiliatesQueryServer

_QUERY = "/dydxprotocol.affiliates.Query/"


def affiliates_module(keeper: AffiliatesKeeper) -> AppModule:
    """The module's messages, queries and genesis; its messages have no stateless checks."""
    server, queries = AffiliatesMsgServer(keeper), AffiliatesQueryServer(keeper, keeper.stats)
    return AppModule(
        name="affiliates",
        schemas=(keeper.state.schema,),
        genesis=affiliates_genesis(keeper),
        handlers={
            MsgRegisterAffiliate: server.register_affiliate,
            MsgUpdateAffiliateTiers: server.update_tiers,
            MsgUpdateAffiliateWhitelist: server.update_whitelist,
            MsgUpdateAffiliateParameters: server.update_parameters,
            MsgUpdateAffiliateOverrides: server.update_overrides,
        },
        queries={
            _QUERY + "AffiliateInfo": (AffiliateInfoRequest, queries.affiliate_info),
            _QUERY + "ReferredBy": (ReferredByRequest, queries.referred_by),
            _QUERY + "AllAffiliateTiers": (AllAffiliateTiersRequest, queries.all_affiliate_tiers),
            _QUERY + "AffiliateWhitelist": (AffiliateWhitelistRequest, queries.affiliate_whitelist),
            _QUERY + "AffiliateParameters": (AffiliateParametersRequest, queries.affiliate_parameters),
            _QUERY + "AffiliateOverrides": (AffiliateOverridesRequest, queries.affiliate_overrides),
        },
    )
