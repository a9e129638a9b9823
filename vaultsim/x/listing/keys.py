"""Keys of store "listing". Source: dydx-modules §18."""

from __future__ import annotations

from typing import Final

STORE: Final = "listing"
HARD_CAP: Final = b"HardCapForMarkets"
DEPOSIT_PARAMS: Final = b"ListingVaultDepositParams"
