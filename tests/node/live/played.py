"""Running nodes for tests: on the shipped localnet, or driven by the lines of a block file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vaultsim.address import from_bech32
from vaultsim.node.block_lines import BlockLine, read_block_lines
from vaultsim.node.live.clock import BlockClock
from vaultsim.node.live.node import BlockMode, Node
from vaultsim.node.live.prices import price_refusal
from vaultsim.node.run_line import time_after
from vaultsim.node.tx_sources import read_proposals, read_txs
from vaultsim.pb.cosmos.bank.v1beta1 import MsgSend
from vaultsim.pb.cosmos.base.v1beta1 import Coin
from vaultsim.pb.cosmos.tx.v1beta1 import TxRaw
from vaultsim.pb.runtime import Message, replace
from vaultsim.testing.accounts import address_of
from vaultsim.testing.keys import signed_tx
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.auth.types import base_of

LOCALNET = Path(__file__).resolve().parents[3] / "genesis" / "localnet" / "genesis.json"
GENESIS_TIME_NS = 1_732_147_200_000_000_000
"""2024-11-21T00:00:00Z."""
SECOND = 1_000_000_000


def localnet(mode: BlockMode = BlockMode.MANUAL, clock: BlockClock | None = None) -> Node:
    """A node on the shipped localnet after its first block; later blocks are a second apart."""
    return Node.from_file(LOCALNET, block_mode=mode, clock=clock)


def signed(node: Node, *messages: Message, by: str, sequence: int | None = None, **how: Any) -> bytes:
    """A transaction of a named account with its next sequence."""
    account = node.app.modules.keepers.accounts.find(node.chain.check_ctx, from_bech32(address_of(by)))
    assert account is not None
    base = base_of(account)
    return signed_tx(
        *messages,
        by=by,
        chain_id=node.chain_id,
        account_number=base.account_number,
        sequence=base.sequence if sequence is None else sequence,
        **how,
    )


def unsigned(raw: bytes, signatures: tuple[bytes, ...] = ()) -> bytes:
    """The transaction without its signatures, or with others."""
    return replace(TxRaw.decode(raw), signatures=signatures).encode()


def send(amount: int, sender: str = "alice", recipient: str = "bob") -> MsgSend:
    """A bank transfer of USDC quantums between named accounts."""
    coin = Coin(denom=USDC_DENOM, amount=str(amount))
    return MsgSend(from_address=address_of(sender), to_address=address_of(recipient), amount=(coin,))


def bank_balance(node: Node, address: str, denom: str = USDC_DENOM, height: int | None = None) -> int:
    """What an account holds at a height, the last one unless another is given."""
    return node.app.modules.keepers.bank.balance(node.state_at(height), from_bech32(address), denom)


def prices(node: Node) -> dict[int, int]:
    """The oracle prices of the last block."""
    return {one.id: one.price for one in node.app.modules.prices.all_market_prices(node.state_at())}


def lines_for_a_node(blocks: Path) -> list[BlockLine]:
    """The lines of a block file that clients and control could have brought about, each one block."""
    lines = read_block_lines(blocks)
    return [line for line in lines if line.repeat == 1 and not (line.include or line.index or line.txs)]


def play(node: Node, line: BlockLine) -> tuple[Any, ...]:
    """Makes the line's block; what CheckTx said, and the block."""
    checked = [node.chain.submit(tx) for tx in read_txs(line, "submit")]
    for proposal in read_proposals(line):
        node.execute_proposal(proposal)
    ctx, keeper = node.state_at(), node.app.modules.prices
    node.set_prices({market: one for market, one in line.prices.items() if not price_refusal(ctx, keeper, market, one)})
    node.clock.set_next(time_after(line, node.time_ns), node.time_ns)
    record = node.produce_block()
    outcomes = [(one.messages, repr(one.problem)) for one in record.proposals]
    return checked, record.block_hash, record.app_hash, record.results, outcomes
