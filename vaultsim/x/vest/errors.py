"""Errors of codespace vest."""

from __future__ import annotations

from vaultsim.errors import ChainError


class VestError(ChainError):
    """An error of codespace vest."""

    codespace = "vest"


class InvalidAuthority(VestError):
    """The authority of a message is not a bech32 address."""

    code = 1000
    meaning = "invalid authority"


class InvalidVester(VestError):
    """The vester has no name."""

    code = 1001
    meaning = "invalid vester account"


class InvalidTreasury(VestError):
    """The treasury has no name."""

    code = 1002
    meaning = "invalid treasury account"


class InvalidDenom(VestError):
    """The denomination is malformed."""

    code = 1003
    meaning = "invalid denom"


class EntryNotFound(VestError):
    """The vester has no entry."""

    code = 1004
    meaning = "account is not associated with a vest entry"


class InvalidTimes(VestError):
    """The end is not after the start."""

    code = 1005
    meaning = "start_time must be before end_time"
