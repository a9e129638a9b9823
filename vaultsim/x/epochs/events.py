"""Events of x/epochs. Source: dydx-modules §5."""

from __future__ import annotations

from typing import ClassVar

from vaultsim.events import Event


class NewEpoch(Event, frozen=True):
    """An epoch started: its number, the tick it was due at, and time (unix seconds) and height of the block."""

    TYPE: ClassVar[str] = "new_epoch"

    epoch_info_name: str
    epoch_number: int
    epoch_start_tick_time: int
    epoch_start_block_time: int
    epoch_start_block: int
