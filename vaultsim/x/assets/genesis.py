"""Genesis section "assets". Source: dydx-modules §7."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.module import Genesis, Problem
from vaultsim.pb.dydxprotocol.assets import Asset, GenesisState
from vaultsim.x.assets.keeper import AssetsKeeper
from vaultsim.x.assets.types import USDC


def assets_genesis(keeper: AssetsKeeper) -> Genesis:
    """How the section is read, written and checked."""

    def init(ctx: Context, section: GenesisState) -> None:
        for asset in section.assets:
            keeper.create(ctx, asset)

    def export(ctx: Context) -> GenesisState:
        return GenesisState(assets=tuple(keeper.all(ctx)))

    return Genesis(GenesisState, init, export, check)


def check(section: GenesisState) -> list[Problem]:
    """Every problem of a section that can be told without state."""
    if not section.assets:
        return [Problem("$.assets", "needs at least the USDC asset")]
    problems: list[Problem] = []
    if section.assets[0] != USDC:
        problems.append(Problem("$.assets[0]", f"must be USDC: {USDC.to_json()}"))
    denoms: dict[str, int] = {}
    for index, asset in enumerate(section.assets):
        problems += _check_asset(index, asset, denoms)
        denoms.setdefault(asset.denom, index)
    return problems


def _check_asset(index: int, asset: Asset, denoms: dict[str, int]) -> list[Problem]:
    path = f"$.assets[{index}]"
    problems: list[Problem] = []
    if asset.id != index:
        problems.append(Problem(f"{path}.id", f"is {asset.id}, but ids run 0, 1, 2 …: expected {index}"))
    if asset.denom in denoms:
        problems.append(Problem(f"{path}.denom", f"{asset.denom!r} is also the denom of asset {denoms[asset.denom]}"))
    if not asset.has_market and asset.market_id > 0:
        problems.append(Problem(f"{path}.market_id", "must be 0 when has_market is false"))
    return problems
