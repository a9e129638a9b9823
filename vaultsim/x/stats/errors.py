"""Errors of codespace stats. Source: dydx-modules §13."""

from __future__ import annotations

from vaultsim.errors import ChainError


class StatsError(ChainError):
    """An error of codespace stats."""

    codespace = "stats"


class NonpositiveDuration(StatsError):
    """The window is zero or negative."""

    code = 400
    meaning = "Duration is nonpositive"


class InvalidAuthority(StatsError):
    """The authority of a message is not a bech32 address."""

    code = 401
    meaning = "Authority is invalid"
