"""Pure rules of x/blocktime. Source: dydx-modules §6."""

from __future__ import annotations

from itertools import pairwise

from vaultsim.pb.dydxprotocol.blocktime import (
    AllDowntimeInfo,
    AllDowntimeInfo_DowntimeInfo,
    BlockInfo,
    DowntimeParams,
    SynchronyParams,
)
from vaultsim.x.blocktime.errors import NegativeNextBlockDelay, NonpositiveDuration, UnorderedDurations
from vaultsim.x.clock import duration_ns


def require_valid_downtime_params(params: DowntimeParams) -> None:
    """Durations must be positive [400], then strictly ascending [401]."""
    lengths = [duration_ns(duration) for duration in params.durations]
    if any(length <= 0 for length in lengths):
        raise NonpositiveDuration
    if any(shorter >= longer for shorter, longer in pairwise(lengths)):
        raise UnorderedDurations


def require_valid_synchrony_params(params: SynchronyParams) -> None:
    """The delay must not be negative [403]."""
    if duration_ns(params.next_block_delay) < 0:
        raise NegativeNextBlockDelay


def stamped(infos: AllDowntimeInfo, gap_ns: int, block: BlockInfo) -> AllDowntimeInfo:
    """`infos` with every duration up to `gap_ns` stamped with `block`; the walk stops at the first longer one."""
    reached = 0
    for info in infos.infos:
        if duration_ns(info.duration) > gap_ns:
            break
        reached += 1
    if reached == 0:
        return infos
    fresh = tuple(
        AllDowntimeInfo_DowntimeInfo(duration=info.duration, block_info=block) for info in infos.infos[:reached]
    )
    return AllDowntimeInfo(infos=fresh + infos.infos[reached:])


def longest_within(infos: AllDowntimeInfo, length_ns: int) -> AllDowntimeInfo_DowntimeInfo | None:
    """The info with the largest duration not above `length_ns`, or None."""
    found: AllDowntimeInfo_DowntimeInfo | None = None
    for info in infos.infos:
        if duration_ns(info.duration) > length_ns:
            break
        found = info
    return found
