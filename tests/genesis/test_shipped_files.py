"""The files under genesis/ are what the script writes: committed output leaves no difference."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vaultsim.node.block_lines import read_block_lines
from vaultsim.node.genesis_document import read_genesis

ROOT = Path(__file__).parents[2]
SHIPPED = (
    "localnet",
    "faq-ownership",
    "faq-slippage-low",
    "faq-slippage-medium",
    "faq-slippage-high",
    "mainnet",
    "mmvault",
    "fundvault",
    "perpvault",
    "four-designs",
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chains")
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    command = [sys.executable, str(ROOT / "scripts" / "make_genesis.py"), "--out", str(folder)]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return folder


@pytest.mark.parametrize("name", SHIPPED)
def test_the_script_writes_what_is_committed(written: Path, name: str) -> None:
    fresh = {file.name: file.read_bytes() for file in (written / name).iterdir()}
    committed = {file.name: file.read_bytes() for file in (ROOT / "genesis" / name).iterdir()}
    assert sorted(fresh) == ["README.md", "blocks.jsonl", "genesis.json"]
    assert sorted(committed) == sorted(fresh)
    differing = [file for file in fresh if fresh[file] != committed[file]]
    assert not differing, "run `make genesis`"


@pytest.mark.parametrize("name", SHIPPED)
def test_block_lines_are_well_formed_and_heights_follow(name: str) -> None:
    height = 1
    for line in read_block_lines(ROOT / "genesis" / name / "blocks.jsonl"):
        height += 1
        assert line.height in (None, height)
        height += line.repeat - 1
    assert height > 5


@pytest.mark.parametrize("name", SHIPPED)
def test_bank_supply_is_what_the_balances_add_up_to(name: str) -> None:
    bank = read_genesis(ROOT / "genesis" / name / "genesis.json").sections["bank"]
    for coin in bank["supply"]:
        held = sum(
            int(one["amount"]) for row in bank["balances"] for one in row["coins"] if one["denom"] == coin["denom"]
        )
        assert int(coin["amount"]) == held
