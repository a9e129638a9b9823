"""The risk triple: net collateral, initial and maintenance margin requirement, in quote quantums.

Source: dydx-modules §2.2.
"""

from __future__ import annotations

from typing import NamedTuple


class Risk(NamedTuple):
    """Net collateral `nc`, initial margin requirement `imr`, maintenance margin requirement `mmr` (quote quantums)."""

    nc: int
    imr: int
    mmr: int

    def plus(self, other: Risk) -> Risk:
        """Sum component by component."""
        return Risk(self.nc + other.nc, self.imr + other.imr, self.mmr + other.mmr)

    def is_initially_collateralized(self) -> bool:
        """Net collateral covers the initial margin requirement."""
        return self.nc >= self.imr

    def is_maintenance_collateralized(self) -> bool:
        """Net collateral covers the maintenance margin requirement."""
        return self.nc >= self.mmr

    def is_liquidatable(self) -> bool:
        """There is a maintenance requirement and net collateral does not cover it."""
        return self.mmr > 0 and self.mmr > self.nc

    def compare(self, other: Risk) -> int:
        """+1 when self is riskier than other, -1 when less, 0 when alike."""
        left, right = other.nc * self.mmr, self.nc * other.mmr
        if left != right:
            return 1 if left > right else -1
        if self.mmr == 0 and other.mmr == 0:
            return (other.nc > self.nc) - (other.nc < self.nc)
        return (self.mmr > other.mmr) - (self.mmr < other.mmr)


ZERO_RISK = Risk(0, 0, 0)
