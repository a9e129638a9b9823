"""Messages of x/control, which the chain does not have: a node's control sends them in a governance proposal."""

from __future__ import annotations

from vaultsim.address import InvalidAddress, from_bech32
from vaultsim.context import Context
from vaultsim.pb.vaultsim.control.v1 import MsgFund, MsgFundResponse
from vaultsim.x import sdk_errors
from vaultsim.x.authority import GOV, require_authority
from vaultsim.x.bank.types import are_valid, coins_of, coins_text
from vaultsim.x.control.ports import Bank


class ControlMsgServer:
    """Handlers of x/control."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank

    def fund(self, ctx: Context, msg: MsgFund) -> MsgFundResponse:
        """Makes coins for an account (gov). Raises [gov 13], [sdk 7] for another address, [sdk 10] for bad coins."""
        require_authority(msg.authority, GOV)
        try:
            recipient = from_bech32(msg.address)
        except InvalidAddress as problem:
            raise sdk_errors.InvalidAddress(f"invalid address: {problem}") from None
        coins = coins_of(msg.coins)
        if not coins or not are_valid(coins):
            raise sdk_errors.InvalidCoins(coins_text(coins))
        self._bank.mint(ctx, recipient, coins)
        return MsgFundResponse()
