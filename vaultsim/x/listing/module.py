"""x/listing as the app sees it. Source: dydx-modules §18."""

from __future__ import annotations

from vaultsim.module import AppModule
from vaultsim.pb.dydxprotocol.listing import (
    MsgCreateMarketPermissionless,
    MsgSetListingVaultDepositParams,
    MsgSetMarketsHardCap,
    MsgUpgradeIsolatedPerpetualToCross,
    QueryListingVaultDepositParams,
    QueryMarketsHardCap,
)
from vaultsim.x.listing.genesis import listing_genesis
from vaultsim.x.listing.keeper import ListingKeeper
from vaultsim.x.listing.msg_server import ListingMsgServer, create_market_signers
from vaultsim.x.listing.query_server import ListingQueryServer

_QUERY = "/dydxprotocol.listing.Query/"


def listing_module(keeper: ListingKeeper) -> AppModule:
    """The module's messages, queries and genesis."""
    server, queries = ListingMsgServer(keeper), ListingQueryServer(keeper)
    return AppModule(
        name="listing",
        schemas=(keeper.state.schema,),
        genesis=listing_genesis(keeper),
        handlers={
            MsgCreateMarketPermissionless: server.create_market,
            MsgSetMarketsHardCap: server.set_hard_cap,
            MsgSetListingVaultDepositParams: server.set_deposit_params,
            MsgUpgradeIsolatedPerpetualToCross: server.upgrade_to_cross,
        },
        signers={MsgCreateMarketPermissionless: create_market_signers},
        queries={
            _QUERY + "MarketsHardCap": (QueryMarketsHardCap, queries.hard_cap),
            _QUERY + "ListingVaultDepositParams": (QueryListingVaultDepositParams, queries.deposit_params),
        },
    )
