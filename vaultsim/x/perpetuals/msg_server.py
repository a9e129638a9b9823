"""Messages of x/perpetuals. Source: dydx-modules §9.4."""

from __future__ import annotations

from collections.abc import Mapping

from vaultsim.address import is_bech32
from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.module import Check, Handler
from vaultsim.pb.dydxprotocol.perpetuals import (
    MsgAddPremiumVotes,
    MsgAddPremiumVotesResponse,
    MsgCreatePerpetual,
    MsgCreatePerpetualResponse,
    MsgSetLiquidityTier,
    MsgSetLiquidityTierResponse,
    MsgUpdateParams,
    MsgUpdateParamsResponse,
    MsgUpdatePerpetualParams,
    MsgUpdatePerpetualParamsResponse,
)
from vaultsim.pb.runtime import Message
from vaultsim.x.authority import GOV_OR_DELAYMSG, require_authority
from vaultsim.x.perpetuals.errors import InvalidAddPremiumVotes, InvalidAuthority
from vaultsim.x.perpetuals.formulas import validate_liquidity_tier, validate_params, validate_perpetual_params
from vaultsim.x.perpetuals.keeper import PerpetualsKeeper


def perpetuals_handlers(keeper: PerpetualsKeeper) -> Mapping[type[Message], Handler]:
    """Handlers by message class."""

    def add_premium_votes(ctx: Context, message: MsgAddPremiumVotes) -> MsgAddPremiumVotesResponse:
        try:
            keeper.validate_premium_votes(ctx, message.votes)
        except ChainError as problem:
            raise ChainPanic(f"premium votes are refused: {problem.log}") from problem
        keeper.add_premium_votes(ctx, message.votes)
        return MsgAddPremiumVotesResponse()

    def create_perpetual(ctx: Context, message: MsgCreatePerpetual) -> MsgCreatePerpetualResponse:
        require_authority(message.authority, GOV_OR_DELAYMSG)
        keeper.create(ctx, message.params)
        return MsgCreatePerpetualResponse()

    def set_liquidity_tier(ctx: Context, message: MsgSetLiquidityTier) -> MsgSetLiquidityTierResponse:
        require_authority(message.authority, GOV_OR_DELAYMSG)
        keeper.set_liquidity_tier(ctx, message.liquidity_tier)
        return MsgSetLiquidityTierResponse()

    def update_perpetual_params(ctx: Context, message: MsgUpdatePerpetualParams) -> MsgUpdatePerpetualParamsResponse:
        require_authority(message.authority, GOV_OR_DELAYMSG)
        keeper.modify(ctx, message.perpetual_params)
        return MsgUpdatePerpetualParamsResponse()

    def update_params(ctx: Context, message: MsgUpdateParams) -> MsgUpdateParamsResponse:
        require_authority(message.authority, GOV_OR_DELAYMSG)
        keeper.set_params(ctx, message.params)
        return MsgUpdateParamsResponse()

    return {
        MsgAddPremiumVotes: add_premium_votes,
        MsgCreatePerpetual: create_perpetual,
        MsgSetLiquidityTier: set_liquidity_tier,
        MsgUpdatePerpetualParams: update_perpetual_params,
        MsgUpdateParams: update_params,
    }


def perpetuals_checks() -> Mapping[type[Message], Check]:
    """Stateless checks by message class."""
    return {
        MsgAddPremiumVotes: check_add_premium_votes,
        MsgCreatePerpetual: check_create_perpetual,
        MsgSetLiquidityTier: check_set_liquidity_tier,
        MsgUpdatePerpetualParams: check_update_perpetual_params,
        MsgUpdateParams: check_update_params,
    }


def check_add_premium_votes(message: MsgAddPremiumVotes) -> None:
    """Perpetual ids ascend strictly, else [9]."""
    previous = -1
    for vote in message.votes:
        if vote.perpetual_id <= previous:
            raise InvalidAddPremiumVotes("perpetual ids must ascend strictly")
        previous = vote.perpetual_id


def check_create_perpetual(message: MsgCreatePerpetual) -> None:
    """Authority bech32 [19], parameters valid [23] [6] [5]."""
    _check_authority(message.authority)
    validate_perpetual_params(message.params)


def check_set_liquidity_tier(message: MsgSetLiquidityTier) -> None:
    """Authority bech32 [19], tier valid [3] [4] [16] [24]."""
    _check_authority(message.authority)
    validate_liquidity_tier(message.liquidity_tier)


def check_update_perpetual_params(message: MsgUpdatePerpetualParams) -> None:
    """Authority bech32 [19], parameters valid [23] [6] [5]."""
    _check_authority(message.authority)
    validate_perpetual_params(message.perpetual_params)


def check_update_params(message: MsgUpdateParams) -> None:
    """Authority bech32 [19], parameters valid [14] [15] [22]."""
    _check_authority(message.authority)
    validate_params(message.params)


def _check_authority(authority: str) -> None:
    if not is_bech32(authority):
        raise InvalidAuthority(f"authority {authority!r} is no valid address")
