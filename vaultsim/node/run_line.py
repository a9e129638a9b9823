"""Running one line of a block file on a chain."""

from __future__ import annotations

from vaultsim.app.results import TxResult
from vaultsim.node.block_lines import BlockLine
from vaultsim.node.chain import BlockOutcome, Chain
from vaultsim.node.times import NANOSECONDS
from vaultsim.node.tx_sources import read_proposals, read_txs


def time_after(line: BlockLine, before_ns: int, blocks: int = 1) -> int:
    """Time of the line's block (of the last of so many) when the block before it had time `before_ns`."""
    if line.time_ns is not None:
        return line.time_ns
    return before_ns + blocks * (NANOSECONDS if line.step_ns is None else line.step_ns)


def run_line(chain: Chain, line: BlockLine) -> tuple[list[TxResult] | None, BlockOutcome]:
    """Runs the line's block once: the CheckTx results of what it submits (None for a recorded block), the block.

    Raises UserError for a transaction that cannot be read, ChainHalted when the chain stops.
    """
    time_ns = time_after(line, chain.app.time_ns)
    gov = read_proposals(line)
    if line.txs is not None:
        return None, chain.execute_block(time_ns, read_txs(line, "txs"), gov)
    check = [chain.submit(tx) for tx in read_txs(line, "submit")]
    include = read_txs(line, "include")
    return check, chain.propose_block(time_ns, prices=line.prices, index=line.index, include=include, gov=gov)
