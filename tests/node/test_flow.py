"""Flows: the same seed gives the same bytes, whatever the hash seed; the arithmetic behind them is exact integers."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from decimal import Decimal, getcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaultsim.errors import UserError
from vaultsim.node.block_lines import parse_block_line
from vaultsim.node.flow import FlowOptions, flow_lines
from vaultsim.node.flow_paths import GeometricWalk, RecordedPath, Walk, read_closes
from vaultsim.node.flow_random import ONE, Random, growth

ROOT = Path(__file__).parents[2]
LOCALNET = ROOT / "genesis" / "localnet" / "genesis.json"
MAINNET = ROOT / "genesis" / "mainnet" / "genesis.json"


def test_split_mix_draws_the_published_sequence() -> None:
    # First outputs of SplitMix64 for seed 1234567, as published beside the xoshiro generators.
    random = Random(1234567)
    assert [random.next64() for _ in range(5)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


@given(st.integers(-8 << 32, 8 << 32))
def test_growth_is_the_exponential_function(log_return: int) -> None:
    getcontext().prec = 40
    exact = (Decimal(log_return) / ONE).exp() * ONE
    assert abs(growth(log_return) - exact) <= 1 + exact / 10**10


def test_normal_draws_have_mean_zero_and_variance_one() -> None:
    random = Random(7)
    draws = [random.normal() for _ in range(20_000)]
    mean = sum(draws) / len(draws) / ONE
    variance = sum(draw * draw for draw in draws) / len(draws) / ONE / ONE
    assert abs(mean) < 0.03
    assert abs(variance - 1) < 0.04


def test_a_walk_without_volatility_stands_still() -> None:
    walk = GeometricWalk(123_456_789, Walk(volatility_ppm=0, jumps_per_10000=0), Random(1))
    assert {walk.step() for _ in range(50)} <= {123_456_789, 123_456_788}


def test_a_recorded_path_moves_as_its_record_from_the_markets_own_price() -> None:
    path = RecordedPath(2_000, [100, 110, 99])
    assert [path.step() for _ in range(4)] == [2_200, 1_980, 1_980, 2_178]


def lines(genesis: Path, seed: int, blocks: int, options: FlowOptions | None = None) -> list[str]:
    return list(flow_lines(genesis, seed=seed, blocks=blocks, options=options))


def test_the_same_seed_gives_the_same_bytes_under_any_hash_seed() -> None:
    digests = set()
    for hash_seed in ("0", "1", "77"):
        command = [sys.executable, "-m", "vaultsim", "flow", str(MAINNET), "--seed", "3", "--blocks", "60"]
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        ran = subprocess.run(command, check=True, capture_output=True, env=environment, cwd=ROOT)
        digests.add(hashlib.sha256(ran.stdout).hexdigest())
    assert digests == {hashlib.sha256("".join(f"{one}\n" for one in lines(MAINNET, 3, 60)).encode()).hexdigest()}


def test_another_seed_gives_other_lines_and_a_longer_flow_begins_as_a_shorter_one() -> None:
    assert lines(LOCALNET, 1, 40) != lines(LOCALNET, 2, 40)
    assert lines(LOCALNET, 1, 60)[:40] == lines(LOCALNET, 1, 40)


def test_every_line_reads_back_and_prices_move_by_their_minimum_at_least() -> None:
    prices = {
        str(row["id"]): int(row["price"])
        for row in json.loads(LOCALNET.read_text())["app_state"]["prices"]["market_prices"]
    }
    published = 0
    for number, text in enumerate(lines(LOCALNET, 9, 300), 2):
        line = json.loads(text)
        assert parse_block_line(line, "here").height == number
        for market, price in line.get("prices", {}).items():
            assert abs(price - prices[market]) >= prices[market] * 800 // 1_000_000
            prices[market] = price
            published += 1
        for tx in line.get("submit", ()):
            for message in tx["messages"]:
                order = message.get("order")
                assert order is None or number <= order["good_til_block"] <= number + 40
    assert published > 20


def test_a_flow_with_nothing_in_it_is_quiet() -> None:
    still = FlowOptions(
        walk=Walk(volatility_ppm=0, jumps_per_10000=0), noise=0, momentum=0, deposits=0, withdrawals=0, allocations=0
    )
    assert all(set(json.loads(line)) == {"height", "time"} for line in lines(LOCALNET, 1, 20, still))


def test_intensities_are_means_per_100_blocks() -> None:
    busy = FlowOptions(noise=700, momentum=0, deposits=0, withdrawals=0, allocations=0)
    orders = sum(len(json.loads(line).get("submit", ())) for line in lines(MAINNET, 4, 400, busy))
    assert 2_400 < orders < 3_200


def test_a_market_follows_the_prices_of_a_csv_file(tmp_path: Path) -> None:
    recorded = tmp_path / "btc.csv"
    recorded.write_text("timestamp,open,close\na,1,46377.0\nb,1,46841.0\nc,1,45913.0\n")
    options = FlowOptions(csv=recorded, csv_market=0, noise=0, momentum=0, deposits=0, withdrawals=0, allocations=0)
    first, second = (json.loads(line)["prices"]["0"] for line in lines(LOCALNET, 1, 2, options))
    assert first == 9_850_000_000 * 46841 // 46377
    assert second == 9_850_000_000 * 45913 // 46377


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n1,2\n", "no column named close or price"),
        ("close\nx\n", "line 2: 'x' is no price"),
        ("close\n-5\n", "above zero"),
        ("close\n", "no prices"),
    ],
)
def test_a_bad_csv_file_is_told_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    recorded = tmp_path / "bad.csv"
    recorded.write_text(text)
    with pytest.raises(UserError, match=says):
        read_closes(recorded)


def test_a_market_that_does_not_trade_cannot_follow_a_csv_file(tmp_path: Path) -> None:
    recorded = tmp_path / "btc.csv"
    recorded.write_text("close\n1\n2\n")
    with pytest.raises(UserError, match="market 77"):
        lines(LOCALNET, 1, 2, FlowOptions(csv=recorded, csv_market=77))
