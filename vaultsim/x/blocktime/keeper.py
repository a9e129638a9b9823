"""The clock of the chain: the previous block's time and the last long gaps between blocks.

Source: dydx-modules §6.
"""

from __future__ import annotations

from vaultsim.context import NANOSECONDS, Context
from vaultsim.pb.dydxprotocol.blocktime import (
    AllDowntimeInfo,
    AllDowntimeInfo_DowntimeInfo,
    BlockInfo,
    DowntimeParams,
    SynchronyParams,
)
from vaultsim.pb.google.protobuf import Duration
from vaultsim.x.blocktime import formulas
from vaultsim.x.blocktime.state import BlocktimeState
from vaultsim.x.clock import ZERO_TIME, block_timestamp, duration_ns, timestamp_ns

_NEVER = BlockInfo(timestamp=ZERO_TIME)
_NO_INFOS = AllDowntimeInfo()
_NO_DURATIONS = DowntimeParams()
_DEFAULT_SYNCHRONY = SynchronyParams()


class BlocktimeKeeper:
    """Reads and writes of x/blocktime."""

    def __init__(self, state: BlocktimeState) -> None:
        self.state = state

    def previous_block(self, ctx: Context) -> BlockInfo:
        """Height and time of the block before: in block h that of h - 1, after its commit that of h."""
        return self.state.previous_block_info.get(ctx) or _NEVER

    def all_downtime_info(self, ctx: Context) -> AllDowntimeInfo:
        """The last block after a gap of each watched length."""
        return self.state.all_downtime_info.get(ctx) or _NO_INFOS

    def downtime_params(self, ctx: Context) -> DowntimeParams:
        """The watched gap lengths."""
        return self.state.downtime_params.get(ctx) or _NO_DURATIONS

    def synchrony_params(self, ctx: Context) -> SynchronyParams:
        """The pause consensus makes before the next block; 0 s unless set."""
        return self.state.synchrony_params.get(ctx) or _DEFAULT_SYNCHRONY

    def downtime(self, ctx: Context, seconds: int) -> AllDowntimeInfo_DowntimeInfo:
        """The last block after a gap of at least `seconds`, by the largest watched length not above it.

        When every watched length is longer: duration 0 with this block's height and time.
        """
        found = formulas.longest_within(self.all_downtime_info(ctx), seconds * NANOSECONDS)
        return found or AllDowntimeInfo_DowntimeInfo(duration=Duration(), block_info=_this_block(ctx))

    def record_downtime(self, ctx: Context) -> None:
        """BeginBlock: stamps every watched length that the gap since the previous block reaches."""
        gap_ns = ctx.time_ns - timestamp_ns(self.previous_block(ctx).timestamp)
        infos = formulas.stamped(self.all_downtime_info(ctx), gap_ns, _this_block(ctx))
        self.state.all_downtime_info.set(ctx, infos)

    def record_block(self, ctx: Context) -> None:
        """EndBlock: this block becomes the previous one."""
        self.state.previous_block_info.set(ctx, _this_block(ctx))

    def set_downtime_params(self, ctx: Context, params: DowntimeParams) -> None:
        """Stores the lengths and rebuilds their infos from the old ones. Raises [400], [401].

        A new length takes the block of the largest old length not above it, else this block.
        """
        formulas.require_valid_downtime_params(params)
        self.state.downtime_params.set(ctx, params)
        old, here = self.all_downtime_info(ctx), _this_block(ctx)
        infos = []
        for duration in params.durations:
            known = formulas.longest_within(old, duration_ns(duration))
            block = here if known is None else known.block_info
            infos.append(AllDowntimeInfo_DowntimeInfo(duration=duration, block_info=block))
        self.state.all_downtime_info.set(ctx, AllDowntimeInfo(infos=tuple(infos)))

    def set_synchrony_params(self, ctx: Context, params: SynchronyParams) -> None:
        """Stores the pause as given."""
        self.state.synchrony_params.set(ctx, params)


def _this_block(ctx: Context) -> BlockInfo:
    return BlockInfo(height=ctx.height, timestamp=block_timestamp(ctx))
