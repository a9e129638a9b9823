"""The chains of the further designs from the command line: check, replay, dump, export, import, and on from there."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.genesis.runs import ROOT
from vaultsim.cli.main import main
from vaultsim.pb.registry import class_named

FOLDER = ROOT / "genesis"
STORES = {
    "mmvault": ("mmvault",),
    "perpvault": ("perpvault",),
    "fundvault": ("fundvault",),
    "four-designs": ("mmvault", "perpvault", "fundvault"),
}
SHARED_STORES = ("subaccounts", "bank", "clob", "vault")
BROKEN = {
    "mmvault": ("share_supply", "7"),
    "perpvault": ("positions", [{"account": "nobody"}]),
    "fundvault": ("vaults", [{"id": "nobody"}]),
}
"""A field of each section that cannot be as it is."""

Command = Callable[..., tuple[int, str]]


@pytest.fixture
def vaultsim(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command in this process; its exit code and what it printed."""

    def run(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["vaultsim", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        return int(left.value.code or 0), capsys.readouterr().out

    return run


@pytest.fixture(params=STORES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def done(ended: tuple[int, str]) -> str:
    assert ended[0] == 0, ended
    return ended[1]


def test_check_knows_the_sections(vaultsim: Command, name: str) -> None:
    report = json.loads(done(vaultsim("genesis", "check", FOLDER / name / "genesis.json", "--json")))
    assert report["problems"] == []
    simulated = {section["module"] for section in report["sections"] if section["simulated"]}
    assert set(STORES[name]) <= simulated


@pytest.mark.parametrize("module", BROKEN)
def test_check_names_the_section_that_cannot_be(vaultsim: Command, tmp_path: Path, module: str) -> None:
    document = json.loads((FOLDER / "four-designs" / "genesis.json").read_text())
    field, value = BROKEN[module]
    document["app_state"][module][field] = value
    (tmp_path / "broken.json").write_text(json.dumps(document))
    code, told = vaultsim("genesis", "check", tmp_path / "broken.json", "--json")
    assert code == 2
    assert any(module in problem for problem in json.loads(told)["problems"])


def test_an_export_half_way_goes_on_to_the_same_rows_and_the_same_document(vaultsim: Command, tmp_path: Path) -> None:
    name = "four-designs"
    lines = (FOLDER / name / "blocks.jsonl").read_text().splitlines(keepends=True)
    half = len(lines) // 2
    for part, text in (("all", lines), ("head", lines[:half]), ("tail", lines[half:])):
        (tmp_path / part).write_text("".join(text))
    genesis, homes = (
        FOLDER / name / "genesis.json",
        {part: tmp_path / f"home-{part}" for part in ("all", "head", "tail")},
    )
    summary = json.loads(done(vaultsim("replay", genesis, tmp_path / "all", "--home", homes["all"], "--json")))
    done(vaultsim("replay", genesis, tmp_path / "head", "--home", homes["head"], "--json"))
    exported = tmp_path / "exported.json"
    done(vaultsim("export", "--home", homes["head"], "--out", exported))
    assert "no problems" in done(vaultsim("genesis", "check", exported))
    resumed = json.loads(done(vaultsim("replay", exported, tmp_path / "tail", "--home", homes["tail"], "--json")))
    assert (resumed["height"], resumed["app_hash"]) == (summary["height"], summary["app_hash"])
    for store in (*STORES[name], *SHARED_STORES):
        rows = done(vaultsim("dump", "--home", homes["all"], "--store", store))
        assert rows == done(vaultsim("dump", "--home", homes["tail"], "--store", store))
        assert rows
    ends = [done(vaultsim("export", "--home", homes[part])) for part in ("all", "tail")]
    assert ends[0] == ends[1]


def test_the_summary_tells_about_every_design(vaultsim: Command, tmp_path: Path) -> None:
    arguments = (FOLDER / "four-designs" / "genesis.json", FOLDER / "four-designs" / "blocks.jsonl", "--until", 120)
    summary = json.loads(done(vaultsim("replay", *arguments, "--json")))
    assert summary["mmvault"]["share_supply"] == 100_000_000_000
    assert (summary["perpvault"]["positions"], summary["perpvault"]["tokens"][0]["token"]) == (1, "btc")
    assert [(fund["name"], fund["holders"]) for fund in summary["fund_vaults"]] == [("Fiona's trend fund", 4)]
    shown = done(vaultsim("replay", *arguments))
    for text in ("mmvault", "perpvault", "Fiona's", "CLOB 0"):
        assert text in shown


def test_dumped_rows_are_the_modules_own_messages(vaultsim: Command, tmp_path: Path) -> None:
    """The row of a fund, key `Vault:` and its id, is vaultsim.fundvault.v1.Vault."""
    folder, home = FOLDER / "four-designs", tmp_path / "home"
    done(vaultsim("replay", folder / "genesis.json", folder / "blocks.jsonl", "--until", 50, "--home", home, "--json"))
    told = done(vaultsim("dump", "--home", home, "--store", "fundvault"))
    rows: Mapping[bytes, bytes] = {
        bytes.fromhex(key): bytes.fromhex(value) for key, value in (line.split(" ") for line in told.splitlines())
    }
    [fund] = [value for key, value in rows.items() if key.startswith(b"Vault:")]
    cls = class_named("vaultsim.fundvault.v1.Vault")
    assert cls is not None
    assert cls.decode(fund).to_json()["metadata"]["name"] == "Fiona's trend fund"
