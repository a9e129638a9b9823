"""A chain that goes back to what was captured goes on exactly as the first time, and as one that never went back."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.node.whole_state import whole_state
from tests.vectors.recorded import FOLDER, NAMES
from vaultsim.node.block_lines import BlockLine, read_block_lines
from vaultsim.node.chain import Chain
from vaultsim.node.flow_random import Random
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.run_line import run_line
from vaultsim.node.start import start_app

MAINNET = Path(__file__).resolve().parents[2] / "genesis" / "mainnet"
FURTHER = 3
"""Lines that are run again after going back."""


def chain_of(genesis: Path) -> Chain:
    started = start_app(read_genesis(genesis))
    chain = Chain(started.app, index_prices=started.index_prices)
    chain.run_first_block()
    return chain


def run(chain: Chain, line: BlockLine) -> list[Any]:
    """Runs a line; what CheckTx said and what every block did."""
    told: list[Any] = []
    for _ in range(line.repeat):
        check, outcome = run_line(chain, line)
        told.append((check, outcome.app_hash, outcome.raw_txs, outcome.results, outcome.changes))
    return told


def lines_of(blocks: Path) -> list[BlockLine]:
    return [line for line in read_block_lines(blocks) if line.repeat <= 50]


@pytest.mark.parametrize("name", NAMES)
def test_every_block_of_a_recorded_run_can_be_gone_back_to(name: str) -> None:
    folder = FOLDER / name
    lines = lines_of(folder / "submit.jsonl.gz")
    straight = chain_of(folder / "genesis.json.gz")
    states, told = [whole_state(straight)], []
    for line in lines:
        told.append(run(straight, line))
        states.append(whole_state(straight))

    chain = chain_of(folder / "genesis.json.gz")
    captured = [chain.capture()]
    for line in lines:
        run(chain, line)
        captured.append(chain.capture())
    random = Random(len(lines))
    for _ in range(len(lines)):
        start = random.below(len(lines))
        chain.restore(captured[start])
        assert whole_state(chain) == states[start]
        for number in range(start, min(start + FURTHER, len(lines))):
            assert run(chain, lines[number]) == told[number], f"line {number + 1} after going back to {start}"
            assert whole_state(chain) == states[number + 1]


def test_the_same_captured_chain_is_gone_back_to_twenty_times_with_200_vaults() -> None:
    lines = list(islice(read_block_lines(MAINNET / "blocks.jsonl"), 12))
    chain, straight = chain_of(MAINNET / "genesis.json"), chain_of(MAINNET / "genesis.json")
    for line in lines[:9]:
        run(chain, line)
        run(straight, line)
    told = [run(straight, line) for line in lines[9:]]
    captured = chain.capture()
    for _ in range(20):
        assert [run(chain, line) for line in lines[9:]] == told
        assert chain.app.store.fingerprint() == straight.app.store.fingerprint()
        chain.restore(captured)
    assert [run(chain, line) for line in lines[9:]] == told
    assert whole_state(chain) == whole_state(straight)


@pytest.mark.parametrize("name", ["quoting", "takers", "liquidation", "edges"])
def test_two_futures_of_a_captured_chain_do_not_mix(name: str) -> None:
    folder = FOLDER / name
    lines = lines_of(folder / "submit.jsonl.gz")
    middle = len(lines) // 2
    futures = (lines[middle : middle + 6], lines[middle + 6 : middle + 12])
    straight: list[list[Any]] = []
    for future in futures:
        chain = chain_of(folder / "genesis.json.gz")
        for line in [*lines[:middle], *future]:
            told = run(chain, line)
            straight.append([told, whole_state(chain)])
    expected = [straight[middle : middle + 6], straight[-6:]]

    chain = chain_of(folder / "genesis.json.gz")
    for line in lines[:middle]:
        run(chain, line)
    places = [chain.capture()] * 2
    for number in range(6):
        for which in (0, 1, 0, 1):
            chain.restore(places[which])
            told = run(chain, futures[which][number])
            assert [told, whole_state(chain)] == expected[which][number]
        for which in (0, 1):
            chain.restore(places[which])
            run(chain, futures[which][number])
            places[which] = chain.capture()


@pytest.mark.parametrize("name", ["quoting", "takers", "liquidation", "edges"])
def test_a_block_that_is_gone_back_from_leaves_nothing_to_the_captured_chain_after_another(name: str) -> None:
    folder = FOLDER / name
    lines = lines_of(folder / "submit.jsonl.gz")
    chain = chain_of(folder / "genesis.json.gz")
    for number in range(len(lines) - 1):
        before = chain.capture()
        run(chain, lines[number])
        after = chain.capture()
        expected = [run(chain, lines[number + 1]), whole_state(chain)]
        chain.restore(before)
        run(chain, lines[(number + 7) % len(lines)])
        chain.restore(after)
        assert [run(chain, lines[number + 1]), whole_state(chain)] == expected, f"line {number + 2}"
        chain.restore(after)
