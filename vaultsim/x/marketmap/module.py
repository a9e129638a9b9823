"""The market map as the app sees it: a genesis section, and what was switched since."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.module import AppModule, Genesis
from vaultsim.x.marketmap.keeper import MarketMapKeeper
from vaultsim.x.marketmap.types import MarketMapGenesis


def marketmap_module(keeper: MarketMapKeeper) -> AppModule:
    """The section's JSON is exported as it was read."""

    def init(_: Context, section: MarketMapGenesis) -> None:
        keeper.load(section)

    def export(_: Context) -> MarketMapGenesis:
        return keeper.section

    return AppModule(name="marketmap", schemas=(keeper.state.schema,), genesis=Genesis(MarketMapGenesis, init, export))
