"""x/stats as the app sees it. Source: dydx-modules §13."""

from __future__ import annotations

from vaultsim.module import AppModule
from vaultsim.pb.dydxprotocol.stats import (
    MsgUpdateParams,
    QueryEpochStatsRequest,
    QueryGlobalStatsRequest,
    QueryParamsRequest,
    QueryStatsMetadataRequest,
    QueryUserStatsRequest,
)
from vaultsim.x.stats.genesis import stats_genesis
from vaultsim.x.stats.keeper import StatsKeeper
from vaultsim.x.stats.msg_server import StatsMsgServer, check_update_params
from vaultsim.x.stats.query_server import StatsQueryServer

_QUERY = "/dydxprotocol.stats.Query/"


def stats_module(keeper: StatsKeeper) -> AppModule:
    """The module's message, queries, genesis and EndBlock hook."""
    queries = StatsQueryServer(keeper)
    return AppModule(
        name="stats",
        schemas=(keeper.state.schema, keeper.state.transient),
        genesis=stats_genesis(keeper),
        handlers={MsgUpdateParams: StatsMsgServer(keeper).update_params},
        checks={MsgUpdateParams: check_update_params},
        queries={
            _QUERY + "Params": (QueryParamsRequest, queries.params),
            _QUERY + "StatsMetadata": (QueryStatsMetadataRequest, queries.stats_metadata),
            _QUERY + "GlobalStats": (QueryGlobalStatsRequest, queries.global_stats),
            _QUERY + "UserStats": (QueryUserStatsRequest, queries.user_stats),
            _QUERY + "EpochStats": (QueryEpochStatsRequest, queries.epoch_stats),
        },
        end_block=keeper.roll_up,
    )
