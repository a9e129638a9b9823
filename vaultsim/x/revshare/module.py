"""x/revshare as the app sees it. Source: dydx-modules §15."""

from __future__ import annotations

from vaultsim.module import AppModule
from vaultsim.pb.dydxprotocol.revshare import (
    MsgSetMarketMapperRevenueShare,
    MsgSetMarketMapperRevShareDetailsForMarket,
    MsgSetOrderRouterRevShare,
    MsgUpdateUnconditionalRevShareConfig,
    QueryMarketMapperRevenueShareParams,
    QueryMarketMapperRevShareDetails,
    QueryOrderRouterRevShare,
    QueryUnconditionalRevShareConfig,
)
from vaultsim.x.revshare.genesis import revshare_genesis
from vaultsim.x.revshare.keeper import RevshareKeeper
from vaultsim.x.revshare.msg_server import RevshareMsgServer, check_update_unconditional_config
from vaultsim.x.revshare.query_server import RevshareQueryServer

_QUERY = "/dydxprotocol.revshare.Query/"


def revshare_module(keeper: RevshareKeeper) -> AppModule:
    """The module's messages, queries and genesis."""
    server, queries = RevshareMsgServer(keeper), RevshareQueryServer(keeper)
    return AppModule(
        name="revshare",
        schemas=(keeper.state.schema,),
        genesis=revshare_genesis(keeper),
        handlers={
            MsgSetMarketMapperRevenueShare: server.set_mapper_share,
            MsgSetMarketMapperRevShareDetailsForMarket: server.set_mapper_details,
            MsgUpdateUnconditionalRevShareConfig: server.update_unconditional_config,
            MsgSetOrderRouterRevShare: server.set_router_share,
        },
        checks={MsgUpdateUnconditionalRevShareConfig: check_update_unconditional_config},
        queries={
            _QUERY + "MarketMapperRevenueShareParams": (QueryMarketMapperRevenueShareParams, queries.mapper_params),
            _QUERY + "MarketMapperRevShareDetails": (QueryMarketMapperRevShareDetails, queries.mapper_details),
            _QUERY + "UnconditionalRevShareConfig": (QueryUnconditionalRevShareConfig, queries.unconditional_config),
            _QUERY + "OrderRouterRevShare": (QueryOrderRouterRevShare, queries.order_router),
        },
    )
