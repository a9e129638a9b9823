"""Errors of codespace rewards. Source: dydx-modules §17."""

from __future__ import annotations

from vaultsim.errors import ChainError


class RewardsError(ChainError):
    """An error of codespace rewards."""

    codespace = "rewards"


class InvalidTreasury(RewardsError):
    """The treasury has no name."""

    code = 1001
    meaning = "invalid treasury account"


class InvalidFeeMultiplier(RewardsError):
    """The fee multiplier is above 10^6 ppm."""

    code = 1002
    meaning = "invalid FeeMultiplierPpm"


class InvalidAuthority(RewardsError):
    """The authority of a message is not a bech32 address."""

    code = 1003
    meaning = "Authority is invalid"
