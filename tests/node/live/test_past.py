"""Older states: every recorded query, asked at every height, answers what it answered when that height was the last."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.vectors.recorded import FOLDER, NAMES, lines
from vaultsim.errors import ChainError, ChainPanic, UserError
from vaultsim.node.block_lines import BlockLine, read_block_lines
from vaultsim.node.live.node import Node, NodeOptions
from vaultsim.node.live.past import HeightUnavailable
from vaultsim.node.run_line import run_line

LOCALNET = Path(__file__).resolve().parents[3] / "genesis" / "localnet" / "genesis.json"


class Query(NamedTuple):
    """A recorded query."""

    path: str
    request: bytes


def recorded_queries(folder: Path) -> list[Query]:
    """The queries that were recorded at the end of a run."""
    found = lines(folder / "responses.jsonl.gz")
    return [Query(line["path"], base64.b64decode(line.get("data") or "")) for line in found]


def advance(node: Node, line: BlockLine) -> bytes:
    """Runs a line's blocks; the digest after the last one."""
    for _ in range(line.repeat):
        run_line(node.chain, line)
        node.past.note()
    return node.app.store.app_hash


def answer(node: Node, query: Query, height: int | None) -> tuple[str, bytes]:
    """What a module says to a query at a height: its bytes, or how it refuses."""
    request_class, ask = node.app.modules.queries[query.path]
    try:
        return "", ask(node.state_at(height), request_class.decode(query.request)).encode()
    except (ChainError, ChainPanic) as problem:
        return f"{type(problem).__name__}: {problem.log}", b""


@pytest.mark.parametrize("name", NAMES)
def test_queries_at_older_heights_answer_as_they_did_then(name: str) -> None:
    folder = FOLDER / name
    blocks = [line for line in read_block_lines(folder / "submit.jsonl.gz") if line.repeat <= 50]
    every = max(len(blocks) // 6, 1)
    node = Node.from_file(folder / "genesis.json.gz")
    queries = [query for query in recorded_queries(folder) if query.path in node.app.modules.queries]
    assert queries
    told: dict[int, list[tuple[str, bytes]]] = {}
    digests = []
    for number, line in enumerate(blocks):
        digests.append(advance(node, line))
        if number % every == 0:
            told[node.height] = [answer(node, query, None) for query in queries]
            for height in told:
                # In turn with the present state, so that what the keepers remember is of the other one.
                for index, query in enumerate(queries[height % 3 :: 3]):
                    assert answer(node, query, height) == told[height][height % 3 + 3 * index], (query, height)
                    assert answer(node, query, None) == told[node.height][height % 3 + 3 * index], (query, height)
    assert len(set(map(str, told.values()))) > 1

    undisturbed = Node.from_file(folder / "genesis.json.gz")
    assert [advance(undisturbed, line) for line in blocks] == digests


def rows(node: Node, height: int | None = None) -> dict[str, dict[bytes, bytes]]:
    store = node.app.store
    return {name: dict(store.rows(name, node.state_at(height).branch.root())) for name in store.persistent_stores()}


def lines_of(genesis: Path) -> list[BlockLine]:
    return [line for line in read_block_lines(genesis.with_name("blocks.jsonl")) if line.repeat == 1]


@pytest.mark.parametrize("name", ["localnet", "mmvault", "perpvault", "fundvault"])
def test_every_row_of_every_store_can_be_read_at_every_kept_height(name: str) -> None:
    genesis = LOCALNET.parents[1] / name / "genesis.json"
    node = Node.from_file(genesis, options=NodeOptions(keep_heights=10))
    told = {node.height: rows(node)}
    for line in lines_of(genesis):
        advance(node, line)
        told[node.height] = rows(node)
        assert node.past.earliest_height == max(node.height - 10, 1)
        for height in range(node.past.earliest_height, node.height + 1):
            assert rows(node, height) == told[height]


def test_heights_that_are_not_kept_or_not_there_yet_are_refused() -> None:
    node = Node.from_file(LOCALNET, options=NodeOptions(keep_heights=3))
    for _ in range(6):
        node.produce_block()
    assert [node.state_at(height).height for height in (4, 5, 6, 7)] == [4, 5, 6, 7]
    with pytest.raises(HeightUnavailable, match="height 3 is not kept; states from 4 on"):
        node.state_at(3)
    with pytest.raises(HeightUnavailable, match="height 8 is in the future; the last block is 7"):
        node.state_at(8)


def test_older_states_go_when_they_differ_in_too_many_rows() -> None:
    few, many = (Node.from_file(LOCALNET, options=NodeOptions(keep_state_rows=most)) for most in (60, 100_000))
    for line in lines_of(LOCALNET):
        advance(few, line)
        advance(many, line)
    assert many.past.earliest_height == 1
    assert many.height > few.past.earliest_height > 1
    history = few.app.store.history
    assert history is not None
    assert 0 < history.size <= 60
    for height in range(few.past.earliest_height, few.height):
        assert rows(few, height) == rows(many, height)


def test_an_older_state_has_the_time_of_its_block() -> None:
    node = Node.from_file(LOCALNET)
    times = [node.produce_block().time_ns for _ in range(4)]
    assert [node.state_at(height).time_ns for height in (2, 3, 4, 5)] == times


def test_older_heights_come_back_with_a_snapshot_even_when_they_were_forgotten_since() -> None:
    node = Node.from_file(LOCALNET, options=NodeOptions(keep_heights=4))
    for _ in range(5):
        node.produce_block()
    told = {height: rows(node, height) for height in range(2, 7)}
    snapshot = node.snapshot()
    for _ in range(9):
        node.produce_block()
    with pytest.raises(HeightUnavailable):
        node.state_at(5)
    node.revert(snapshot.id)
    assert {height: rows(node, height) for height in range(2, 7)} == told
    node.produce_block()
    assert {height: rows(node, height) for height in range(3, 7)} == {height: told[height] for height in range(3, 7)}


def test_a_state_that_is_being_read_while_it_is_forgotten_is_told_not_mixed_up() -> None:
    node = Node.from_file(LOCALNET, options=NodeOptions(keep_heights=2))
    node.produce_block()
    ctx = node.state_at(1)
    for _ in range(3):
        node.produce_block()
    with pytest.raises(UserError, match="not kept any more"):
        node.app.modules.prices.all_market_prices(ctx)
