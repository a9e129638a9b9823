"""Errors of codespace blocktime. Source: dydx-modules §6."""

from __future__ import annotations

from vaultsim.errors import ChainError


class BlocktimeError(ChainError):
    """An error of codespace blocktime."""

    codespace = "blocktime"


class NonpositiveDuration(BlocktimeError):
    """A downtime duration is zero or negative."""

    code = 400
    meaning = "Durations must be positive"


class UnorderedDurations(BlocktimeError):
    """Downtime durations are not strictly ascending."""

    code = 401
    meaning = "Durations must be in ascending order by length"


class InvalidAuthority(BlocktimeError):
    """The authority of a message is not a bech32 address."""

    code = 402
    meaning = "Authority is invalid"


class NegativeNextBlockDelay(BlocktimeError):
    """The next block delay is negative."""

    code = 403
    meaning = "next_block_delay must be non-negative"
