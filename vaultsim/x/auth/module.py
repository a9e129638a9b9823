"""x/auth as one value."""

from __future__ import annotations

from functools import partial

from vaultsim.module import AppModule, Genesis
from vaultsim.pb.cosmos.auth.v1beta1 import GenesisState
from vaultsim.x.auth.genesis import check_genesis, export_genesis, init_genesis
from vaultsim.x.auth.keeper import AccountKeeper
from vaultsim.x.auth.query_server import queries


def auth_module(keeper: AccountKeeper) -> AppModule:
    """Accounts: rows, genesis, queries."""
    return AppModule(
        name="auth",
        schemas=(keeper.state.schema,),
        genesis=Genesis(
            message=GenesisState,
            init=partial(init_genesis, keeper),
            export=partial(export_genesis, keeper),
            check=check_genesis,
        ),
        queries=queries(keeper),
    )
