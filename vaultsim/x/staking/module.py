"""Staking as the app sees it: a genesis section only."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.module import AppModule, Genesis
from vaultsim.x.staking.keeper import StakingKeeper
from vaultsim.x.staking.types import StakingGenesis


def staking_module(keeper: StakingKeeper) -> AppModule:
    """The section's JSON is exported as it was read."""

    def init(_: Context, section: StakingGenesis) -> None:
        keeper.load(section)

    def export(_: Context) -> StakingGenesis:
        return keeper.section

    return AppModule(name="staking", genesis=Genesis(StakingGenesis, init, export))
