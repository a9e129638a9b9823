"""x/perpetuals as the app sees it."""

from __future__ import annotations

from functools import partial

from vaultsim.module import AppModule
from vaultsim.x.perpetuals.blocks import end_block
from vaultsim.x.perpetuals.genesis import perpetuals_genesis
from vaultsim.x.perpetuals.keeper import PerpetualsKeeper
from vaultsim.x.perpetuals.msg_server import perpetuals_checks, perpetuals_handlers
from vaultsim.x.perpetuals.query_server import perpetuals_queries


def perpetuals_module(keeper: PerpetualsKeeper) -> AppModule:
    """Messages, queries, genesis and the end of a block."""
    return AppModule(
        name="perpetuals",
        schemas=(keeper.state.schema,),
        genesis=perpetuals_genesis(keeper),
        handlers=perpetuals_handlers(keeper),
        checks=perpetuals_checks(),
        queries=perpetuals_queries(keeper),
        end_block=partial(end_block, keeper),
    )
