"""Genesis section of x/revshare: the market mapper's parameters. Source: dydx-modules §15.1."""

from __future__ import annotations

from vaultsim.address import is_bech32
from vaultsim.context import Context
from vaultsim.lib.maths import ONE_MILLION
from vaultsim.module import Genesis, Problem
from vaultsim.pb.dydxprotocol.revshare import GenesisState
from vaultsim.x.revshare.errors import InvalidAddress, InvalidSharePpm
from vaultsim.x.revshare.keeper import RevshareKeeper


def revshare_genesis(keeper: RevshareKeeper) -> Genesis:
    """Reads and writes the section through `keeper`. The chain itself exports defaults; this is what is stored."""

    def init(ctx: Context, section: GenesisState) -> None:
        keeper.set_mapper_params(ctx, section.params)

    def export(ctx: Context) -> GenesisState:
        return GenesisState(params=keeper.mapper_params(ctx))

    return Genesis(GenesisState, init, export, check)


def check(section: GenesisState) -> list[Problem]:
    """An address that is not bech32, a share of everything."""
    problems: list[Problem] = []
    if not is_bech32(section.params.address):
        problems.append(Problem("params.address", InvalidAddress.meaning))
    if section.params.revenue_share_ppm >= ONE_MILLION:
        problems.append(Problem("params.revenue_share_ppm", InvalidSharePpm.meaning))
    return problems
