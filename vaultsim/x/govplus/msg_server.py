"""MsgSlashValidator: checked as on the chain, but there are no validators here to slash. Source: dydx-modules §19."""

from __future__ import annotations

from typing import Final

from vaultsim.address import InvalidAddress, from_bech32, is_bech32
from vaultsim.context import Context
from vaultsim.lib.maths import pow10
from vaultsim.pb.dydxprotocol.govplus import MsgSlashValidator, MsgSlashValidatorResponse
from vaultsim.x.authority import GOV_OR_DELAYMSG, require_authority
from vaultsim.x.govplus.errors import InvalidAuthority, InvalidSlashFactor, InvalidTokens, InvalidValidatorAddress

CONSENSUS_PREFIX: Final = "dydxvalcons"
_WHOLE_E18: Final = pow10(18)


def check_slash_validator(msg: MsgSlashValidator) -> None:
    """Authority bech32 [401], consensus address [400], tokens positive [403], factor from 0 to 1 [402]."""
    if not is_bech32(msg.authority):
        raise InvalidAuthority(f"authority '{msg.authority}' must be a valid bech32 address")
    try:
        from_bech32(msg.validator_address, CONSENSUS_PREFIX)
    except InvalidAddress as problem:
        raise InvalidValidatorAddress(str(problem)) from None
    if msg.tokens_at_infraction_height <= 0:
        raise InvalidTokens
    if not 0 <= int(msg.slash_factor or "0") <= _WHOLE_E18:
        raise InvalidSlashFactor


def slash_validator(_: Context, msg: MsgSlashValidator) -> MsgSlashValidatorResponse:
    """Checks the authority; slashing an unknown validator changes nothing on the chain either."""
    require_authority(msg.authority, GOV_OR_DELAYMSG)
    return MsgSlashValidatorResponse()
