"""x/prices as the app sees it."""

from __future__ import annotations

from vaultsim.module import AppModule
from vaultsim.x.prices.genesis import prices_genesis
from vaultsim.x.prices.keeper import PricesKeeper
from vaultsim.x.prices.msg_server import prices_checks, prices_handlers
from vaultsim.x.prices.query_server import prices_queries


def prices_module(keeper: PricesKeeper) -> AppModule:
    """Messages, queries and genesis; there are no hooks."""
    return AppModule(
        name="prices",
        schemas=(keeper.state.schema,),
        genesis=prices_genesis(keeper),
        handlers=prices_handlers(keeper),
        checks=prices_checks(),
        queries=prices_queries(keeper),
    )
