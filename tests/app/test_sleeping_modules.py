"""Modules that genesis has no section for: nothing of them runs, and nobody tells them anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from vaultsim.app.wiring import Modules
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.start import start_app

GENESIS = Path(__file__).resolve().parents[2] / "genesis"
HOOKS = {"mmvault": ["mmvault"], "perpvault": ["perpvault", "perpvault"], "fundvault": ["fundvault", "fundvault"]}
"""The hooks that each has, in BeginBlock or EndBlock."""


def modules_of(chain: str) -> Modules:
    return start_app(read_genesis(GENESIS / chain / "genesis.json")).app.modules


@pytest.mark.parametrize("chain", ["localnet", *HOOKS])
def test_hooks_run_of_those_modules_only_that_have_a_section(chain: str) -> None:
    modules = modules_of(chain)
    names = [name for name, _ in (*modules.begin_block_hooks(), *modules.end_block_hooks())]
    assert [name for name in names if name in HOOKS] == HOOKS.get(chain, [])
    always = ["blocktime", "epochs", "distribution", "clob", "vest", "vault"]
    assert [name for name, _ in modules.begin_block_hooks()][:6] == always
    assert names[-1] == "blocktime"


@pytest.mark.parametrize("chain", ["localnet", *HOOKS])
def test_fills_and_prices_are_told_to_those_only_that_are_there(chain: str) -> None:
    modules = modules_of(chain)
    keepers = modules.keepers
    assert list(keepers.clob.fill_listeners) == ([keepers.mmvault] if chain == "mmvault" else [])
    assert list(keepers.prices.listeners) == ([keepers.perpvault] if chain == "perpvault" else [])
    assert len(keepers.clob.exempt_ids) == len(keepers.feetiers.fee_free_owners) == (chain == "mmvault")
