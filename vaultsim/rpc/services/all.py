"""Everything that a served node answers: the modules' queries and the services of the node itself."""

from __future__ import annotations

from vaultsim.node.live.control import Control
from vaultsim.node.live.node import Node
from vaultsim.rpc.broadcast import Broadcaster
from vaultsim.rpc.limits import ServerLimits
from vaultsim.rpc.services import bridge, chain_params, control, empty, tendermint, tx
from vaultsim.rpc.table import MethodTable


def method_table(
    node: Node, broadcaster: Broadcaster, with_control: bool, limits: ServerLimits | None = None
) -> MethodTable:
    """The table that all doors of a node share; with_control: also what steers time, prices and state."""
    rows = [
        *tx.rows(node, broadcaster),
        *tendermint.rows(node),
        *chain_params.rows(node),
        *bridge.rows(node),
        *empty.rows(),
    ]
    if with_control:
        rows += control.rows(Control(node))
    return MethodTable(node, rows, remembered_answers=(limits or ServerLimits()).remembered_answers)
