"""The quote asset. Source: dydx-modules §§4, 7."""

from __future__ import annotations

from typing import Final

from vaultsim.pb.dydxprotocol.assets import Asset

USDC_ASSET_ID: Final = 0
USDC_DENOM: Final = "ibc/8E27BA2D5493AF5636760E354E46004562C46AB7EC0CC4C1CA14E9E20E2545B5"
USDC_DENOM_EXPONENT: Final = -6
USDC: Final = Asset(
    id=USDC_ASSET_ID,
    symbol="USDC",
    denom=USDC_DENOM,
    denom_exponent=USDC_DENOM_EXPONENT,
    atomic_resolution=-6,
)
MAX_UNIT_EXPONENT_ABS: Final = 32
