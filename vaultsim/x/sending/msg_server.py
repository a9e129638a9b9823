"""Messages of x/sending. Source: dydx-modules §11."""

from __future__ import annotations

from vaultsim.address import InvalidAddress, from_bech32, is_bech32, to_bech32
from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.cosmos.base.v1beta1 import Coin as PbCoin
from vaultsim.pb.dydxprotocol.sending import (
    MsgCreateTransfer,
    MsgCreateTransferResponse,
    MsgDepositToSubaccount,
    MsgDepositToSubaccountResponse,
    MsgSendFromAccountToAccount,
    MsgSendFromAccountToAccountResponse,
    MsgSendFromModuleToAccount,
    MsgSendFromModuleToAccountResponse,
    MsgWithdrawFromSubaccount,
    MsgWithdrawFromSubaccountResponse,
    Transfer,
)
from vaultsim.x.assets.types import USDC_ASSET_ID
from vaultsim.x.authority import GOV_OR_DELAYMSG, require_authority
from vaultsim.x.bank.types import Coin
from vaultsim.x.denoms import require_denom
from vaultsim.x.sending.errors import (
    EmptyModuleName,
    InvalidAccountAddress,
    InvalidAmount,
    InvalidAuthority,
    NotUsdc,
    SameSenderAndRecipient,
)
from vaultsim.x.sending.events import CreateTransfer, DepositToSubaccount, WithdrawFromSubaccount
from vaultsim.x.sending.keeper import SendingKeeper
from vaultsim.x.subaccounts.types import validate_subaccount_id


def check_create_transfer(msg: MsgCreateTransfer) -> None:
    """Sender and recipient ids [subaccounts 201/200], different [1], USDC [1101], not 0 [2]."""
    transfer = _transfer_of(msg)
    validate_subaccount_id(transfer.sender)
    validate_subaccount_id(transfer.recipient)
    if transfer.sender == transfer.recipient:
        raise SameSenderAndRecipient(f"Sender is the same as recipient ({transfer.sender.owner})")
    _check_amount(transfer.asset_id, transfer.amount)


def check_deposit(msg: MsgDepositToSubaccount) -> None:
    """Sender bech32 [6], recipient id [subaccounts 201/200], USDC [1101], not 0 [2]."""
    _account(msg.sender)
    validate_subaccount_id(msg.recipient)
    _check_amount(msg.asset_id, msg.quantums)


def check_withdraw(msg: MsgWithdrawFromSubaccount) -> None:
    """Sender id [subaccounts 201/200], recipient bech32 [6], USDC [1101], not 0 [2]."""
    validate_subaccount_id(msg.sender)
    _account(msg.recipient)
    _check_amount(msg.asset_id, msg.quantums)


def check_send_from_module(msg: MsgSendFromModuleToAccount) -> None:
    """Authority bech32 [8], module name [7], recipient bech32 [6], valid coin (no code; 0 is valid)."""
    if not is_bech32(msg.authority):
        raise InvalidAuthority(f"authority '{msg.authority}' must be a valid bech32 address")
    if not msg.sender_module_name:
        raise EmptyModuleName
    _account(msg.recipient)
    _coin(msg.coin)


def create_transfer_signers(msg: MsgCreateTransfer) -> tuple[str, ...]:
    """The owner of the sending subaccount."""
    return ("" if msg.transfer is None else msg.transfer.sender.owner,)


def withdraw_signers(msg: MsgWithdrawFromSubaccount) -> tuple[str, ...]:
    """The owner of the sending subaccount."""
    return (msg.sender.owner,)


class SendingMsgServer:
    """Handlers of x/sending."""

    def __init__(self, keeper: SendingKeeper) -> None:
        self._keeper = keeper

    def create_transfer(self, ctx: Context, msg: MsgCreateTransfer) -> MsgCreateTransferResponse:
        """Moves quantums between subaccounts."""
        transfer = _transfer_of(msg)
        sender, recipient = transfer.sender, transfer.recipient
        self._keeper.process_transfer(ctx, sender, recipient, transfer.asset_id, transfer.amount)
        ctx.emit(
            CreateTransfer(
                sender.owner,
                sender.number,
                recipient.owner,
                recipient.number,
                transfer.asset_id,
                transfer.amount,
            )
        )
        return MsgCreateTransferResponse()

    def deposit(self, ctx: Context, msg: MsgDepositToSubaccount) -> MsgDepositToSubaccountResponse:
        """Moves quantums from an account to a subaccount."""
        sender, recipient = _account(msg.sender), msg.recipient
        self._keeper.process_deposit(ctx, sender, recipient, msg.asset_id, msg.quantums)
        ctx.emit(DepositToSubaccount(to_bech32(sender), recipient.owner, recipient.number, msg.asset_id, msg.quantums))
        return MsgDepositToSubaccountResponse()

    def withdraw(self, ctx: Context, msg: MsgWithdrawFromSubaccount) -> MsgWithdrawFromSubaccountResponse:
        """Moves quantums from a subaccount to an account."""
        sender, recipient = msg.sender, _account(msg.recipient)
        self._keeper.process_withdrawal(ctx, sender, recipient, msg.asset_id, msg.quantums)
        ctx.emit(WithdrawFromSubaccount(sender.owner, sender.number, to_bech32(recipient), msg.asset_id, msg.quantums))
        return MsgWithdrawFromSubaccountResponse()

    def send_from_module(self, ctx: Context, msg: MsgSendFromModuleToAccount) -> MsgSendFromModuleToAccountResponse:
        """Sends a coin from a module's account."""
        require_authority(msg.authority, GOV_OR_DELAYMSG)
        check_send_from_module(msg)
        self._keeper.send_from_module(ctx, msg.sender_module_name, _account(msg.recipient), _coin(msg.coin))
        return MsgSendFromModuleToAccountResponse()

    def send_from_account(self, ctx: Context, msg: MsgSendFromAccountToAccount) -> MsgSendFromAccountToAccountResponse:
        """Sends a coin from one account to another."""
        require_authority(msg.authority, GOV_OR_DELAYMSG)
        self._keeper.send_from_account(ctx, _account(msg.sender), _account(msg.recipient), _coin(msg.coin))
        return MsgSendFromAccountToAccountResponse()


def _transfer_of(msg: MsgCreateTransfer) -> Transfer:
    if msg.transfer is None:
        raise ChainPanic("runtime error: invalid memory address or nil pointer dereference")
    return msg.transfer


def _check_amount(asset_id: int, quantums: int) -> None:
    if asset_id != USDC_ASSET_ID:
        raise NotUsdc
    if quantums == 0:
        raise InvalidAmount


def _account(bech32: str) -> bytes:
    try:
        return from_bech32(bech32)
    except InvalidAddress:
        raise InvalidAccountAddress from None


def _coin(wire: PbCoin) -> Coin:
    require_denom(wire.denom)
    if not wire.amount:
        raise ChainError("amount is nil")
    amount = int(wire.amount)
    if amount < 0:
        raise ChainError(f"negative coin amount: {amount}")
    return Coin(wire.denom, amount)
