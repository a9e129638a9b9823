"""A chain that skips vaults at rest against its twin that refreshes every vault in every block: equal digests."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from vaultsim.node.block_lines import BlockLine, read_block_lines
from vaultsim.node.chain import Chain
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.run_line import run_line
from vaultsim.node.start import start_app

REPOSITORY = Path(__file__).resolve().parents[2]
SHIPPED = REPOSITORY / "tests" / "vectors"
RECORDED = REPOSITORY.parent / "shared" / "vectors"
MANY_BLOCKS = 400


def chain_of(folder: Path, *, incremental: bool) -> Chain:
    started = start_app(read_genesis(find(folder, "genesis.json")), incremental=incremental)
    chain = Chain(started.app, index_prices=started.index_prices)
    chain.run_first_block()
    return chain


def find(folder: Path, name: str) -> Path:
    return next(path for path in (folder / name, folder / f"{name}.gz") if path.exists())


def digest_after(chain: Chain, line: BlockLine) -> bytes:
    """Runs a line's blocks; returns the digest after the last one."""
    return [run_line(chain, line)[1].app_hash for _ in range(line.repeat)][-1]


def assert_twins(folder: Path, most_lines: int = MANY_BLOCKS, *, file: str = "submit.jsonl") -> None:
    skipping, thorough = (chain_of(folder, incremental=incremental) for incremental in (True, False))
    for line in islice(read_block_lines(find(folder, file)), most_lines):
        assert digest_after(skipping, line) == digest_after(thorough, line), f"block {skipping.app.height}"
    assert skipping.app.store.fingerprint() == thorough.app.store.fingerprint()


@pytest.mark.parametrize(
    "name", ["quoting", "takers", "book", "funding", "liquidation", "edges", "vault-under-water", "sub-second"]
)
def test_skipping_vaults_at_rest_changes_nothing_in_a_recorded_run(name: str) -> None:
    assert_twins(SHIPPED / name)


@pytest.mark.parametrize(("name", "blocks"), [("perf-200", 60), ("soak-12", 400), ("soak-14", 400)])
def test_skipping_vaults_at_rest_changes_nothing_in_a_long_recorded_run(name: str, blocks: int) -> None:
    if not (RECORDED / name).exists():
        pytest.skip("the long recorded runs are not part of the project")
    assert_twins(RECORDED / name, blocks)


def test_skipping_vaults_at_rest_changes_nothing_on_the_mainnet_sized_chain() -> None:
    assert_twins(REPOSITORY / "genesis" / "mainnet", 25, file="blocks.jsonl")


def test_skipping_vaults_at_rest_changes_nothing_beside_the_passive_market_maker() -> None:
    assert_twins(REPOSITORY / "genesis" / "mmvault", file="blocks.jsonl")
