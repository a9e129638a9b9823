"""Figures of the chain core: signed transactions, idle blocks, genesis, memory, the store."""

from __future__ import annotations

from pathlib import Path

from benchmarks.figures import (
    Figure,
    at_least,
    at_most,
    best_of,
    memory_blocks,
    now,
    progress,
    progress_done,
    resident_megabytes,
    say,
    title,
)
from benchmarks.worlds import ROOT, generated, started
from vaultsim.address import from_bech32
from vaultsim.app.tx import RawTx
from vaultsim.node.chain import Chain
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.start import start_app
from vaultsim.node.times import NANOSECONDS
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.dydxprotocol.vault import MsgDepositToMegavault, MsgWithdrawFromMegavault, NumShares
from vaultsim.store.branch import Branch
from vaultsim.testing.accounts import address_of
from vaultsim.testing.keys import signed_tx
from vaultsim.x.auth.types import base_of

MAINNET = ROOT.parent / "shared" / "data" / "dydx_mainnet_1_genesis.json"
OURS = ROOT / "genesis" / "mainnet" / "genesis.json"
WARM_UP = 2_000
"""Blocks until every bounded memo is full."""
SIGNED_BLOCKS, SIGNED_PER_BLOCK = 4, 250
DOLLAR = 1_000_000


def report(idle_blocks: int) -> None:
    """Prints the figures of the chain core."""
    title("Chain core")
    say(genesis_load())
    say(signed_transactions())
    chain = started(generated(200, "STAND_BY"))
    for figure in idle(chain, idle_blocks):
        say(figure)
    for figure in store(chain):
        say(figure)


def genesis_load() -> Figure:
    """Reading, checking and writing to state of a mainnet genesis."""
    path: Path = MAINNET if MAINNET.exists() else OURS
    seconds = best_of(5, lambda: start_app(read_genesis(path)))
    return at_most(f"genesis load, {path.name}", seconds, 0.3, "s", 3)


def signed_transactions() -> Figure:
    """Deposits and withdrawals in turn, each signed by another of a few users, verified and executed."""
    chain = started(generated(2))
    numbers = {name: _account_number(chain, name) for name in (f"user{index}" for index in range(10))}
    sequences = dict.fromkeys(numbers, 0)
    seconds = 0.0
    for _ in range(SIGNED_BLOCKS + 1):
        txs = [RawTx(_signed(chain, sequences, numbers, index)) for index in range(SIGNED_PER_BLOCK)]
        before = now()
        outcome = chain.execute_block(chain.app.time_ns + NANOSECONDS, txs)
        spent = now() - before
        # The first block is not counted: it fills what is kept from then on.
        seconds += spent if chain.app.height > 2 else 0.0
        failed = [result.log for result in outcome.results if result.code]
        if failed:
            raise SystemExit(f"a signed transaction failed: {failed[0]}")
    done = SIGNED_BLOCKS * SIGNED_PER_BLOCK
    return at_least("signed deposits and withdrawals, verified", done / seconds, 2_000, "txs/s")


def _account_number(chain: Chain, name: str) -> int:
    accounts = chain.app.modules.keepers.accounts
    return base_of(accounts.get(chain.app.query_context(), from_bech32(address_of(name)))).account_number


def _signed(chain: Chain, sequences: dict[str, int], numbers: dict[str, int], index: int) -> bytes:
    # Every user deposits, then every user withdraws: user0 owns the rest of the shares and is left out.
    name = f"user{1 + index // 2 % (len(numbers) - 1)}"
    owner = SubaccountId(owner=address_of(name), number=0)
    message: MsgDepositToMegavault | MsgWithdrawFromMegavault
    if index % 2 == 0:
        message = MsgDepositToMegavault(subaccount_id=owner, quote_quantums=10 * DOLLAR)
    else:
        message = MsgWithdrawFromMegavault(
            subaccount_id=owner, shares=NumShares(num_shares=5 * DOLLAR), min_quote_quantums=0
        )
    sequence, sequences[name] = sequences[name], sequences[name] + 1
    return signed_tx(message, by=name, chain_id=chain.app.chain_id, account_number=numbers[name], sequence=sequence)


def idle(chain: Chain, blocks: int) -> list[Figure]:
    """Empty blocks over 200 vaults that do not quote, and what they leave in memory."""
    _run_idle(chain, WARM_UP)
    first, resident = memory_blocks(), resident_megabytes()
    seconds = 0.0
    for done in range(0, blocks, 1_000):
        progress(f"idle blocks: {done:,} of {blocks:,}")
        before = now()
        _run_idle(chain, min(1_000, blocks - done))
        seconds += now() - before
    progress_done()
    grown, megabytes = memory_blocks() - first, resident_megabytes() - resident
    value = f"{grown:+,} objects, {megabytes:+.1f} MB"
    return [
        at_least("idle blocks, 200 vaults in state, quoting aside", blocks / seconds, 3_000, "blocks/s"),
        Figure(f"memory after {blocks:,} idle blocks", value, "no growth", grown < blocks / 100),
    ]


def _run_idle(chain: Chain, blocks: int) -> None:
    for _ in range(blocks):
        chain.execute_block(chain.app.time_ns + NANOSECONDS, ())


def store(chain: Chain) -> list[Figure]:
    """Access to one row through four branches, and a branch opened and merged."""
    prices = chain.app.modules.prices.state.prices
    ctx = chain.app.query_context().branched().branched().branched()
    price = prices.get(ctx, 0)
    assert price is not None
    count = 100_000

    def read() -> None:
        get = prices.get
        for _ in range(count):
            get(ctx, 0)

    def write() -> None:
        put = prices.set
        for _ in range(count):
            put(ctx, 0, price)

    def open_and_commit() -> None:
        below = ctx.branch
        for _ in range(count):
            Branch(below).merge_into_parent()

    timed = (
        ("Map.get of a row, four branches deep", read),
        ("Map.set", write),
        ("branch opened and committed, empty", open_and_commit),
    )
    return [Figure(name, f"{best_of(3, action) / count * 1e6:.2f} µs") for name, action in timed]
