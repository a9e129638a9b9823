"""Messages of x/rewards. Source: dydx-modules §17."""

from __future__ import annotations

from vaultsim.address import is_bech32
from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.rewards import MsgUpdateParams, MsgUpdateParamsResponse
from vaultsim.x.authority import GOV_OR_DELAYMSG, require_authority
from vaultsim.x.rewards import formulas
from vaultsim.x.rewards.errors import InvalidAuthority
from vaultsim.x.rewards.keeper import RewardsKeeper


def check_update_params(msg: MsgUpdateParams) -> None:
    """Authority is bech32 [1003], parameters are valid [1001], [1002]."""
    if not is_bech32(msg.authority):
        raise InvalidAuthority(f"authority '{msg.authority}' must be a valid bech32 address")
    formulas.require_valid_params(msg.params)


class RewardsMsgServer:
    """Handlers of x/rewards."""

    def __init__(self, keeper: RewardsKeeper) -> None:
        self._keeper = keeper

    def update_params(self, ctx: Context, msg: MsgUpdateParams) -> MsgUpdateParamsResponse:
        """Replaces the parameters."""
        require_authority(msg.authority, GOV_OR_DELAYMSG)
        self._keeper.set_params(ctx, msg.params)
        return MsgUpdateParamsResponse()
