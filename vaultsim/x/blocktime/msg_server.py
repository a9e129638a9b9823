"""Messages of x/blocktime. Source: dydx-modules §6."""

from __future__ import annotations

from vaultsim.address import is_bech32
from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.blocktime import (
    MsgUpdateDowntimeParams,
    MsgUpdateDowntimeParamsResponse,
    MsgUpdateSynchronyParams,
    MsgUpdateSynchronyParamsResponse,
)
from vaultsim.x.authority import GOV_OR_DELAYMSG, require_authority
from vaultsim.x.blocktime import formulas
from vaultsim.x.blocktime.errors import InvalidAuthority
from vaultsim.x.blocktime.keeper import BlocktimeKeeper


def check_update_downtime_params(msg: MsgUpdateDowntimeParams) -> None:
    """Authority is bech32 [402], durations are valid [400] [401]."""
    _require_bech32(msg.authority)
    formulas.require_valid_downtime_params(msg.params)


def check_update_synchrony_params(msg: MsgUpdateSynchronyParams) -> None:
    """Authority is bech32 [402], the delay is not negative [403]."""
    _require_bech32(msg.authority)
    formulas.require_valid_synchrony_params(msg.params)


class BlocktimeMsgServer:
    """Handlers of x/blocktime."""

    def __init__(self, keeper: BlocktimeKeeper) -> None:
        self._keeper = keeper

    def update_downtime_params(self, ctx: Context, msg: MsgUpdateDowntimeParams) -> MsgUpdateDowntimeParamsResponse:
        """Replaces the watched gap lengths."""
        require_authority(msg.authority, GOV_OR_DELAYMSG)
        self._keeper.set_downtime_params(ctx, msg.params)
        return MsgUpdateDowntimeParamsResponse()

    def update_synchrony_params(self, ctx: Context, msg: MsgUpdateSynchronyParams) -> MsgUpdateSynchronyParamsResponse:
        """Replaces the pause between blocks."""
        require_authority(msg.authority, GOV_OR_DELAYMSG)
        self._keeper.set_synchrony_params(ctx, msg.params)
        return MsgUpdateSynchronyParamsResponse()


def _require_bech32(authority: str) -> None:
    if not is_bech32(authority):
        raise InvalidAuthority(f"authority '{authority}' must be a valid bech32 address")
