"""The built program, run as a user runs it, against recorded runs of the real chain."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.vectors.recorded import FOLDER, NAMES, Comparison, lines

SHOWN = 3


def replay(name: str, blocks: str, out: Path) -> None:
    """Runs `vaultsim replay` on a recorded run; fails with the program's own words."""
    folder = FOLDER / name
    program = [sys.executable, "-m", "vaultsim", "replay"]
    files = [str(folder / "genesis.json.gz"), str(folder / blocks)]
    done = subprocess.run(
        [*program, *files, "--out", str(out), "--changes"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"exit code {done.returncode}: {(done.stderr or done.stdout).strip()[-1500:]}"


def assert_equal(comparison: Comparison) -> None:
    found = comparison.differences
    assert not found, f"{len(found)} differences, the first:\n" + "\n".join(found[:SHOWN])


def compare_results(comparison: Comparison, name: str, out: Path) -> None:
    ours = lines(out / "results.jsonl")
    for want in lines(FOLDER / name / "expected.jsonl.gz"):
        got = next(ours, None)
        assert got is not None, f"no results from height {want['height']} on"
        comparison.block(want, got)
    assert next(ours, None) is None, "more blocks than on the chain"


@pytest.mark.parametrize("name", NAMES)
def test_recorded_blocks_end_in_the_chains_state(name: str, tmp_path: Path) -> None:
    replay(name, "blocks.jsonl.gz", tmp_path)
    comparison = Comparison()
    compare_results(comparison, name, tmp_path)
    assert_equal(comparison)


@pytest.mark.parametrize("name", NAMES)
def test_our_proposer_builds_the_chains_blocks(name: str, tmp_path: Path) -> None:
    replay(name, "submit.jsonl.gz", tmp_path)
    comparison = Comparison()
    for want, got in zip(lines(FOLDER / name / "blocks.jsonl.gz"), lines(tmp_path / "blocks.jsonl"), strict=True):
        comparison.proposal(want, got)
    compare_results(comparison, name, tmp_path)
    assert_equal(comparison)
