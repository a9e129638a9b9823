"""Delegations as a static table: staking is not simulated, so they stay as the genesis document lists them.

Source: dydx-modules §§13, 23.
"""

from __future__ import annotations

from vaultsim.x.staking.types import StakingGenesis


class StakingKeeper:
    """Looks up what an account has staked. No store."""

    def __init__(self) -> None:
        self.section = StakingGenesis()
        self._base_tokens: dict[str, int] = {}

    def load(self, section: StakingGenesis) -> None:
        """Takes the table from a genesis section, dropping what was there."""
        self.section = section
        self._base_tokens = section.base_tokens()

    def base_tokens(self, delegator: str) -> int:
        """Staked base tokens of `delegator` (bech32), 0 when nothing is delegated."""
        return self._base_tokens.get(delegator, 0)
