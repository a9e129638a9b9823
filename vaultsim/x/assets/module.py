"""x/assets as the app sees it."""

from __future__ import annotations

from vaultsim.module import AppModule
from vaultsim.x.assets.genesis import assets_genesis
from vaultsim.x.assets.keeper import AssetsKeeper
from vaultsim.x.assets.query_server import assets_queries


def assets_module(keeper: AssetsKeeper) -> AppModule:
    """Genesis and queries; there are no messages and no hooks."""
    return AppModule(
        name="assets",
        schemas=(keeper.state.schema,),
        genesis=assets_genesis(keeper),
        queries=assets_queries(keeper),
    )
