"""x/control as the app sees it: a message and no store, so that chains which do not use it stay as they are."""

from __future__ import annotations

from vaultsim.module import AppModule
from vaultsim.pb.vaultsim.control.v1 import MsgFund
from vaultsim.x.control.msg_server import ControlMsgServer
from vaultsim.x.control.ports import Bank


def control_module(bank: Bank) -> AppModule:
    """The module's one message."""
    return AppModule(name="control", handlers={MsgFund: ControlMsgServer(bank).fund})
