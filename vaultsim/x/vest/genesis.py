"""Genesis section of x/vest: the entries."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.module import Genesis, Problem
from vaultsim.pb.dydxprotocol.vest import GenesisState
from vaultsim.x.vest.formulas import require_valid_entry
from vaultsim.x.vest.keeper import VestKeeper


def vest_genesis(keeper: VestKeeper) -> Genesis:
    """Reads and writes the section through `keeper`."""

    def init(ctx: Context, section: GenesisState) -> None:
        for entry in section.vest_entries:
            keeper.set_entry(ctx, entry)

    def export(ctx: Context) -> GenesisState:
        return GenesisState(vest_entries=tuple(keeper.state.entries.values(ctx)))

    return Genesis(GenesisState, init, export, check)


def check(section: GenesisState) -> list[Problem]:
    """Entries without names, with a malformed denom, or that do not start before they end."""
    problems = list[Problem]()
    for index, entry in enumerate(section.vest_entries):
        try:
            require_valid_entry(entry)
        except ChainError as problem:
            problems.append(Problem(f"vest_entries[{index}]", problem.log))
    return problems
