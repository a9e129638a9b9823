"""Messages to the perp vault, each with a sentence that says what it does. Dollars are scaled by 10^30."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vaultsim.client.messages import Plan
from vaultsim.lib.decimals import short_text_of
from vaultsim.pb.vaultsim.perpvault.v1 import (
    MsgBuyUsdg,
    MsgDecreasePosition,
    MsgIncreasePosition,
    MsgSellUsdg,
    Position,
    Token,
)

if TYPE_CHECKING:
    from vaultsim.client.perp_tokens import TokenAmount


class PositionName(NamedTuple):
    """A position by whose it is, what it follows and its direction."""

    account: str
    index_token: str
    is_long: bool

    @property
    def direction(self) -> str:
        """`long` or `short`."""
        return "long" if self.is_long else "short"


def buy_usdg(sender: str, amount: TokenAmount, receiver: str) -> Plan:
    """Tokens for USDG."""
    message = MsgBuyUsdg(sender=sender, token=amount.token, amount=str(amount.units), receiver=receiver)
    return Plan((message,), f"bring {amount} to the perp vault, USDG to {receiver}")


def sell_usdg(sender: str, usdg: int, token: Token, receiver: str) -> Plan:
    """USDG for tokens."""
    message = MsgSellUsdg(sender=sender, token=token.token, amount=str(usdg), receiver=receiver)
    return Plan((message,), f"give {short_text_of(usdg, 18)} USDG ({usdg} units) back for {token.token} to {receiver}")


def increase(position: PositionName, dollars: int, collateral: TokenAmount) -> Plan:
    """More size, more collateral, or both, of the signer's own position."""
    message = MsgIncreasePosition(
        sender=position.account,
        account=position.account,
        collateral_token=collateral.token,
        index_token=position.index_token,
        size_delta=str(dollars),
        is_long=position.is_long,
        amount=str(collateral.units),
    )
    size = f"{short_text_of(dollars, 30)} dollars of {position.index_token} {position.direction}"
    return Plan((message,), f"open {size} with {collateral}")


def decrease(held: Position, dollars: int, collateral_dollars: int, receiver: str) -> Plan:
    """Less size, less collateral, or both, of the signer's own position."""
    message = MsgDecreasePosition(
        sender=held.account,
        account=held.account,
        collateral_token=held.collateral_token,
        index_token=held.index_token,
        collateral_delta=str(collateral_dollars),
        size_delta=str(dollars),
        is_long=held.is_long,
        receiver=receiver,
    )
    direction = PositionName(held.account, held.index_token, held.is_long).direction
    besides = (
        f" and take out {short_text_of(collateral_dollars, 30)} dollars of collateral" if collateral_dollars else ""
    )
    size = f"{short_text_of(dollars, 30)} dollars of {held.index_token} {direction}"
    return Plan((message,), f"close {size}{besides}, paid to {receiver}")
