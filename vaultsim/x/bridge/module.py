"""x/bridge as far as a block needs it: the proposer's message is taken note of, and does nothing.

Source: dydx-modules §§1.4, 1.7.
"""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.module import AppModule
from vaultsim.pb.dydxprotocol.bridge import MsgAcknowledgeBridges, MsgAcknowledgeBridgesResponse


def bridge_module() -> AppModule:
    """The handler of the proposer's message."""
    return AppModule(name="bridge", handlers={MsgAcknowledgeBridges: _acknowledge})


def _acknowledge(_: Context, __: MsgAcknowledgeBridges) -> MsgAcknowledgeBridgesResponse:
    return MsgAcknowledgeBridgesResponse()
