"""Names of x/rewards. Source: dydx-modules §§1.9, 17."""

from __future__ import annotations

from typing import Final

TREASURY: Final = "rewards_treasury"
"""Module account whose balance limits a block's rewards."""
