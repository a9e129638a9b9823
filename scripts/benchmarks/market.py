"""Figures of the market: blocks of 200 vaults with two layers, by what moves in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from benchmarks.figures import (
    Figure,
    at_least,
    at_most,
    memory_blocks,
    now,
    progress,
    progress_done,
    resident_megabytes,
    say,
    title,
)
from benchmarks.worlds import (
    ALL_MOVE,
    NONE_MOVES,
    ONE_MOVES,
    TAKEN,
    Block,
    generated,
    market_work,
    moved,
    run_block,
    started,
)
from vaultsim.app.tx import decode_tx
from vaultsim.node import chain as chain_module
from vaultsim.node.chain import BlockOutcome, Chain
from vaultsim.pb.dydxprotocol.clob import MsgProposedOperations
from vaultsim.x.clob.long_term_orders import LongTermOrders

RUNS = 4
SIZES = (100, 200, 400, 800)
SIZED_BLOCKS = 8
WINDOW = 500


def report(long_blocks: int) -> None:
    """Prints the figures of the market."""
    title(f"Market, on the work of {market_work().name}, proposer form")
    rate = _rates()
    say(at_least("(a) every price moves, every order is replaced", rate[ALL_MOVE], 50, "blocks/s"))
    say(at_least("(b) 1 of 200 prices moves", rate[ONE_MOVES], 20 * rate[ALL_MOVE], "blocks/s"))
    say(Figure("    its cost as part of (a)'s", f"1/{rate[ONE_MOVES] / rate[ALL_MOVE]:.0f}", "<= 1/20"))
    say(at_least("(c) nothing changes", rate[NONE_MOVES], 1_000, "blocks/s"))
    say(at_least("(d) 20 takers a block", rate[TAKEN], 30, "blocks/s"))
    say(Figure("    fills", f"{rate['fills']:,.0f} fills/s"))
    for figure in replaced_order():
        say(figure)
    title("Cost of a block by number of vaults (ms): it follows what changed, not what exists")
    for figure in by_size():
        say(figure)
    title(f"Long run: one price moves in each of {long_blocks:,} blocks")
    for figure in long_run(long_blocks):
        say(figure)


def _rates() -> dict[str, float]:
    """Blocks per second of each section, and fills per second of the takers'.

    The work is the same on every run, so each block counts with its fastest run: what else the machine did is left out.
    """
    runs = [_run_sections() for _ in range(RUNS)]
    rates: dict[str, float] = {}
    for kind in (ALL_MOVE, ONE_MOVES, NONE_MOVES, TAKEN):
        fastest = [min(times) for times in zip(*(spent[kind] for spent, _ in runs), strict=True)]
        rates[kind] = len(fastest) / sum(fastest)
        if kind == TAKEN:
            rates["fills"] = runs[0][1] / sum(fastest)
    return rates


def _run_sections() -> tuple[dict[str, list[float]], int]:
    """CPU seconds of each block by section, and the fills of the takers' section."""
    work = market_work()
    chain = work.start()
    spent: dict[str, list[float]] = defaultdict(list)
    fills = 0
    for block in work.blocks(chain):
        before = now()
        outcome = run_block(chain, block)
        spent[block.kind].append(now() - before)
        fills += fills_of(outcome) if block.kind == TAKEN else 0
    return spent, fills


def fills_of(outcome: BlockOutcome) -> int:
    """Maker fills among a block's operations."""
    total = 0
    for tx in outcome.txs[:1]:
        for message in decode_tx(tx.raw, is_trusted=tx.is_trusted).messages:
            if isinstance(message, MsgProposedOperations):
                matches = [operation.match for operation in message.operations_queue if operation.match is not None]
                orders = [match.match_orders for match in matches if match.match_orders is not None]
                total += sum(len(match.fills) for match in orders)
    return total


class Shares:
    """CPU seconds by part of the work; a part inside another counts for itself only."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._inner = [0.0]

    def timed(self, part: str, action: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **named: Any) -> Any:
            self._inner.append(0.0)
            before = now()
            try:
                return action(*args, **named)
            finally:
                spent = now() - before
                self.spent[part] += spent - self._inner.pop()
                self._inner[-1] += spent

        return run


@contextmanager
def measured(chain: Chain, shares: Shares) -> Iterator[None]:
    """Puts a stopwatch around the parts of a block."""
    places: list[tuple[Any, str, str]] = [
        (chain.app.modules.vault, "refresh_all", "quoting"),
        (LongTermOrders, "place", "clob state"),
        (LongTermOrders, "cancel", "clob state"),
        (chain.app.store, "commit", "commit"),
        (chain_module, "prepare_check_state", "book"),
    ]
    before = [getattr(owner, name) for owner, name, _ in places]
    for (owner, name, part), action in zip(places, before, strict=True):
        setattr(owner, name, shares.timed(part, action))
    try:
        yield
    finally:
        for (owner, name, _), action in zip(places, before, strict=True):
            setattr(owner, name, action)


def replaced_order() -> list[Figure]:
    """What a replaced order costs in the blocks where all are, and where that goes."""
    work = market_work()
    chain = work.start()
    shares, total, orders = Shares(), 0.0, 0
    with measured(chain, shares):
        for block in work.blocks(chain):
            if block.kind not in ("", ALL_MOVE):
                break
            if block.kind == "":
                shares.spent.clear()
            before = now()
            outcome = run_block(chain, block)
            if block.kind == ALL_MOVE:
                total += now() - before
                orders += replaced_in(outcome)
            else:
                shares.spent.clear()
    each = total / max(orders, 1) * 1e6
    figures = [Figure("    a replaced order (with stopwatch)", f"{each:.1f} µs")]
    for part in ("quoting", "clob state", "book", "commit"):
        figures.append(Figure(f"      of it {part}", f"{shares.spent[part] / total:.0%}"))
    rest = 1 - sum(shares.spent.values()) / total
    figures.append(Figure("      of it the rest: prices, proposer, daemon", f"{rest:.0%}"))
    return figures


def replaced_in(outcome: BlockOutcome) -> int:
    """Long-term orders written in a block."""
    return sum(row.key.startswith(b"SO/P/L:") and row.after is not None for row in outcome.changes.get("clob", ()))


def by_size() -> list[Figure]:
    """Milliseconds of a block on chains of several sizes, when all, one and no price moves."""
    figures = []
    for vaults in SIZES:
        chain = started(generated(vaults))
        times = []
        for markets in (vaults, 1, 0):
            spent = []
            for _ in range(SIZED_BLOCKS):
                prices = moved(chain, markets)
                before = now()
                run_block(chain, Block("", [], prices))
                spent.append(now() - before)
            times.append(median(spent[1:]) * 1e3)
        figures.append(
            Figure(
                f"{vaults} vaults: all prices move, one moves, none",
                f"{times[0]:.1f}  {times[1]:.2f}  {times[2]:.2f}",
                f"{times[0] / vaults * 1e3:.0f} µs a vault",
            )
        )
    return figures


def long_run(blocks: int) -> list[Figure]:
    """Speed and memory at the end against those at block 1,000."""
    chain = started(generated(200))
    early: list[float] = []
    late: list[float] = []
    early_memory = (0, 0.0)
    while chain.app.height < blocks:
        height = chain.app.height
        prices = {height % 200: moved(chain, 200)[height % 200]} if height % 200 else moved(chain, 1)
        before = now()
        run_block(chain, Block("", [], prices))
        spent = now() - before
        if 1_000 - WINDOW <= height < 1_000:
            early.append(spent)
        elif height >= blocks - WINDOW:
            late.append(spent)
        if chain.app.height == 1_000:
            early_memory = memory_blocks(), resident_megabytes()
        if height % 1_000 == 0:
            progress(f"blocks: {height:,} of {blocks:,}")
    progress_done()
    objects, megabytes = memory_blocks() / early_memory[0], resident_megabytes() / (early_memory[1] or 1)
    where = f"at block {blocks:,} against 1,000"
    return [
        at_most(f"time of a block {where}", median(late) / median(early), 1.1, "x"),
        at_most(f"objects in memory {where}", objects, 1.1, "x"),
        at_most(f"resident memory {where}", megabytes, 1.1, "x"),
    ]
