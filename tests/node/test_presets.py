"""A genesis that comes with the program is found by its name, any other by its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.genesis.runs import ROOT
from vaultsim.errors import UserError
from vaultsim.node.presets import genesis_path, preset_names


def test_every_shipped_chain_has_a_name() -> None:
    folders = sorted(path.parent.name for path in (ROOT / "genesis").glob("*/genesis.json"))
    assert preset_names() == folders
    assert "localnet" in folders
    assert "mainnet" in folders


def test_a_name_gives_the_shipped_document() -> None:
    assert genesis_path("localnet").read_bytes() == (ROOT / "genesis" / "localnet" / "genesis.json").read_bytes()


def test_a_path_gives_itself(tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    file.write_text("{}")
    assert genesis_path(file) == file
    assert genesis_path(str(file)) == file


def test_what_is_neither_is_told_with_the_names() -> None:
    with pytest.raises(UserError, match=r"^locanet: neither a file nor .*localnet"):
        genesis_path("locanet")
