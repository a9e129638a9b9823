"""Genesis section of x/blocktime. Source: dydx-modules §6."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.module import Genesis, Problem
from vaultsim.pb.dydxprotocol.blocktime import GenesisState
from vaultsim.x.blocktime.errors import NonpositiveDuration, UnorderedDurations
from vaultsim.x.blocktime.keeper import BlocktimeKeeper
from vaultsim.x.clock import duration_ns


def blocktime_genesis(keeper: BlocktimeKeeper) -> Genesis:
    """Reads and writes the section through `keeper`."""

    def init(ctx: Context, section: GenesisState) -> None:
        keeper.set_downtime_params(ctx, section.params)
        keeper.record_block(ctx)

    def export(ctx: Context) -> GenesisState:
        return GenesisState(params=keeper.downtime_params(ctx))

    return Genesis(GenesisState, init, export, check)


def check(section: GenesisState) -> list[Problem]:
    """Durations that are not positive or not in strictly ascending order."""
    problems: list[Problem] = []
    before_ns: int | None = None
    for index, duration in enumerate(section.params.durations):
        path, length_ns = f"params.durations[{index}]", duration_ns(duration)
        if length_ns <= 0:
            problems.append(Problem(path, NonpositiveDuration.meaning))
        elif before_ns is not None and length_ns <= before_ns:
            problems.append(Problem(path, UnorderedDurations.meaning))
        before_ns = length_ns
    return problems
