"""Errors of codespace epochs. Source: dydx-modules §5."""

from __future__ import annotations

from vaultsim.errors import ChainError


class EpochsError(ChainError):
    """An error of codespace epochs."""

    codespace = "epochs"


class EmptyName(EpochsError):
    """An epoch has no name."""

    code = 2
    meaning = "EpochInfo name is empty"


class ZeroDuration(EpochsError):
    """An epoch has no length."""

    code = 3
    meaning = "Duration is zero"


class AlreadyExists(EpochsError):
    """There is an epoch of this name already."""

    code = 4
    meaning = "EpochInfo name already exists"


class EpochNotFound(EpochsError):
    """There is no epoch of this name."""

    code = 5
    meaning = "EpochInfo name not found"


class InvalidCurrentEpoch(EpochsError):
    """Exactly one of current epoch and its start block is zero."""

    code = 6
    meaning = (
        "Invalid CurrentEpoch and CurrentEpochStartBlock tuple: CurrentEpoch should be zero if and only if "
        "CurrentEpochStartBlock is zero"
    )
