"""Which timestamp nonces an account may still use. Source: dydx-modules §1.5."""

from __future__ import annotations

from typing import Final

from vaultsim.pb.dydxprotocol.accountplus import TimestampNonceDetails

FIRST_TIMESTAMP_NONCE: Final = 1 << 40
"""Sequences from here on are timestamp nonces (ms since 1970)."""
WINDOW_MS: Final = 30_000
MOST_NONCES: Final = 20


def is_timestamp_nonce(sequence: int) -> bool:
    """Whether a signature's sequence is a timestamp nonce."""
    return sequence >= FIRST_TIMESTAMP_NONCE


def is_within_window(nonce: int, block_time_ms: int) -> bool:
    """Whether a nonce is at most 30 s before or after the block time, both ends included."""
    return block_time_ms - WINDOW_MS <= nonce <= block_time_ms + WINDOW_MS


def accept_nonce(details: TimestampNonceDetails, nonce: int, block_time_ms: int) -> TimestampNonceDetails | None:
    """The account's nonces after `nonce` is used, or None when it is refused.

    Nonces that left the window are dropped first; a full list gives up its smallest nonce, whose place is taken.
    """
    oldest = block_time_ms - WINDOW_MS
    listed = [one for one in details.timestamp_nonces if one >= oldest]
    dropped = [one for one in details.timestamp_nonces if one < oldest]
    max_ejected = max([details.max_ejected_nonce, *dropped])
    if nonce <= max_ejected or nonce in listed:
        return None
    if len(listed) < MOST_NONCES:
        listed.append(nonce)
    else:
        smallest = min(listed)
        if nonce <= smallest:
            return None
        max_ejected = smallest
        listed[listed.index(smallest)] = nonce
    return TimestampNonceDetails(timestamp_nonces=tuple(listed), max_ejected_nonce=max_ejected)
