"""Genesis section of x/epochs. Source: dydx-modules §5."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.module import Genesis, Problem
from vaultsim.pb.dydxprotocol.epochs import GenesisState
from vaultsim.x.epochs import formulas
from vaultsim.x.epochs.keeper import EpochsKeeper


def epochs_genesis(keeper: EpochsKeeper) -> Genesis:
    """Reads and writes the section through `keeper`."""

    def init(ctx: Context, section: GenesisState) -> None:
        for epoch in section.epoch_info_list:
            keeper.create(ctx, epoch)

    def export(ctx: Context) -> GenesisState:
        return GenesisState(epoch_info_list=keeper.all(ctx))

    return Genesis(GenesisState, init, export, check)


def check(section: GenesisState) -> list[Problem]:
    """Epochs that are invalid by themselves, and names used twice."""
    problems: list[Problem] = []
    seen: set[str] = set()
    for index, epoch in enumerate(section.epoch_info_list):
        path = f"epoch_info_list[{index}]"
        try:
            formulas.require_valid(epoch)
        except ChainError as problem:
            problems.append(Problem(path, problem.log))
        if epoch.name in seen:
            problems.append(Problem(f"{path}.name", f"epoch {epoch.name!r} is already in the list"))
        seen.add(epoch.name)
    return problems
