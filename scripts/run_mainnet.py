"""Runs a flow over genesis/mainnet with the invariants checked after every block, three ways, and compares the ends.

1. as the flow says, by the proposer; again under another PYTHONHASHSEED; 2. the blocks of run 1 executed as recorded;
3. stopped half way, exported, imported, and run on. Runs 1 and 2 end in the same digest, run 3 in the same state.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from vaultsim.node.block_lines import parse_block_line
from vaultsim.node.chain import Chain
from vaultsim.node.flow import FlowOptions, flow_lines
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.run_line import run_line
from vaultsim.node.start import start_app
from vaultsim.testing.invariants import Invariants

ROOT = Path(__file__).resolve().parent.parent
FLOW = FlowOptions(step="+2s")
GENESIS = ROOT / "genesis" / "mainnet" / "genesis.json"


def run(seed: int, blocks: int) -> dict[str, object]:
    """The proposer's run, with the invariants checked after every block."""
    started = start_app(read_genesis(GENESIS), strict=False)
    app = started.app
    chain = Chain(app, index_prices=started.index_prices)
    invariants = Invariants(app)
    outcome = chain.run_first_block()
    invariants.check()
    fills = checked = refused = 0
    seconds = 0.0
    for number, text in enumerate(flow_lines(GENESIS, seed=seed, blocks=blocks, options=FLOW), 1):
        line = parse_block_line(json.loads(text), f"flow, line {number}")
        before = time.perf_counter()
        check, outcome = run_line(chain, line)
        seconds += time.perf_counter() - before
        checked += len(check or ())
        refused += sum(result.code != 0 for result in check or ())
        fills += sum(event.type == "match" for result in outcome.results for event in result.events)
        invariants.check()
    return {
        "app_hash": outcome.app_hash.hex(),
        "fingerprint": app.store.fingerprint(),
        "fills": fills,
        "submitted": checked,
        "refused": refused,
        "blocks per second": round(blocks / seconds, 1),
    }


def _again(seed: int, blocks: int, hash_seed: str) -> dict[str, object]:
    command = [sys.executable, __file__, "--seed", str(seed), "--blocks", str(blocks), "--once"]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    ran = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    found: dict[str, object] = json.loads(ran.stdout)
    return found


def _replay(*arguments: str | Path) -> dict[str, object]:
    command = [sys.executable, "-m", "vaultsim", "replay", *map(str, arguments), "--json"]
    found: dict[str, object] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def _recorded_and_interrupted(seed: int, blocks: int, folder: Path) -> tuple[str, str, str]:
    """Digests of the recorded run, and export documents of a whole and an interrupted run."""
    lines = list(flow_lines(GENESIS, seed=seed, blocks=blocks, options=FLOW))
    whole, first, second = folder / "whole.jsonl", folder / "first.jsonl", folder / "second.jsonl"
    half = blocks // 2
    for path, part in ((whole, lines), (first, lines[:half]), (second, lines[half:])):
        path.write_text("".join(f"{line}\n" for line in part))
    _replay(GENESIS, whole, "--out", folder / "run")
    recorded = _replay(GENESIS, folder / "run" / "blocks.jsonl")
    _replay(GENESIS, first, "--out", folder / "half")
    _replay(folder / "half" / "export.json", second, "--out", folder / "rest")
    exports = [(folder / name / "export.json").read_text() for name in ("run", "rest")]
    return str(recorded["app_hash"]), exports[0], exports[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=20_241_121)
    parser.add_argument("--once", action="store_true", help="only the checked run, its result as JSON")
    asked = parser.parse_args()
    if asked.once:
        print(json.dumps(run(asked.seed, asked.blocks)))
        return 0
    found = _again(asked.seed, asked.blocks, "1")
    print(f"{asked.blocks} blocks, invariants held after each: {found}")
    other = _again(asked.seed, asked.blocks, "2")
    with tempfile.TemporaryDirectory() as folder:
        recorded, whole, interrupted = _recorded_and_interrupted(asked.seed, asked.blocks, Path(folder))
    outcomes = {
        "another hash seed": other["app_hash"] == found["app_hash"],
        "recorded blocks": recorded == found["app_hash"],
        "export and import half way": whole == interrupted,
    }
    for name, equal in outcomes.items():
        print(f"{name}: {'equal' if equal else 'DIFFERS'}")
    return 0 if all(outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
