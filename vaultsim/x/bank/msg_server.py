"""Messages of x/bank. Source: dydx-modules §§1.10, 4."""

from __future__ import annotations

from vaultsim.address import InvalidAddress, from_bech32, to_bech32
from vaultsim.context import Context
from vaultsim.pb.cosmos.bank.v1beta1 import (
    Input,
    MsgMultiSend,
    MsgMultiSendResponse,
    MsgSend,
    MsgSendResponse,
    MsgSetSendEnabled,
    MsgSetSendEnabledResponse,
    MsgUpdateParams,
    MsgUpdateParamsResponse,
    Output,
)
from vaultsim.pb.runtime import replace
from vaultsim.x import sdk_errors
from vaultsim.x.authority import GOV, require_authority
from vaultsim.x.bank.errors import InputOutputMismatch, MultipleSenders, NoInputs, NoOutputs
from vaultsim.x.bank.events import Sender
from vaultsim.x.bank.keeper import BankKeeper
from vaultsim.x.bank.types import Coin, Coins, are_valid, coins_of, coins_text


class MsgServer:
    """Handles the messages."""

    def __init__(self, keeper: BankKeeper) -> None:
        self.keeper = keeper

    def send(self, ctx: Context, msg: MsgSend) -> MsgSendResponse:
        """Sends coins from one account to another."""
        sender = _address(msg.from_address, "from")
        recipient = _address(msg.to_address, "to")
        coins = _valid_coins(coins_of(msg.amount), at_least_one=True)
        self.keeper.require_sendable(ctx, coins)
        self._refuse_blocked(recipient, msg.to_address)
        self.keeper.send_coins(ctx, sender, recipient, coins)
        return MsgSendResponse()

    def multi_send(self, ctx: Context, msg: MsgMultiSend) -> MsgMultiSendResponse:
        """Sends coins from one account to several."""
        if not msg.inputs:
            raise NoInputs
        if len(msg.inputs) != 1:
            raise MultipleSenders
        if not msg.outputs:
            raise NoOutputs
        sender, coins, outputs = _matching(msg.inputs[0], msg.outputs)
        self.keeper.require_sendable(ctx, coins)
        for recipient, _ in outputs:
            self._refuse_blocked(recipient, to_bech32(recipient))
        self.keeper.take(ctx, sender, coins)
        ctx.emit(Sender(msg.inputs[0].address))
        self.keeper.give_to_many(ctx, outputs)
        return MsgMultiSendResponse()

    def update_params(self, ctx: Context, msg: MsgUpdateParams) -> MsgUpdateParamsResponse:
        """Sets the parameters (gov)."""
        require_authority(msg.authority, GOV)
        for entry in msg.params.send_enabled:
            self.keeper.state.send_enabled.set(ctx, entry.denom, entry.enabled)
        self.keeper.state.params.set(ctx, replace(msg.params, send_enabled=()))
        return MsgUpdateParamsResponse()

    def set_send_enabled(self, ctx: Context, msg: MsgSetSendEnabled) -> MsgSetSendEnabledResponse:
        """Switches transfers of denominations on or off (gov)."""
        require_authority(msg.authority, GOV)
        for entry in msg.send_enabled:
            self.keeper.state.send_enabled.set(ctx, entry.denom, entry.enabled)
        for denom in msg.use_default_for:
            self.keeper.state.send_enabled.delete(ctx, denom)
        return MsgSetSendEnabledResponse()

    def _refuse_blocked(self, recipient: bytes, text: str) -> None:
        if self.keeper.is_blocked(recipient):
            raise sdk_errors.Unauthorized(f"{text} is not allowed to receive funds")


def _address(text: str, role: str) -> bytes:
    try:
        return from_bech32(text)
    except InvalidAddress as problem:
        raise sdk_errors.InvalidAddress(f"invalid {role} address: {problem}") from None


def _valid_coins(coins: Coins, *, at_least_one: bool) -> Coins:
    if not are_valid(coins) or (at_least_one and not coins):
        raise sdk_errors.InvalidCoins(coins_text(coins))
    return coins


def _matching(source: Input, outputs: tuple[Output, ...]) -> tuple[bytes, Coins, list[tuple[bytes, Coins]]]:
    sender = _address(source.address, "input")
    coins = _valid_coins(coins_of(source.coins), at_least_one=True)
    given: list[tuple[bytes, Coins]] = []
    total: dict[str, int] = {}
    for output in outputs:
        recipient = _address(output.address, "output")
        part = _valid_coins(coins_of(output.coins), at_least_one=True)
        given.append((recipient, part))
        for denom, amount in part:
            total[denom] = total.get(denom, 0) + amount
    if tuple(Coin(denom, total[denom]) for denom in sorted(total)) != coins:
        raise InputOutputMismatch
    return sender, coins, given
