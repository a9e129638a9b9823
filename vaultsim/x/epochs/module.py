"""x/epochs as the app sees it. Source: dydx-modules §5."""

from __future__ import annotations

from vaultsim.module import AppModule
from vaultsim.pb.dydxprotocol.epochs import QueryAllEpochInfoRequest, QueryGetEpochInfoRequest
from vaultsim.x.epochs.genesis import epochs_genesis
from vaultsim.x.epochs.keeper import EpochsKeeper
from vaultsim.x.epochs.query_server import EpochsQueryServer


def epochs_module(keeper: EpochsKeeper) -> AppModule:
    """The module's queries, genesis and BeginBlock hook; it has no messages."""
    queries = EpochsQueryServer(keeper)
    return AppModule(
        name="epochs",
        schemas=(keeper.state.schema,),
        genesis=epochs_genesis(keeper),
        queries={
            "/dydxprotocol.epochs.Query/EpochInfo": (QueryGetEpochInfoRequest, queries.epoch_info),
            "/dydxprotocol.epochs.Query/EpochInfoAll": (QueryAllEpochInfoRequest, queries.epoch_info_all),
        },
        begin_block=keeper.tick,
    )
