"""Genesis section of x/rewards: the parameters. Source: dydx-modules §17."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.lib.maths import ONE_MILLION
from vaultsim.module import Genesis, Problem
from vaultsim.pb.dydxprotocol.rewards import GenesisState
from vaultsim.x.denoms import require_denom
from vaultsim.x.rewards.errors import InvalidFeeMultiplier, InvalidTreasury
from vaultsim.x.rewards.keeper import RewardsKeeper


def rewards_genesis(keeper: RewardsKeeper) -> Genesis:
    """Reads and writes the section through `keeper`."""

    def init(ctx: Context, section: GenesisState) -> None:
        keeper.set_params(ctx, section.params)

    def export(ctx: Context) -> GenesisState:
        return GenesisState(params=keeper.params(ctx))

    return Genesis(GenesisState, init, export, check)


def check(section: GenesisState) -> list[Problem]:
    """A treasury without name, a multiplier above 10^6, a malformed denom."""
    params, problems = section.params, list[Problem]()
    if not params.treasury_account:
        problems.append(Problem("params.treasury_account", InvalidTreasury.meaning))
    if params.fee_multiplier_ppm > ONE_MILLION:
        problems.append(Problem("params.fee_multiplier_ppm", InvalidFeeMultiplier.meaning))
    try:
        require_denom(params.denom)
    except ChainError as problem:
        problems.append(Problem("params.denom", problem.log))
    return problems
