"""Genesis section of x/affiliates: tiers and parameters. Source: dydx-modules §14."""

from __future__ import annotations

from itertools import pairwise

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.module import Genesis, Problem
from vaultsim.pb.dydxprotocol.affiliates import AffiliateTiers, GenesisState
from vaultsim.x.affiliates import formulas
from vaultsim.x.affiliates.keeper import AffiliatesKeeper


def affiliates_genesis(keeper: AffiliatesKeeper) -> Genesis:
    """Reads and writes the section through `keeper`."""

    def init(ctx: Context, section: GenesisState) -> None:
        keeper.set_tiers(ctx, section.affiliate_tiers)
        keeper.set_parameters(ctx, section.affiliate_parameters)

    def export(ctx: Context) -> GenesisState:
        return GenesisState(affiliate_tiers=keeper.tiers(ctx), affiliate_parameters=keeper.parameters(ctx))

    return Genesis(GenesisState, init, export, check)


def check(section: GenesisState) -> list[Problem]:
    """Tiers after the first whose share is above the cap or whose requirement does not rise."""
    problems: list[Problem] = []
    for index, pair in enumerate(pairwise(section.affiliate_tiers.tiers), start=1):
        try:
            formulas.require_valid_tiers(AffiliateTiers(tiers=pair))
        except ChainError as problem:
            problems.append(Problem(f"affiliate_tiers.tiers[{index}]", problem.log))
    return problems
