"""Messages of x/feetiers. Source: dydx-modules §16.5."""

from __future__ import annotations

from vaultsim.address import is_bech32
from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.feetiers import (
    MsgSetMarketFeeDiscountParams,
    MsgSetMarketFeeDiscountParamsResponse,
    MsgSetStakingTiers,
    MsgSetStakingTiersResponse,
    MsgUpdatePerpetualFeeParams,
    MsgUpdatePerpetualFeeParamsResponse,
)
from vaultsim.x.authority import GOV_OR_DELAYMSG, require_authority
from vaultsim.x.feetiers import formulas
from vaultsim.x.feetiers.errors import InvalidAuthority
from vaultsim.x.feetiers.keeper import FeetiersKeeper


def check_update_params(msg: MsgUpdatePerpetualFeeParams) -> None:
    """Authority is bech32 [404], tiers are valid [400] to [403]."""
    if not is_bech32(msg.authority):
        raise InvalidAuthority(f"authority '{msg.authority}' must be a valid bech32 address")
    formulas.require_valid_params(msg.params)


class FeetiersMsgServer:
    """Handlers of x/feetiers."""

    def __init__(self, keeper: FeetiersKeeper) -> None:
        self._keeper = keeper

    def update_params(self, ctx: Context, msg: MsgUpdatePerpetualFeeParams) -> MsgUpdatePerpetualFeeParamsResponse:
        """Replaces the fee tiers."""
        require_authority(msg.authority, GOV_OR_DELAYMSG)
        self._keeper.set_params(ctx, msg.params)
        return MsgUpdatePerpetualFeeParamsResponse()

    def set_discounts(self, ctx: Context, msg: MsgSetMarketFeeDiscountParams) -> MsgSetMarketFeeDiscountParamsResponse:
        """Sets the discounts of some clob pairs, one by one."""
        require_authority(msg.authority, GOV_OR_DELAYMSG)
        for discount in msg.params:
            self._keeper.set_discount(ctx, discount)
        return MsgSetMarketFeeDiscountParamsResponse()

    def set_staking_tiers(self, ctx: Context, msg: MsgSetStakingTiers) -> MsgSetStakingTiersResponse:
        """Replaces the staking tiers."""
        require_authority(msg.authority, GOV_OR_DELAYMSG)
        self._keeper.set_staking_tiers(ctx, msg.staking_tiers)
        return MsgSetStakingTiersResponse()
