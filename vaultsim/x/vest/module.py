"""x/vest as the app sees it."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.module import AppModule
from vaultsim.pb.dydxprotocol.vest import (
    MsgDeleteVestEntry,
    MsgSetVestEntry,
    QueryVestEntryRequest,
    QueryVestEntryResponse,
)
from vaultsim.x.vest.genesis import vest_genesis
from vaultsim.x.vest.keeper import VestKeeper
from vaultsim.x.vest.keys import STORE
from vaultsim.x.vest.msg_server import VestMsgServer, check_delete_entry, check_set_entry


def vest_module(keeper: VestKeeper) -> AppModule:
    """The module's messages, query, genesis and BeginBlock hook."""
    server = VestMsgServer(keeper)

    def vest_entry(ctx: Context, request: QueryVestEntryRequest) -> QueryVestEntryResponse:
        return QueryVestEntryResponse(entry=keeper.entry(ctx, request.vester_account))

    return AppModule(
        name=STORE,
        schemas=(keeper.state.schema,),
        genesis=vest_genesis(keeper),
        handlers={MsgSetVestEntry: server.set_entry, MsgDeleteVestEntry: server.delete_entry},
        checks={MsgSetVestEntry: check_set_entry, MsgDeleteVestEntry: check_delete_entry},
        queries={"/dydxprotocol.vest.Query/VestEntry": (QueryVestEntryRequest, vest_entry)},
        begin_block=keeper.pay_vested,
    )
