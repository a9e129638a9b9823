"""x/perpvault as the app sees it."""

from __future__ import annotations

from vaultsim.module import AppModule
from vaultsim.x.perpvault.blocks import PerpvaultBlocks
from vaultsim.x.perpvault.genesis import perpvault_genesis
from vaultsim.x.perpvault.keeper import PerpvaultKeeper
from vaultsim.x.perpvault.keeper_manager import PositionManager
from vaultsim.x.perpvault.keeper_orders import OrderBook
from vaultsim.x.perpvault.keeper_router import PositionRouter
from vaultsim.x.perpvault.msg_server import checks, vault_handlers
from vaultsim.x.perpvault.msg_server_requests import request_handlers
from vaultsim.x.perpvault.query_server import perpvault_queries
from vaultsim.x.perpvault.types import MODULE_NAME


def perpvault_module(keeper: PerpvaultKeeper, router: PositionRouter) -> AppModule:
    """Messages, queries, genesis and block hooks; `router` is where other modules register callback targets."""
    orders = OrderBook(keeper)
    manager, blocks = PositionManager(keeper, router, orders), PerpvaultBlocks(keeper)
    handlers = {**vault_handlers(keeper), **request_handlers(router, manager, orders)}
    return AppModule(
        name=MODULE_NAME,
        schemas=(keeper.state.schema, keeper.state.transient),
        genesis=perpvault_genesis(keeper),
        handlers=handlers,
        checks=checks(handlers),
        queries=perpvault_queries(keeper),
        begin_block=blocks.begin_block,
        end_block=blocks.end_block,
        is_optional=True,
    )
