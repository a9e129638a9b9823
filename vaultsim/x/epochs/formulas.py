"""Pure rules of x/epochs; times are u32 unix seconds. Source: dydx-modules §5."""

from __future__ import annotations

from vaultsim.lib.ints import wrap_u32
from vaultsim.lib.maths import floor_div
from vaultsim.pb.dydxprotocol.epochs import EpochInfo
from vaultsim.pb.runtime import replace
from vaultsim.x.epochs.errors import EmptyName, InvalidCurrentEpoch, ZeroDuration

FIRST_TICKING_HEIGHT = 2
"""Genesis and block 1 share a time, so the clock counts from block 2 on."""


def require_valid(epoch: EpochInfo) -> None:
    """Name [2], duration [3], current epoch zero exactly when its start block is [6]."""
    if not epoch.name:
        raise EmptyName("EpochInfo Name is empty")
    if epoch.duration == 0:
        raise ZeroDuration("Duration is zero")
    if (epoch.current_epoch == 0) != (epoch.current_epoch_start_block == 0):
        raise InvalidCurrentEpoch(
            f"CurrentEpoch: {epoch.current_epoch}, CurrentEpochStartBlock: {epoch.current_epoch_start_block}"
        )


def initialized(epoch: EpochInfo, now_seconds: int) -> EpochInfo:
    """`epoch` set going at `now_seconds`: with fast-forward the next tick is the first one strictly later."""
    next_tick = epoch.next_tick
    if epoch.fast_forward_next_tick:
        ticks = floor_div(now_seconds - next_tick, epoch.duration) + 1
        next_tick = wrap_u32(next_tick + epoch.duration * ticks)
    return replace(epoch, is_initialized=True, next_tick=next_tick)


def started(epoch: EpochInfo, height: int) -> EpochInfo:
    """`epoch` one epoch later, started at `height`."""
    return replace(
        epoch,
        next_tick=wrap_u32(epoch.next_tick + epoch.duration),
        current_epoch=wrap_u32(epoch.current_epoch + 1),
        current_epoch_start_block=height,
    )
