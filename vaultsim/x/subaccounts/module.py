"""x/subaccounts as the app sees it."""

from __future__ import annotations

from vaultsim.module import AppModule
from vaultsim.x.subaccounts.genesis import subaccounts_genesis
from vaultsim.x.subaccounts.keeper import SubaccountsKeeper
from vaultsim.x.subaccounts.query_server import subaccounts_queries


def subaccounts_module(keeper: SubaccountsKeeper) -> AppModule:
    """Queries and genesis; there are no messages and no hooks."""
    return AppModule(
        name="subaccounts",
        schemas=(keeper.state.schema,),
        genesis=subaccounts_genesis(keeper),
        queries=subaccounts_queries(keeper),
    )
