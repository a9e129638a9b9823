"""The mainnet-sized chain: invariants after every block, and the same end by three routes.

The first blocks of the flow here; `make mainnet` does the same over 2,000.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from tests.genesis.runs import ROOT, run_of
from vaultsim.node.replay import ReplayOptions, run_replay
from vaultsim.node.reports import ReplaySummary

GENESIS = ROOT / "genesis" / "mainnet" / "genesis.json"
BLOCKS = 60


class Nobody:
    """Watches a run and says nothing."""

    def started(self, chain_id: str, blocks: int | None) -> None: ...

    def block(self, height: int) -> None: ...

    def noted(self, text: str) -> None: ...


def replayed(genesis: Path, blocks: Path, out: Path | None = None) -> ReplaySummary:
    return run_replay(ReplayOptions(genesis=genesis, blocks=blocks, out=out), Nobody()).summary


@pytest.fixture(scope="module")
def lines() -> list[str]:
    with (GENESIS.parent / "blocks.jsonl").open() as stream:
        return list(itertools.islice(stream, BLOCKS))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    (folder / "submit.jsonl").write_text("".join(lines))
    replayed(GENESIS, folder / "submit.jsonl", folder)
    return folder


def test_invariants_hold_after_every_block_while_vaults_trade() -> None:
    run = run_of("mainnet")
    assert len(run.steps) == 151
    fills = sum(len(step.events("match")) for step in run.steps.values())
    # A run of the same files by the real chain had 236 fills.
    assert fills == 236


def test_the_recorded_blocks_end_in_the_same_digest(whole: Path) -> None:
    again = replayed(GENESIS, whole / "blocks.jsonl")
    assert again.app_hash == json.loads((whole / "summary.json").read_text())["app_hash"]


def test_export_and_import_half_way_end_in_the_same_state(tmp_path: Path, whole: Path, lines: list[str]) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    first.write_text("".join(lines[: BLOCKS // 2]))
    second.write_text("".join(lines[BLOCKS // 2 :]))
    replayed(GENESIS, first, tmp_path / "half")
    replayed(tmp_path / "half" / "export.json", second, tmp_path / "rest")
    assert (tmp_path / "rest" / "export.json").read_bytes() == (whole / "export.json").read_bytes()
