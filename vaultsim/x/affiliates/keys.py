"""Keys of store "affiliates". Source: dydx-modules §14."""

from __future__ import annotations

from typing import Final

STORE: Final = "affiliates"
REFERRED_BY: Final = b"RB:"
TIERS: Final = b"AT"
WHITELIST: Final = b"AW"
PARAMETERS: Final = b"AP"
OVERRIDES: Final = b"AO"
