"""Genesis section of x/feetiers: fee tiers and staking tiers. Source: dydx-modules §16.1."""

from __future__ import annotations

from itertools import pairwise

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.module import Genesis, Problem
from vaultsim.pb.dydxprotocol.feetiers import GenesisState, PerpetualFeeParams, PerpetualFeeTier
from vaultsim.x.feetiers import formulas
from vaultsim.x.feetiers.errors import TiersOutOfOrder
from vaultsim.x.feetiers.keeper import FeetiersKeeper


def feetiers_genesis(keeper: FeetiersKeeper) -> Genesis:
    """Reads and writes the section through `keeper`; staking tiers come back in order of their names."""

    def init(ctx: Context, section: GenesisState) -> None:
        keeper.set_params(ctx, section.params)
        keeper.set_staking_tiers(ctx, section.staking_tiers)

    def export(ctx: Context) -> GenesisState:
        params = keeper.params(ctx)
        # New fee tiers leave staking tiers of old names in state, and the chain refuses those in a genesis document.
        names = {tier.name for tier in params.tiers}
        loadable = tuple(tier for tier in keeper.all_staking_tiers(ctx) if tier.fee_tier_name in names)
        return GenesisState(params=params, staking_tiers=loadable)

    return Genesis(GenesisState, init, export, check)


def check(section: GenesisState) -> list[Problem]:
    """Everything wrong with the tiers; whether revenue shares are safe depends on state and is not looked at."""
    tiers = section.params.tiers
    problems = [
        Problem(f"params.tiers[{index}]", TiersOutOfOrder.meaning)
        for index, pair in enumerate(pairwise(tiers), start=1)
        if _is_falling(*pair)
    ]
    try:
        formulas.require_valid_params(section.params)
    except TiersOutOfOrder:
        pass
    except ChainError as problem:
        problems.insert(0, Problem("params.tiers", problem.log))
    problems += [Problem(*one) for one in formulas.staking_tier_problems(section.staking_tiers, section.params)]
    return problems


def _is_falling(before: PerpetualFeeTier, tier: PerpetualFeeTier) -> bool:
    free = PerpetualFeeTier(name=tier.name)
    try:
        formulas.require_valid_params(PerpetualFeeParams(tiers=(free, before, tier)))
    except TiersOutOfOrder:
        return True
    except ChainError:
        return False
    return False
