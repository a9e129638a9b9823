"""x/sending as the app sees it. Source: dydx-modules §11."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.module import AppModule, Genesis
from vaultsim.pb.dydxprotocol.sending import (
    GenesisState,
    MsgCreateTransfer,
    MsgDepositToSubaccount,
    MsgSendFromAccountToAccount,
    MsgSendFromModuleToAccount,
    MsgWithdrawFromSubaccount,
)
from vaultsim.x.sending import msg_server
from vaultsim.x.sending.keeper import SendingKeeper
from vaultsim.x.sending.msg_server import SendingMsgServer


def sending_module(keeper: SendingKeeper) -> AppModule:
    """The module's messages; its genesis section is empty."""
    server = SendingMsgServer(keeper)
    return AppModule(
        name="sending",
        schemas=(keeper.state.schema,),
        genesis=Genesis(GenesisState, _init, _export),
        handlers={
            MsgCreateTransfer: server.create_transfer,
            MsgDepositToSubaccount: server.deposit,
            MsgWithdrawFromSubaccount: server.withdraw,
            MsgSendFromModuleToAccount: server.send_from_module,
            MsgSendFromAccountToAccount: server.send_from_account,
        },
        checks={
            MsgCreateTransfer: msg_server.check_create_transfer,
            MsgDepositToSubaccount: msg_server.check_deposit,
            MsgWithdrawFromSubaccount: msg_server.check_withdraw,
            MsgSendFromModuleToAccount: msg_server.check_send_from_module,
        },
        signers={
            MsgCreateTransfer: msg_server.create_transfer_signers,
            MsgWithdrawFromSubaccount: msg_server.withdraw_signers,
        },
    )


def _init(_: Context, __: GenesisState) -> None:
    return None


def _export(_: Context) -> GenesisState:
    return GenesisState()
