"""x/accountplus as one value."""

from __future__ import annotations

from functools import partial

from vaultsim.module import AppModule, Genesis
from vaultsim.pb.dydxprotocol.accountplus import (
    AccountStateRequest,
    GenesisState,
    GetAuthenticatorRequest,
    GetAuthenticatorsRequest,
    MsgAddAuthenticator,
    MsgRemoveAuthenticator,
    MsgSetActiveState,
    QueryParamsRequest,
)
from vaultsim.x.accountplus.genesis import check_genesis, export_genesis, init_genesis
from vaultsim.x.accountplus.keeper import AccountplusKeeper
from vaultsim.x.accountplus.keys import STORE
from vaultsim.x.accountplus.msg_server import AccountplusMsgServer, check_add_authenticator
from vaultsim.x.accountplus.query_server import AccountplusQueryServer

_QUERY = "/dydxprotocol.accountplus.Query/"


def accountplus_module(keeper: AccountplusKeeper) -> AppModule:
    """The module's messages, queries and genesis."""
    server, queries = AccountplusMsgServer(keeper), AccountplusQueryServer(keeper)
    return AppModule(
        name=STORE,
        schemas=(keeper.state.schema,),
        genesis=Genesis(
            message=GenesisState,
            init=partial(init_genesis, keeper),
            export=partial(export_genesis, keeper),
            check=check_genesis,
        ),
        handlers={
            MsgAddAuthenticator: server.add_authenticator,
            MsgRemoveAuthenticator: server.remove_authenticator,
            MsgSetActiveState: server.set_active_state,
        },
        checks={MsgAddAuthenticator: check_add_authenticator},
        queries={
            _QUERY + "Params": (QueryParamsRequest, queries.params),
            _QUERY + "GetAuthenticator": (GetAuthenticatorRequest, queries.authenticator),
            _QUERY + "GetAuthenticators": (GetAuthenticatorsRequest, queries.authenticators),
            _QUERY + "AccountState": (AccountStateRequest, queries.account_state),
        },
    )
