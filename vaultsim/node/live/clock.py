"""The time of the next block: by the wall clock or in fixed steps, moved and set from outside."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum
from typing import Final, NamedTuple

from vaultsim.errors import UserError
from vaultsim.node.times import NANOSECONDS, format_time

LAST_TIME_NS: Final = 253_402_300_799 * NANOSECONDS
"""The last second that RFC 3339 can write: 9999-12-31T23:59:59Z."""


class ClockMode(Enum):
    """Where block times come from."""

    WALL = "wall"
    """The wall clock, moved by what `advance` and `set_next` asked for."""
    STEPS = "steps"
    """The block before plus a fixed step: the same times in every run."""


class ClockState(NamedTuple):
    """A captured clock: what it showed, the time set for the next block, and the step added to the next one."""

    shown_ns: int
    next_ns: int | None
    ahead_ns: int


class BlockClock:
    """Says at which time the next block is. Times are nanoseconds since 1970 (UTC); they never go back.

    step_ns: distance of two blocks in STEPS; now_ns: the wall clock.
    """

    def __init__(
        self, mode: ClockMode = ClockMode.STEPS, step_ns: int = NANOSECONDS, now_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self.mode = mode
        self.step_ns = step_ns
        self.offset_ns = 0
        self._now_ns = now_ns
        self._next_ns: int | None = None
        self._ahead_ns = 0

    def advance(self, by_ns: int) -> None:
        """Moves all times from the next block on. Raises UserError for one below zero or past the year 9999."""
        if by_ns < 0:
            raise UserError("time only goes forward; give a distance of 0 or more")
        if self._now_ns() + self.offset_ns + by_ns > LAST_TIME_NS or self._ahead_ns + by_ns > LAST_TIME_NS:
            raise UserError("that is beyond the year 9999; give a shorter distance")
        if self._next_ns is not None:
            self._next_ns += by_ns
            return
        self.offset_ns += by_ns
        self._ahead_ns += by_ns

    def set_next(self, time_ns: int, last_ns: int) -> None:
        """The next block has this time, and those after it go on from there.

        Raises UserError for one in the past or beyond the year 9999.
        """
        if time_ns > LAST_TIME_NS:
            raise UserError("that is beyond the year 9999; give an earlier time")
        if time_ns < last_ns:
            raise UserError(
                f"{format_time(time_ns)} is before the last block, {format_time(last_ns)}; time never goes back"
            )
        self._next_ns = time_ns

    def next_time(self, last_ns: int) -> int:
        """Time of the next block when the last one had `last_ns`; asking does not change anything."""
        if self._next_ns is not None:
            return self._next_ns
        if self.mode is ClockMode.STEPS:
            return last_ns + self.step_ns + self._ahead_ns
        return max(self._now_ns() + self.offset_ns, last_ns + 1)

    def took(self, time_ns: int) -> None:
        """Tells that a block with this time was made."""
        if self._next_ns is not None and self.mode is ClockMode.WALL:
            self.offset_ns = time_ns - self._now_ns()
        self._next_ns = None
        self._ahead_ns = 0

    def capture(self) -> ClockState:
        """What a snapshot keeps."""
        return ClockState(self._now_ns() + self.offset_ns, self._next_ns, self._ahead_ns)

    def restore(self, kept: ClockState) -> None:
        """Goes back to what was captured: the clock shows what it showed then."""
        self.offset_ns = kept.shown_ns - self._now_ns()
        self._next_ns, self._ahead_ns = kept.next_ns, kept.ahead_ns
