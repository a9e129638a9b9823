"""Risk of a subaccount, and which moves are allowed while it is too high. Source: dydx-modules §10.6."""

from __future__ import annotations

from collections.abc import Mapping

from vaultsim.lib.margin import Risk
from vaultsim.pb.dydxprotocol.subaccounts import Subaccount
from vaultsim.x.assets import formulas as assets
from vaultsim.x.assets.types import USDC_ASSET_ID
from vaultsim.x.perpetuals.formulas import position_risk
from vaultsim.x.subaccounts.types import PerpInfos, UpdateResult


def subaccount_risk(subaccount: Subaccount, infos: PerpInfos, leverage: Mapping[int, int] | None) -> Risk:
    """Risk of all positions of a settled subaccount in quote quantums.

    leverage: custom initial margin fraction (ppm) by perpetual. Raises [assets 401] or [assets 402] for a position
    in another asset than USDC.
    """
    nc = imr = mmr = 0
    for asset in subaccount.asset_positions:
        if asset.asset_id == USDC_ASSET_ID:
            nc += asset.quantums
        else:
            nc += assets.position_risk(asset.asset_id, asset.quantums).nc
    for position in subaccount.perpetual_positions:
        custom_imf_ppm = leverage.get(position.perpetual_id, 0) if leverage else 0
        risk = position_risk(infos[position.perpetual_id], position.quantums, position.quote_balance, custom_imf_ppm)
        nc += risk.nc
        imr += risk.imr
        mmr += risk.mmr
    return Risk(nc, imr, mmr)


def result_below_initial_margin(current: Risk, new: Risk) -> UpdateResult:
    """Verdict on an update whose new net collateral does not cover the initial margin requirement.

    Moves that make the subaccount no riskier succeed. Source: dydx-modules §10.6, step 4.
    """
    failure = (
        UpdateResult.NEWLY_UNDERCOLLATERALIZED if current.imr <= current.nc else UpdateResult.STILL_UNDERCOLLATERALIZED
    )
    if new.mmr > current.mmr:
        return failure
    if new.mmr == 0 or current.mmr == 0:
        improves = new.mmr == 0 and current.mmr == 0 and new.nc > current.nc
        return UpdateResult.SUCCESS if improves else failure
    return failure if new.compare(current) > 0 else UpdateResult.SUCCESS
