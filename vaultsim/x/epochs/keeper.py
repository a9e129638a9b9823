"""Recurring time spans that other modules act on. Source: dydx-modules §5."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainPanic
from vaultsim.lib.ints import wrap_u32
from vaultsim.pb.dydxprotocol.epochs import EpochInfo
from vaultsim.x.epochs import formulas
from vaultsim.x.epochs.errors import AlreadyExists, EpochNotFound
from vaultsim.x.epochs.events import NewEpoch
from vaultsim.x.epochs.state import EpochsState


class EpochsKeeper:
    """Reads and writes of x/epochs."""

    def __init__(self, state: EpochsState) -> None:
        self.state = state

    def find(self, ctx: Context, name: str) -> EpochInfo | None:
        """The epoch of this name, or None."""
        return self.state.epochs.get(ctx, name)

    def get(self, ctx: Context, name: str) -> EpochInfo:
        """The epoch of this name. Raises EpochNotFound [5]."""
        epoch = self.find(ctx, name)
        if epoch is None:
            raise EpochNotFound(f"EpochInfo Id not found ({name})")
        return epoch

    def must_get(self, ctx: Context, name: str) -> EpochInfo:
        """The epoch of this name; a chain panic when there is none."""
        epoch = self.find(ctx, name)
        if epoch is None:
            raise ChainPanic(EpochNotFound(f"name: {name}").log)
        return epoch

    def started_this_block(self, ctx: Context, name: str) -> bool:
        """Whether the current epoch started at this height. Raises [5]; a start in the future is a chain panic."""
        age_blocks = ctx.height - self.get(ctx, name).current_epoch_start_block
        if age_blocks < 0:
            raise ChainPanic(f"epoch {name} starts above height {ctx.height}")
        return age_blocks == 0

    def create(self, ctx: Context, epoch: EpochInfo) -> None:
        """Adds an epoch. Raises [2], [3], [6], and [4] for a name that is taken."""
        formulas.require_valid(epoch)
        if self.find(ctx, epoch.name) is not None:
            raise AlreadyExists(f"epochInfo.Name already exists ({epoch.name})")
        self.state.epochs.set(ctx, epoch.name, epoch)

    def all(self, ctx: Context) -> tuple[EpochInfo, ...]:
        """Every epoch in key order."""
        return tuple(self.state.epochs.values(ctx))

    def tick(self, ctx: Context) -> None:
        """BeginBlock: initialises what is due and starts at most one epoch of each name."""
        now_seconds = wrap_u32(ctx.unix_seconds)
        for epoch in self.all(ctx):
            self._tick_one(ctx, epoch, now_seconds)

    def _tick_one(self, ctx: Context, epoch: EpochInfo, now_seconds: int) -> None:
        if not epoch.is_initialized:
            if ctx.height < formulas.FIRST_TICKING_HEIGHT or now_seconds < epoch.next_tick:
                return
            epoch = formulas.initialized(epoch, now_seconds)
            self.state.epochs.set(ctx, epoch.name, epoch)
        if now_seconds < epoch.next_tick:
            return
        due_tick = epoch.next_tick
        epoch = formulas.started(epoch, ctx.height)
        self.state.epochs.set(ctx, epoch.name, epoch)
        ctx.emit(NewEpoch(epoch.name, epoch.current_epoch, due_tick, ctx.unix_seconds, epoch.current_epoch_start_block))
