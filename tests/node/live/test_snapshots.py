"""Going back to a snapshot: everything there is comes back, any number of times."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.node.live.played import (
    GENESIS_TIME_NS,
    LOCALNET,
    SECOND,
    bank_balance,
    lines_for_a_node,
    localnet,
    play,
    prices,
    send,
    signed,
    unsigned,
)
from tests.node.whole_state import whole_state
from tests.vectors.recorded import FOLDER, NAMES
from vaultsim.errors import UserError
from vaultsim.node.block_lines import BlockLine, parse_block_line
from vaultsim.node.flow import FlowOptions, flow_lines
from vaultsim.node.flow_paths import Walk
from vaultsim.node.flow_random import Random
from vaultsim.node.live.blocks import hash_of_tx
from vaultsim.node.live.clock import BlockClock, ClockMode
from vaultsim.node.live.control import Control
from vaultsim.node.live.node import Node, NodeOptions
from vaultsim.node.live.prices import StaticPrices, WalkingPrices
from vaultsim.testing.accounts import address_of

SHIPPED = Path(__file__).resolve().parents[3] / "genesis"
MAINNET = SHIPPED / "mainnet"


def everything(node: Node) -> dict[str, Any]:
    """What a node holds and shows, besides the chain's own state also blocks, clock and prices to come."""
    blocks = list(node.blocks.oldest_first())
    places = {name: node.blocks.find_tx(name) for block in blocks for name in block.tx_hashes}
    return {
        **whole_state(node.chain),
        "blocks": [(block.height, block.block_hash, block.app_hash, block.results) for block in blocks],
        "places": {name: place and (place.block.height, place.position) for name, place in places.items()},
        "next": (node.next_time_ns, dict(node._waiting_prices), list(node._waiting_gov)),
        "impersonated": dict(node.impersonated),
    }


@pytest.mark.parametrize("name", NAMES)
def test_random_journeys_to_and_fro_show_what_a_node_that_never_went_back_shows(name: str) -> None:
    folder = FOLDER / name
    travel(folder / "genesis.json.gz", lines_for_a_node(folder / "submit.jsonl.gz"), seed=len(name))


@pytest.mark.parametrize("name", ["localnet", "mmvault", "perpvault", "fundvault"])
def test_random_journeys_along_a_shipped_chain_do_so_too(name: str) -> None:
    folder = SHIPPED / name
    travel(folder / "genesis.json", lines_for_a_node(folder / "blocks.jsonl"), seed=7)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_journeys_through_a_lively_market_do_so_too(seed: int) -> None:
    options = FlowOptions(walk=Walk(volatility_ppm=15_000), noise=600, momentum=200, deposits=80, withdrawals=60)
    flow = flow_lines(LOCALNET, seed=seed, blocks=40, options=options)
    lines = [parse_block_line(json.loads(text), "flow") for text in flow]
    travel(LOCALNET, lines, seed)


def travel(genesis: Path, lines: list[BlockLine], seed: int) -> None:
    """Blocks, snapshots and going back, drawn from a seed; compared with a node that only ever went on."""
    straight = Node.from_file(genesis)
    expected, told = [everything(straight)], []
    for line in lines:
        told.append(play(straight, line))
        expected.append(everything(straight))

    node, random = Node.from_file(genesis), Random(seed)
    at = 0
    snapshots: dict[int, int] = {}
    for _ in range(60):
        if snapshots and random.below(4) == 0:
            chosen = random.choose(sorted(snapshots))
            node.revert(chosen)
            at = snapshots[chosen]
            snapshots = {number: place for number, place in snapshots.items() if number <= chosen}
            assert everything(node) == expected[at]
        elif random.below(3) == 0:
            snapshots[node.snapshot().id] = at
        elif at < len(lines):
            assert play(node, lines[at]) == told[at]
            at += 1
    assert everything(node) == expected[at]


def test_a_snapshot_is_used_twenty_times() -> None:
    lines = lines_for_a_node(MAINNET / "blocks.jsonl")
    node = Node.from_file(MAINNET / "genesis.json")
    for line in lines[:5]:
        play(node, line)
    snapshot = node.snapshot().id
    told = [play(node, line) for line in lines[5:8]]
    seen = everything(node)
    for _ in range(20):
        node.revert(snapshot)
        assert [play(node, line) for line in lines[5:8]] == told
    assert everything(node) == seen


SCRIPT = """
import hashlib
from pathlib import Path
from tests.node.live.played import lines_for_a_node, play
from vaultsim.node.live.node import Node
folder = Path({folder!r})
node = Node.from_file(folder / "genesis.json.gz")
lines = lines_for_a_node(folder / "submit.jsonl.gz")
half = len(lines) // 2
for line in lines[:half]:
    play(node, line)
snapshot = node.snapshot().id
for line in lines[half + 3 :]:
    play(node, line)
node.revert(snapshot)
for line in lines[half:]:
    play(node, line)
told = hashlib.sha256()
for record in node.blocks.oldest_first():
    told.update(record.app_hash + record.block_hash)
print(told.hexdigest())
"""


@pytest.mark.parametrize("name", ["takers", "liquidation"])
def test_going_back_does_not_depend_on_the_hash_seed(name: str) -> None:
    script = SCRIPT.format(folder=str(FOLDER / name))
    root = Path(__file__).parents[3]
    told = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=root,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "4242")
    }
    straight = Node.from_file(FOLDER / name / "genesis.json.gz")
    for line in lines_for_a_node(FOLDER / name / "submit.jsonl.gz"):
        play(straight, line)
    digest = hashlib.sha256()
    for record in straight.blocks.oldest_first():
        digest.update(record.app_hash + record.block_hash)
    assert told == {digest.hexdigest() + "\n"}


def test_waiting_transactions_prices_and_proposals_come_back() -> None:
    node = localnet()
    control = Control(node)
    raw = signed(node, send(5), by="alice")
    node.submit(raw)
    control.set_prices({0: 9_900_000_000})
    node.execute_proposal([send(7, "carl", "bob")])
    before = bank_balance(node, address_of("bob"))
    snapshot = control.snapshot()
    for _ in range(3):
        assert node.waiting_txs() == [raw]
        control.set_prices({1: 3_500_000_000})
        node.submit(signed(node, send(100), by="alice"))
        control.advance_blocks(2)
        assert bank_balance(node, address_of("bob")) == before + 112
        control.revert(snapshot)
    control.advance_blocks()
    assert bank_balance(node, address_of("bob")) == before + 12
    assert (prices(node)[0], prices(node)[1]) == (9_900_000_000, 3_350_000_000)


def test_the_check_state_comes_back_so_that_sequences_go_on_from_what_waits() -> None:
    node = localnet()
    first = signed(node, send(1), by="alice")
    node.submit(first)
    second = signed(node, send(2), by="alice")
    snapshot = node.snapshot().id
    assert node.submit(second).code == 0
    node.revert(snapshot)
    assert node.submit(second).code == 0
    assert node.waiting_txs() == [first, second]


def test_blocks_and_transactions_above_are_forgotten_and_the_headers_go_on() -> None:
    node = localnet()
    kept = signed(node, send(1), by="alice")
    node.submit(kept)
    node.produce_block()
    snapshot = node.snapshot().id
    lost = signed(node, send(2), by="alice")
    node.submit(lost)
    third = node.produce_block()
    node.revert(snapshot)
    assert node.blocks.get(3) is None
    assert node.blocks.find_block(third.block_hash) is None
    assert node.blocks.find_tx(hash_of_tx(lost)) is None
    place = node.blocks.find_tx(hash_of_tx(kept))
    assert place is not None
    assert (place.block.height, place.raw) == (2, kept)
    # An empty operations transaction is in every block; it is found where it was last.
    operations = node.blocks.find_tx(hash_of_tx(place.block.txs[0].raw))
    assert operations is not None
    assert operations.block.height == 2
    node.submit(lost)
    assert node.produce_block() == third


def test_the_header_of_the_next_block_is_right_even_if_the_blocks_before_were_forgotten() -> None:
    node, straight = Node.from_file(LOCALNET, options=few_blocks()), localnet()
    node.produce_block()
    snapshot = node.snapshot().id
    for _ in range(5):
        node.produce_block()
    node.revert(snapshot)
    straight.produce_block()
    assert node.produce_block().header == straight.produce_block().header
    assert node.blocks.earliest_height == 2


def few_blocks() -> NodeOptions:
    return NodeOptions(keep_blocks=3)


def test_a_set_time_and_the_time_that_was_advanced_come_back() -> None:
    node = localnet()
    control = Control(node)
    control.set_next_block_time(GENESIS_TIME_NS + 40 * SECOND)
    first = control.snapshot()
    control.advance_blocks()
    control.advance_time(7 * SECOND)
    second = control.snapshot()
    control.advance_blocks(2)
    control.revert(second)
    assert control.advance_blocks().time_ns == GENESIS_TIME_NS + 48 * SECOND
    control.revert(first)
    assert [control.advance_blocks().time_ns - GENESIS_TIME_NS for _ in range(2)] == [40 * SECOND, 41 * SECOND]


def test_a_wall_clock_shows_again_what_it_showed() -> None:
    now = [GENESIS_TIME_NS + 100 * SECOND]
    node = localnet(clock=BlockClock(ClockMode.WALL, now_ns=lambda: now[0]))
    node.produce_block()
    snapshot = node.snapshot().id
    now[0] += 500 * SECOND
    node.produce_block()
    node.revert(snapshot)
    now[0] += 3 * SECOND
    assert node.produce_block().time_ns == GENESIS_TIME_NS + 103 * SECOND


def test_a_price_script_goes_on_from_where_it_was() -> None:
    node = localnet()
    control = Control(node)
    control.script_prices(WalkingPrices(5, Walk(volatility_ppm=20_000)))
    control.advance_blocks(2)
    snapshot = control.snapshot()
    walked = [control.advance_blocks() and prices(node) for _ in range(4)]
    assert len({tuple(one.items()) for one in walked}) == 4
    control.script_prices(StaticPrices({0: 5_000_000_000}))
    control.advance_blocks()
    for _ in range(2):
        control.revert(snapshot)
        assert [control.advance_blocks() and prices(node) for _ in range(4)] == walked


def test_impersonated_accounts_come_back() -> None:
    node = localnet()
    control = Control(node)
    control.impersonate(address_of("alice"))
    snapshot = control.snapshot()
    control.impersonate(address_of("alice"), on=False)
    control.impersonate(address_of("bob"))
    control.revert(snapshot)
    assert node.submit(unsigned(signed(node, send(1), by="alice"))).code == 0
    assert node.submit(unsigned(signed(node, send(1, "bob", "alice"), by="bob"))).code != 0


def test_younger_snapshots_are_dropped_by_a_revert_and_ids_are_not_used_again() -> None:
    node = localnet()
    control = Control(node)
    ids = [control.snapshot() for _ in range(3)]
    assert ids == [1, 2, 3]
    control.revert(2)
    assert [one.id for one in control.snapshots()] == [1, 2]
    assert control.snapshot() == 4
    with pytest.raises(UserError, match="there is no snapshot 3; the snapshots are: 1, 2, 4"):
        control.revert(3)
    control.drop_snapshot(2)
    control.revert(4)
    assert [one.id for one in control.snapshots()] == [1, 4]


def test_there_is_a_most_of_snapshots() -> None:
    node = Node.from_file(LOCALNET, options=NodeOptions(keep_snapshots=2))
    control = Control(node)
    control.snapshot()
    control.snapshot()
    with pytest.raises(UserError, match="there are 2 snapshots, the most that are kept; drop one"):
        control.snapshot()
    control.drop_snapshot(1)
    assert control.snapshot() == 3


def test_listeners_hear_of_a_revert_and_pausing_stays() -> None:
    node = localnet()
    heard: list[int] = []
    node.revert_listeners.append(heard.append)
    control = Control(node)
    snapshot = control.snapshot()
    control.advance_blocks(4)
    control.pause()
    control.revert(snapshot)
    assert heard == [1]
    assert node.is_paused
