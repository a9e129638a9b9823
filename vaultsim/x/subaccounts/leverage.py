"""Custom initial margin fractions of subaccounts. Source: dydx-modules §10.9."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.pb.dydxprotocol.subaccounts import LeverageData, PerpetualLeverageEntry, SubaccountId
from vaultsim.x.subaccounts.errors import (
    InitialMarginPpmIsZero,
    InvalidLeverage,
    LeverageExceedsMaximum,
    LeverageViolatesMarginRequirements,
)
from vaultsim.x.subaccounts.types import PerpetualUpdate, Update

if TYPE_CHECKING:
    from vaultsim.x.subaccounts.keeper import SubaccountsKeeper


def stored(keeper: SubaccountsKeeper, ctx: Context, subaccount_id: SubaccountId) -> dict[int, int] | None:
    """Stored margin fractions (ppm) by perpetual, or None."""
    data = keeper.state.leverage.get(ctx, subaccount_id)
    return None if data is None else {entry.perpetual_id: entry.custom_imf_ppm for entry in data.entries}


def update(keeper: SubaccountsKeeper, ctx: Context, subaccount_id: SubaccountId, imf_ppm: Mapping[int, int]) -> None:
    """Merges new margin fractions (ppm by perpetual) into the stored ones; raises [700], [701] or [703]."""
    for perpetual_id in sorted(imf_ppm):
        minimum = _min_imf_ppm(keeper, ctx, perpetual_id)
        if imf_ppm[perpetual_id] < minimum:
            raise LeverageExceedsMaximum(f"perpetual {perpetual_id}: {imf_ppm[perpetual_id]} is below {minimum}")
    merged = {**(stored(keeper, ctx, subaccount_id) or {}), **imf_ppm}
    for perpetual_id in sorted(imf_ppm):
        change = Update(subaccount_id, perpetual_updates=(PerpetualUpdate(perpetual_id, 0),))
        if not keeper.risk_with_leverage(ctx, change, imf_ppm).is_initially_collateralized():
            raise LeverageViolatesMarginRequirements(f"{subaccount_id.owner}/{subaccount_id.number}")
    entries = tuple(
        PerpetualLeverageEntry(perpetual_id=perpetual_id, custom_imf_ppm=merged[perpetual_id])
        for perpetual_id in sorted(merged)
    )
    keeper.state.leverage.set(ctx, subaccount_id, LeverageData(entries=entries))


def _min_imf_ppm(keeper: SubaccountsKeeper, ctx: Context, perpetual_id: int) -> int:
    try:
        minimum = keeper.perpetuals.info(ctx, perpetual_id).liquidity_tier.initial_margin_ppm
        if minimum == 0:
            raise InitialMarginPpmIsZero()
    except ChainError as problem:
        raise InvalidLeverage(f"perpetual {perpetual_id}: {problem.log}") from problem
    return minimum
