"""Messages that carry an order of x/clob in somebody else's name. Source: designs-on-chain (fundvault)."""

from __future__ import annotations

from vaultsim.pb.dydxprotocol.clob import MsgCancelOrder, MsgPlaceOrder
from vaultsim.pb.runtime import Message
from vaultsim.pb.vaultsim.fundvault.v1 import MsgVaultCancelOrder, MsgVaultPlaceOrder


def carried_order(message: Message) -> Message:
    """The clob's own message that another one carries; every other message as it is."""
    if isinstance(message, MsgVaultPlaceOrder):
        return MsgPlaceOrder(order=message.order)
    if isinstance(message, MsgVaultCancelOrder):
        return MsgCancelOrder(
            order_id=message.order_id,
            good_til_block=message.good_til_block,
            good_til_block_time=message.good_til_block_time,
        )
    return message
