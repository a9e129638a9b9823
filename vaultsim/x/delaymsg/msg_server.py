"""Messages of x/delaymsg. Source: dydx-modules §12."""

from __future__ import annotations

from vaultsim.address import is_bech32
from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.pb.dydxprotocol.delaymsg import MsgDelayMessage, MsgDelayMessageResponse
from vaultsim.x.authority import GOV
from vaultsim.x.delaymsg.errors import InvalidAuthority, InvalidInput, NoMessage
from vaultsim.x.delaymsg.keeper import DelaymsgKeeper, unpacked


def check_delay_message(msg: MsgDelayMessage) -> None:
    """Authority is bech32 [5], there is a message [2]."""
    if not is_bech32(msg.authority):
        raise InvalidAuthority(f"authority '{msg.authority}' must be a valid bech32 address")
    if msg.msg is None:
        raise NoMessage


class DelaymsgMsgServer:
    """Handlers of x/delaymsg."""

    def __init__(self, keeper: DelaymsgKeeper) -> None:
        self._keeper = keeper

    def delay_message(self, ctx: Context, msg: MsgDelayMessage) -> MsgDelayMessageResponse:
        """Schedules a message. Raises [1]; what scheduling finds comes back without a code."""
        try:
            check_delay_message(msg)
        except ChainError as problem:
            raise InvalidInput(f"msg.ValidateBasic failed, err = {problem.log}") from None
        if msg.authority not in GOV:
            raise InvalidInput(f"{msg.authority} is not recognized as a valid authority for sending messages")
        try:
            message = unpacked(msg.msg)
        except ChainError as problem:
            raise InvalidInput(f"GetMessage for MsgDelayedMessage failed, err = {problem.log}") from None
        try:
            message_id = self._keeper.delay_by_blocks(ctx, message, msg.delay_blocks)
        except ChainError as problem:
            raise ChainError(f"DelayMessageByBlocks failed, err = {problem.log}") from None
        return MsgDelayMessageResponse(id=message_id)
