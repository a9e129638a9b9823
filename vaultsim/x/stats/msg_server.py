"""Messages of x/stats. Source: dydx-modules §13."""

from __future__ import annotations

from vaultsim.address import is_bech32
from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.stats import MsgUpdateParams, MsgUpdateParamsResponse
from vaultsim.x.authority import GOV_OR_DELAYMSG, require_authority
from vaultsim.x.stats import formulas
from vaultsim.x.stats.errors import InvalidAuthority
from vaultsim.x.stats.keeper import StatsKeeper


def check_update_params(msg: MsgUpdateParams) -> None:
    """Authority is bech32 [401], the window is positive [400]."""
    if not is_bech32(msg.authority):
        raise InvalidAuthority(f"authority '{msg.authority}' must be a valid bech32 address")
    formulas.require_valid_params(msg.params)


class StatsMsgServer:
    """Handlers of x/stats."""

    def __init__(self, keeper: StatsKeeper) -> None:
        self._keeper = keeper

    def update_params(self, ctx: Context, msg: MsgUpdateParams) -> MsgUpdateParamsResponse:
        """Replaces the window's length."""
        require_authority(msg.authority, GOV_OR_DELAYMSG)
        self._keeper.set_params(ctx, msg.params)
        return MsgUpdateParamsResponse()
