"""When withdrawals and transfers are blocked. Source: dydx-modules §10.7."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from vaultsim.context import Context
from vaultsim.errors import ChainPanic
from vaultsim.pb.dydxprotocol.blocktime import AllDowntimeInfo_DowntimeInfo
from vaultsim.x.subaccounts.types import PerpInfos, SettledUpdate

if TYPE_CHECKING:
    from vaultsim.x.subaccounts.keeper import SubaccountsKeeper

BLOCKED_BLOCKS: Final = 50
OUTAGE_SECONDS: Final = 300
CROSS_SUFFIX: Final = "cross"


def suffix_of_perpetual(keeper: SubaccountsKeeper, ctx: Context, perpetual_id: int) -> str:
    """Key of the perpetual's pool among the recorded heights; raises [perpetuals 1]."""
    return str(perpetual_id) if keeper.perpetuals.is_isolated(ctx, perpetual_id) else CROSS_SUFFIX


def suffix_of_update(update: SettledUpdate, infos: PerpInfos) -> str:
    """Key of the subaccount's pool, decided by its first perpetual position."""
    positions = update.subaccount.perpetual_positions
    if not positions or not infos[positions[0].perpetual_id].is_isolated:
        return CROSS_SUFFIX
    return str(positions[0].perpetual_id)


def outage_height(info: AllDowntimeInfo_DowntimeInfo) -> int:
    """Height of the last outage, 0 when there was none."""
    duration = info.duration
    return info.block_info.height if duration.seconds > 0 or duration.nanos > 0 else 0


def is_blocked(keeper: SubaccountsKeeper, ctx: Context, updates: Sequence[SettledUpdate], infos: PerpInfos) -> bool:
    """Whether a pool of the updates had negative collateral, or the chain an outage, in the last 50 blocks.

    A chain panic when a recorded height is above this block's.
    """
    heights = keeper.state.negative_tnc_heights
    if ctx.gas is not None:
        # The chain reads these rows once more, which costs gas.
        for update in updates:
            if update.subaccount.perpetual_positions:
                keeper.perpetuals.get(ctx, update.subaccount.perpetual_positions[0].perpetual_id)
    suffixes = dict.fromkeys(suffix_of_update(update, infos) for update in updates)
    negative_tnc = max((heights.get(ctx, suffix) or 0 for suffix in suffixes), default=0)
    outage = outage_height(keeper.blocktime.downtime(ctx, OUTAGE_SECONDS))
    if ctx.height < negative_tnc or ctx.height < outage:
        raise ChainPanic(f"height {ctx.height} is below a recorded height ({negative_tnc}, {outage})")
    return any(height > 0 and ctx.height - height < BLOCKED_BLOCKS for height in (negative_tnc, outage))


def record_negative_tnc(keeper: SubaccountsKeeper, ctx: Context, perpetual_id: int) -> None:
    """Records this height for the perpetual's pool; a chain panic when a larger one is recorded.

    Raises [perpetuals 1]. Source: dydx-modules §20.15.
    """
    suffix = suffix_of_perpetual(keeper, ctx, perpetual_id)
    known = keeper.state.negative_tnc_heights.get(ctx, suffix)
    if known is not None and ctx.height < known:
        raise ChainPanic(f"height {ctx.height} is below the recorded height {known}")
    keeper.state.negative_tnc_heights.set(ctx, suffix, ctx.height)
