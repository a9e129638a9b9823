"""x/blocktime as the app sees it. Source: dydx-modules §6."""

from __future__ import annotations

from vaultsim.module import AppModule
from vaultsim.pb.dydxprotocol.blocktime import (
    MsgUpdateDowntimeParams,
    MsgUpdateSynchronyParams,
    QueryAllDowntimeInfoRequest,
    QueryDowntimeParamsRequest,
    QueryPreviousBlockInfoRequest,
    QuerySynchronyParamsRequest,
)
from vaultsim.x.blocktime import msg_server
from vaultsim.x.blocktime.genesis import blocktime_genesis
from vaultsim.x.blocktime.keeper import BlocktimeKeeper
from vaultsim.x.blocktime.msg_server import BlocktimeMsgServer
from vaultsim.x.blocktime.query_server import BlocktimeQueryServer

_QUERY = "/dydxprotocol.blocktime.Query/"


def blocktime_module(keeper: BlocktimeKeeper) -> AppModule:
    """The module's messages, queries, genesis and hooks. Begins first and ends last of all modules."""
    server, queries = BlocktimeMsgServer(keeper), BlocktimeQueryServer(keeper)
    return AppModule(
        name="blocktime",
        schemas=(keeper.state.schema,),
        genesis=blocktime_genesis(keeper),
        handlers={
            MsgUpdateDowntimeParams: server.update_downtime_params,
            MsgUpdateSynchronyParams: server.update_synchrony_params,
        },
        checks={
            MsgUpdateDowntimeParams: msg_server.check_update_downtime_params,
            MsgUpdateSynchronyParams: msg_server.check_update_synchrony_params,
        },
        queries={
            _QUERY + "DowntimeParams": (QueryDowntimeParamsRequest, queries.downtime_params),
            _QUERY + "PreviousBlockInfo": (QueryPreviousBlockInfoRequest, queries.previous_block_info),
            _QUERY + "AllDowntimeInfo": (QueryAllDowntimeInfoRequest, queries.all_downtime_info),
            _QUERY + "SynchronyParams": (QuerySynchronyParamsRequest, queries.synchrony_params),
        },
        begin_block=keeper.record_downtime,
        end_block=keeper.record_block,
    )
