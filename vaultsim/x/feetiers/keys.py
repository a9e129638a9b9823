"""Keys of store "feetiers". Source: dydx-modules §16.1."""

from __future__ import annotations

from typing import Final

STORE: Final = "feetiers"
PARAMS: Final = b"PerpParams"
MARKET_DISCOUNT: Final = b"MarketFeeDiscount:"
STAKING_TIER: Final = b"StakingTier:"
