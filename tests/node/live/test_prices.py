"""Scripted prices: the same in every block, walks from a seed, recorded ones, a file that is followed."""

from __future__ import annotations

import itertools
import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from tests.node.live.played import localnet, prices
from vaultsim.errors import UserError
from vaultsim.node.flow_paths import Walk
from vaultsim.node.live.control import Control
from vaultsim.node.live.node import Node
from vaultsim.node.live.prices import FollowedFile, PriceSource, RecordedPrices, StaticPrices, WalkingPrices

GENESIS_PRICES = {0: 9_850_000_000, 1: 3_350_000_000, 2: 25_100_000_000, 3: 2_480_000_000}


def run(source: PriceSource | None, blocks: int, node: Node | None = None) -> list[dict[int, int]]:
    """The oracle prices after each of so many blocks, every one of which must have taken its price update."""
    node = node or localnet()
    control = Control(node)
    control.script_prices(source)
    seen = []
    for _ in range(blocks):
        assert control.advance_blocks().results[-1].code == 0
        seen.append(prices(node))
    return seen


def test_static_prices_hold_and_what_is_set_by_hand_holds_for_one_block() -> None:
    node = localnet()
    static = StaticPrices({0: 10_000_000_000, 77: 5})
    assert run(static, 2, node) == [{**GENESIS_PRICES, 0: 10_000_000_000}] * 2
    node.set_prices({0: 11_000_000_000})
    assert [one[0] for one in run(static, 2, node)] == [11_000_000_000, 10_000_000_000]
    assert run(None, 1, node)[0][0] == 10_000_000_000


def test_a_walk_follows_from_its_seed_and_each_market_has_moves_of_its_own() -> None:
    walk = Walk(volatility_ppm=5_000)
    first, second = run(WalkingPrices(1, walk), 20), run(WalkingPrices(1, walk), 20)
    assert first == second
    other = run(WalkingPrices(2, walk), 20)
    assert all(first[19][market] != other[19][market] for market in GENESIS_PRICES)
    alone = run(WalkingPrices(1, walk, [2]), 20)
    assert [one[2] for one in alone] == [one[2] for one in first]
    assert {market: alone[19][market] for market in (0, 1, 3)} == {m: GENESIS_PRICES[m] for m in (0, 1, 3)}


def test_moves_that_are_too_small_for_the_chain_add_up() -> None:
    # Market 2 moves by 0.25 % at least; steps are of about 0.05 %.
    seen = [one[2] for one in run(WalkingPrices(3, Walk(volatility_ppm=500, jumps_per_10000=0)), 200)]
    moves = [abs(new - old) * 1_000_000 // old for old, new in itertools.pairwise(seen) if new != old]
    assert 3 < len(moves) < 100
    assert min(moves) >= 2_500


def test_recorded_prices_move_as_recorded_and_start_again() -> None:
    text = "time,close\n1,200\n2,220\n3,198\n4,202\n"
    seen = [one[0] for one in run(RecordedPrices(0, text), 5)]
    base = GENESIS_PRICES[0]
    # After the last row the moves begin again, from the price that was reached.
    reached = base * 202 // 200
    assert seen == [base * 220 // 200, base * 198 // 200, reached, reached, reached * 220 // 200]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no column named close or price"),
        ("a,b\n1,2\n", "no column named close or price"),
        ("close\n", "no prices below the header"),
        ("close\nx\n", "line 2: 'x' is no price"),
        ("close\n0\n", "a price is above zero"),
        ("close\n" + "1" * 200_000 + "\n", "no CSV text: field larger than field limit"),
    ],
)
def test_csv_text_without_prices_is_refused(text: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        RecordedPrices(0, text)


class File:
    """A price file whose changes always show in its time stamp."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._changes = 0

    def write(self, content: Any) -> None:
        self.path.write_text(content if isinstance(content, str) else json.dumps(content))
        self._changes += 1
        os.utime(self.path, ns=(self._changes, self._changes))


@pytest.fixture
def file(tmp_path: Path) -> File:
    found = File(tmp_path / "prices.json")
    found.write({"0": 10_000_000_000, "1": "3400000000"})
    return found


def test_a_file_is_followed(file: File) -> None:
    node, source = localnet(), FollowedFile(file.path)
    assert run(source, 1, node)[0] == {**GENESIS_PRICES, 0: 10_000_000_000, 1: 3_400_000_000}
    file.write({"0": 10_100_000_000})
    assert run(source, 1, node)[0] == {**GENESIS_PRICES, 0: 10_100_000_000, 1: 3_400_000_000}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "not JSON"),
        ("[1]", "expected an object of market id to price"),
        ('{"0": 1.5}', "1.5 is no whole number"),
        ('{"0": -1}', "-1 is no whole number"),
        ('{"0": true}', "True is no whole number"),
        ('{"x": 1}', "'x' is no whole number"),
        ('{"0": 18446744073709551616}', "is no whole number up to 18446744073709551615"),
        ('{"0": 1, "0": 2}', "twice"),
        (None, "no such file"),
    ],
)
def test_bad_content_is_told_once_and_the_last_good_prices_stay(
    file: File, content: str | None, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    node, source = localnet(), FollowedFile(file.path)
    run(source, 1, node)
    if content is None:
        file.path.unlink()
    else:
        file.write(content)
    with caplog.at_level(logging.WARNING, "vaultsim.prices"):
        assert run(source, 3, node)[2][0] == 10_000_000_000
    assert len(caplog.records) == 1
    assert told in source.problem
    assert told in caplog.text
    file.write({"0": 12_000_000_000})
    assert run(source, 1, node)[0][0] == 12_000_000_000
    assert source.problem == ""


def test_a_file_that_cannot_be_read_at_the_start_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        FollowedFile(tmp_path / "nothing.json")


def test_going_back_takes_what_the_file_says_now(file: File) -> None:
    node = localnet()
    control = Control(node)
    control.script_prices(FollowedFile(file.path))
    snapshot = control.snapshot()
    control.advance_blocks()
    file.write({"0": 10_500_000_000})
    control.revert(snapshot)
    assert prices(node) == GENESIS_PRICES
    control.advance_blocks()
    assert prices(node)[0] == 10_500_000_000


def test_premium_votes_follow_the_scripted_price_even_when_the_chain_does_not_take_it() -> None:
    node = localnet()
    control = Control(node)
    control.script_prices(StaticPrices({0: GENESIS_PRICES[0] + 1}))
    control.advance_blocks()
    assert prices(node) == GENESIS_PRICES
    assert node.chain.index_prices[0] == GENESIS_PRICES[0] + 1
