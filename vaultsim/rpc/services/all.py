"""Everything that a served node answers: the modules' queries and the services of the node itself."""

from __future__ import annotations

from vaultsim.node.live.node import Node
from vaultsim.rpc.table import MethodTable, Served


def method_table(node: Node, with_control: bool) -> MethodTable:
    """The table that all doors of a node share; with_control: also what steers time, prices and state."""
    rows: list[Served] = []
    return MethodTable(node, rows)
