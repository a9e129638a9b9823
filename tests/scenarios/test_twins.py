"""Every recorded run and every shipped chain by other routes: another hash seed, its own blocks executed again, an
export half way. All end in the same state."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.vectors.recorded import FOLDER, NAMES, lines
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.home import load_home
from vaultsim.node.replay import ReplayOptions, run_replay
from vaultsim.node.start import start_app

ROOT = Path(__file__).parents[2]
CHAINS = (
    "faq-ownership",
    "faq-slippage-low",
    "faq-slippage-medium",
    "faq-slippage-high",
    "localnet",
    "mmvault",
    "perpvault",
    "fundvault",
    "four-designs",
)
EIGHTHS = (1, 4, 7)
SEEDS = ("1", "4242")


class Silent:
    """Watches a run and says nothing."""

    def started(self, chain_id: str, blocks: int | None) -> None: ...

    def block(self, height: int) -> None: ...

    def noted(self, text: str) -> None: ...


class Scenario(NamedTuple):
    """A genesis and its blocks in proposer form."""

    genesis: Path
    blocks: Path


SCENARIOS = {
    **{name: Scenario(FOLDER / name / "genesis.json.gz", FOLDER / name / "submit.jsonl.gz") for name in NAMES},
    **{
        f"genesis/{name}": Scenario(ROOT / "genesis" / name / "genesis.json", ROOT / "genesis" / name / "blocks.jsonl")
        for name in CHAINS
    },
}


def replay(genesis: Path, blocks: Path, out: Path) -> list[dict[str, Any]]:
    """Runs and keeps everything in `out`; the result lines."""
    run_replay(ReplayOptions(genesis=genesis, blocks=blocks, out=out, home=out / "home"), Silent())
    return list(lines(out / "results.jsonl"))


def rows(out: Path) -> dict[str, list[tuple[bytes, bytes]]]:
    return load_home(out / "home").rows


def exported(out: Path) -> dict[str, Any]:
    """The exported document, but for what the price daemon knew: recorded blocks do not tell it."""
    document: dict[str, Any] = json.loads((out / "export.json").read_text(encoding="utf-8"))
    del document["app_state"]["vaultsim"]["index_prices"]
    return document


def digests(results: list[dict[str, Any]]) -> list[str]:
    return [line["app_hash"] for line in results]


@pytest.fixture(scope="module", params=SCENARIOS)
def first(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Scenario, Path]:
    """A scenario run once with the proposer."""
    scenario = SCENARIOS[request.param]
    out = tmp_path_factory.mktemp("first")
    replay(scenario.genesis, scenario.blocks, out)
    return scenario, out


def test_its_own_blocks_executed_again_have_the_same_digests(first: tuple[Scenario, Path], tmp_path: Path) -> None:
    scenario, out = first
    again = replay(scenario.genesis, out / "blocks.jsonl", tmp_path)
    assert digests(again) == digests(list(lines(out / "results.jsonl")))
    assert (tmp_path / "blocks.jsonl").read_bytes() == (out / "blocks.jsonl").read_bytes()
    assert exported(tmp_path) == exported(out)


def test_another_hash_seed_writes_the_same_bytes(first: tuple[Scenario, Path], tmp_path: Path) -> None:
    scenario, out = first
    program = [sys.executable, "-m", "vaultsim", "replay", str(scenario.genesis), str(scenario.blocks)]
    seed = SEEDS[os.environ.get("PYTHONHASHSEED") == SEEDS[0]]
    subprocess.run(
        [*program, "--out", str(tmp_path), "--json"],
        env={**os.environ, "PYTHONHASHSEED": seed},
        check=True,
        capture_output=True,
    )
    for name in ("results.jsonl", "blocks.jsonl", "export.json", "summary.json"):
        assert (tmp_path / name).read_bytes() == (out / name).read_bytes(), name


@pytest.mark.parametrize("eighths", EIGHTHS)
def test_an_export_on_the_way_goes_on_to_the_same_state(
    first: tuple[Scenario, Path], tmp_path: Path, eighths: int
) -> None:
    scenario, out = first
    whole = (out / "blocks.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    cut = len(whole) * eighths // 8
    head, tail = tmp_path / "head.jsonl", tmp_path / "tail.jsonl"
    head.write_text("".join(whole[:cut]), encoding="utf-8")
    tail.write_text("".join(whole[cut:]), encoding="utf-8")
    before = replay(scenario.genesis, head, tmp_path / "before")
    after = replay(tmp_path / "before" / "export.json", tail, tmp_path / "after")
    reference = list(lines(out / "results.jsonl"))
    assert digests([*before, *after]) == digests(reference)
    assert [line["txs"] for line in after] == [line["txs"] for line in reference[len(before) :]]
    assert rows(tmp_path / "after") == rows(out)
    assert exported(tmp_path / "after") == exported(out)


def test_export_import_export_is_the_same_bytes(first: tuple[Scenario, Path], tmp_path: Path) -> None:
    _, out = first
    nothing = tmp_path / "nothing.jsonl"
    nothing.write_text("")
    assert replay(out / "export.json", nothing, tmp_path) == []
    assert (tmp_path / "export.json").read_bytes() == (out / "export.json").read_bytes()


def test_an_imported_chain_has_the_fingerprint_of_the_exported_one(first: tuple[Scenario, Path]) -> None:
    scenario, out = first
    imported = start_app(read_genesis(out / "export.json"))
    stored = {store: dict(imported.app.store.rows(store)) for store in imported.app.store.persistent_stores()}
    assert stored == {store: dict(found) for store, found in rows(out).items()}
    assert imported.app.store.app_hash.hex() == json.loads((out / "summary.json").read_text())["app_hash"]
    fresh = start_app(read_genesis(scenario.genesis))
    assert fresh.app.store.fingerprint() != imported.app.store.fingerprint()


def test_the_modules_sections_alone_make_a_chain(first: tuple[Scenario, Path], tmp_path: Path) -> None:
    """A document without our own section is what a chain would export: it starts at the next height."""
    _, out = first
    document = json.loads((out / "export.json").read_text())
    del document["app_state"]["vaultsim"]
    plain = tmp_path / "plain.json"
    plain.write_text(json.dumps(document))
    blocks = tmp_path / "blocks.jsonl"
    blocks.write_text('{"repeat": 3}\n')
    results = replay(plain, blocks, tmp_path)
    height = int(document["initial_height"])
    assert [line["height"] for line in results] == list(itertools.chain([height], range(height + 1, height + 4)))
