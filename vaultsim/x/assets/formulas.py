"""Numbers of x/assets."""

from __future__ import annotations

from vaultsim.errors import ChainPanic
from vaultsim.lib.margin import ZERO_RISK, Risk
from vaultsim.lib.maths import floor_div, pow10
from vaultsim.pb.dydxprotocol.assets import Asset
from vaultsim.x.assets.errors import (
    InvalidAssetAtomicResolution,
    InvalidDenomExponent,
    MarginTradingNotImplemented,
    MulticollateralNotImplemented,
)
from vaultsim.x.assets.types import MAX_UNIT_EXPONENT_ABS, USDC_ASSET_ID


def coin_amount(asset: Asset, quantums: int) -> tuple[int, int]:
    """(quantums that whole coins make up, number of coins): the number of coins is floored.

    Raises InvalidAssetAtomicResolution or InvalidDenomExponent; a negative amount of coins is a chain panic.
    Source: dydx-modules §7.
    """
    if abs(asset.atomic_resolution) > MAX_UNIT_EXPONENT_ABS:
        raise InvalidAssetAtomicResolution(f"asset {asset.id}")
    if abs(asset.denom_exponent) > MAX_UNIT_EXPONENT_ABS:
        raise InvalidDenomExponent(f"asset {asset.id}")
    exponent = asset.atomic_resolution - asset.denom_exponent
    if exponent == 0:
        amount = rounded = quantums
    elif exponent < 0:
        amount = floor_div(quantums, pow10(-exponent))
        rounded = amount * pow10(-exponent)
    else:
        amount, rounded = quantums * pow10(exponent), quantums
    if amount < 0:
        raise ChainPanic(f"negative coin amount: {amount}")
    return rounded, amount


def position_risk(asset_id: int, quantums: int) -> Risk:
    """Risk of an asset position in quote quantums: USDC counts in full and needs no margin.

    Raises MulticollateralNotImplemented [401] or MarginTradingNotImplemented [402] for another asset.
    Source: dydx-modules §7.
    """
    if quantums == 0:
        return ZERO_RISK
    if asset_id == USDC_ASSET_ID:
        return Risk(quantums, 0, 0)
    if quantums > 0:
        raise MulticollateralNotImplemented(f"asset {asset_id}")
    raise MarginTradingNotImplemented(f"asset {asset_id}")
