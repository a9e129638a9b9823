"""Genesis section of x/stats: the parameters, never the stats themselves. Source: dydx-modules §§1.12, 13."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.module import Genesis, Problem
from vaultsim.pb.dydxprotocol.stats import GenesisState
from vaultsim.x.stats import formulas
from vaultsim.x.stats.keeper import StatsKeeper


def stats_genesis(keeper: StatsKeeper) -> Genesis:
    """Reads and writes the section through `keeper`."""

    def init(ctx: Context, section: GenesisState) -> None:
        keeper.set_params(ctx, section.params)

    def export(ctx: Context) -> GenesisState:
        return GenesisState(params=keeper.params(ctx))

    return Genesis(GenesisState, init, export, check)


def check(section: GenesisState) -> list[Problem]:
    """A window that is not positive."""
    try:
        formulas.require_valid_params(section.params)
    except ChainError as problem:
        return [Problem("params.window_duration", problem.log)]
    return []
