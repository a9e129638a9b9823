"""Times and durations of the wire format as whole nanoseconds, and back.

Source: dydx-modules §3 (std timestamps and durations).
"""

from __future__ import annotations

from typing import Final

from vaultsim.context import NANOSECONDS, Context
from vaultsim.lib.maths import floor_div, floor_mod
from vaultsim.pb.google.protobuf import Duration, Timestamp

ZERO_TIME: Final = Timestamp(seconds=-62_135_596_800)
"""Go's unset time: the first second of year 1."""


def timestamp_of(time_ns: int) -> Timestamp:
    """The timestamp of `time_ns` nanoseconds since 1970."""
    return Timestamp(seconds=floor_div(time_ns, NANOSECONDS), nanos=floor_mod(time_ns, NANOSECONDS))


def timestamp_ns(timestamp: Timestamp) -> int:
    """Nanoseconds since 1970."""
    return timestamp.seconds * NANOSECONDS + timestamp.nanos


def block_timestamp(ctx: Context) -> Timestamp:
    """The block time as a timestamp."""
    return timestamp_of(ctx.time_ns)


def duration_ns(duration: Duration) -> int:
    """Length in nanoseconds."""
    return duration.seconds * NANOSECONDS + duration.nanos
