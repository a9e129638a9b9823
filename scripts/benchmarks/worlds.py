"""Chains to measure on: a generated one with any number of vaults, and the recorded perf-200 where it is there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from chains.document import DOLLAR, MEGAVAULT, Genesis, quoting, vault_owner
from chains.markets import market_rows

from vaultsim.app.tx import RawTx
from vaultsim.app.tx_json import tx_from_json
from vaultsim.node.block_lines import read_block_lines
from vaultsim.node.chain import BlockOutcome, Chain
from vaultsim.node.genesis_document import GenesisDocument, parse_genesis, read_genesis
from vaultsim.node.start import start_app
from vaultsim.node.times import NANOSECONDS
from vaultsim.node.tx_sources import read_txs
from vaultsim.testing.accounts import address_of

ROOT = Path(__file__).resolve().parents[2]
RECORDED = ROOT.parent / "shared" / "vectors" / "perf-200"
TAKERS = 20
SECTION_BLOCKS = 40

ALL_MOVE, ONE_MOVES, NONE_MOVES, TAKEN = "every price moves", "one price moves", "nothing changes", "20 takers"


class Block(NamedTuple):
    """One block to propose.

    kind: which section it belongs to, empty for what comes before; time_ns: None for a second after the block before.
    """

    kind: str
    submit: list[RawTx]
    prices: dict[int, int]
    time_ns: int | None = None


def run_block(chain: Chain, block: Block) -> BlockOutcome:
    """CheckTx of the block's transactions, then the block itself."""
    for tx in block.submit:
        chain.submit(tx)
    time_ns = chain.app.time_ns + NANOSECONDS if block.time_ns is None else block.time_ns
    return chain.propose_block(time_ns, prices=block.prices)


def started(document: GenesisDocument) -> Chain:
    """A chain after its first block."""
    start = start_app(document)
    chain = Chain(start.app, index_prices=start.index_prices)
    chain.run_first_block()
    return chain


@lru_cache(maxsize=8)
def generated(vaults: int, status: str = "QUOTING") -> GenesisDocument:
    """That many markets, each with a vault of two layers and 20,000 dollars; 24 users of 100,000 dollars."""
    kinds = [market for market in market_rows() if not market.isolated]
    made = Genesis([kinds[number % len(kinds)]._replace(ticker=f"M{number}-USD") for number in range(vaults)])
    for number in range(24):
        made.account(f"user{number}", 1_000_000)
        made.subaccount(address_of(f"user{number}"), 100_000 * DOLLAR)
    made.operator("user0")
    made.subaccount(MEGAVAULT, 1_000_000 * DOLLAR)
    for number in range(vaults):
        made.subaccount(vault_owner(number), 20_000 * DOLLAR)
        made.vault(number, status, quoting(layers=2, order_expiration_seconds=3_600))
    made.shares("user0", 1_000_000 * DOLLAR + vaults * 20_000 * DOLLAR)
    return parse_genesis(made.document(), "generated")


def moved(chain: Chain, markets: int) -> dict[int, int]:
    """New prices of the first markets: 1 % up in every even block, down again in every odd one."""
    change = 1_010 if chain.app.height % 2 == 0 else 990
    prices = chain.index_prices
    return {market: max(prices[market] * change // 1_000, 1) for market in sorted(prices)[:markets]}


class Recorded:
    """The recorded run's blocks, as submitted."""

    name = "../shared/vectors/perf-200"

    def start(self) -> Chain:
        return started(read_genesis(RECORDED / "genesis.json"))

    def blocks(self, chain: Chain) -> Iterator[Block]:
        markets = len(chain.index_prices)
        has_moved = False
        for line in read_block_lines(RECORDED / "submit.jsonl"):
            kind = ""
            if line.prices:
                kind = ALL_MOVE if len(line.prices) == markets else ONE_MOVES
                has_moved = True
            elif has_moved:
                kind = TAKEN if line.submit else NONE_MOVES
            yield Block(kind, read_txs(line, "submit"), line.prices, line.time_ns)


class Generated:
    """Blocks of the same kinds on a generated chain of 200 vaults."""

    name = "a generated chain of 200 vaults (../shared is absent)"

    def start(self) -> Chain:
        return started(generated(200))

    def blocks(self, chain: Chain) -> Iterator[Block]:
        yield Block("", [], {})
        for kind, markets in ((ALL_MOVE, len(chain.index_prices)), (ONE_MOVES, 1), (NONE_MOVES, 0)):
            for _ in range(SECTION_BLOCKS):
                yield Block(kind, [], moved(chain, markets))
        for _ in range(SECTION_BLOCKS):
            yield Block(TAKEN, [taker(chain, number) for number in range(TAKERS)], {})


def taker(chain: Chain, number: int) -> RawTx:
    """A short-term order of a user that takes the best ask of one market whole."""
    pair_id = (chain.app.height * TAKERS + number) % len(chain.app.modules.memclob.books)
    maker = next(chain.app.modules.memclob.book(pair_id).asks.orders())
    owner = {"owner": address_of(f"user{number}"), "number": 0}
    order = {
        "order_id": {"subaccount_id": owner, "client_id": chain.app.height, "order_flags": 0, "clob_pair_id": pair_id},
        "side": "SIDE_BUY",
        "quantums": str(maker.quantums),
        "subticks": str(maker.subticks),
        "good_til_block": chain.app.height + 10,
        "time_in_force": "TIME_IN_FORCE_IOC",
    }
    return tx_from_json({"messages": [{"@type": "/dydxprotocol.clob.MsgPlaceOrder", "order": order}]}, "taker")


def market_work() -> Recorded | Generated:
    """The recorded work where it is there."""
    return Recorded() if RECORDED.exists() else Generated()
