"""Genesis documents of older chains: what is not run is told once, kept aside and written back.

The real ones lie beside the repository on some machines; a document of our own with the same peculiarities is tried
everywhere.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vaultsim.errors import UserError
from vaultsim.node.genesis_check import check_genesis
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.replay import ReplayOptions, run_replay
from vaultsim.node.start import start_app

ROOT = Path(__file__).parents[2]
REAL = tuple(sorted((ROOT.parent / "shared" / "data").glob("*genesis.json")))
OWN = "own"


class Notes:
    """Watches a run and keeps its notes."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def started(self, chain_id: str, blocks: int | None) -> None: ...

    def block(self, height: int) -> None: ...

    def noted(self, text: str) -> None:
        self.texts.append(text)


def old_document() -> dict[str, Any]:
    """A shipped chain as an old version would have written it: sections, fields and types that are gone or unknown."""
    document: dict[str, Any] = json.loads((ROOT / "genesis" / "faq-ownership" / "genesis.json").read_text())
    state = document["app_state"]
    del state["marketmap"]
    for perpetual in state["perpetuals"]["perpetuals"]:
        del perpetual["params"]["market_type"]
    state["ibc"] = {"client_genesis": {"clients": [], "next": "7"}, "note": "ünïcode", "big": 10**40}
    state["crisis"] = {"constant_fee": {"denom": "adv4tnt", "amount": "1"}}
    state["clob"]["clob_pairs"][0]["old_field"] = {"a": [1, 2]}
    state["rewards"]["params"]["another"] = "kept"
    document["consensus_params"] = {"block": {"max_bytes": "4194304"}}
    return document


@pytest.fixture(params=[OWN, *REAL], ids=lambda one: one if one == OWN else one.stem)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param != OWN:
        found: Path = request.param
        return found
    own = tmp_path / "old.json"
    own.write_text(json.dumps(old_document()))
    return own


def run(genesis: Path, out: Path, lines: str) -> Notes:
    out.mkdir()
    (out / "in.jsonl").write_text(lines)
    notes = Notes()
    run_replay(ReplayOptions(genesis=genesis, blocks=out / "in.jsonl", out=out), notes)
    return notes


def test_it_loads_runs_and_is_exported_with_what_was_kept_aside(path: Path, tmp_path: Path) -> None:
    notes = run(path, tmp_path / "first", "{}\n")
    assert len(notes.texts) == len(set(notes.texts))
    aside = next(text for text in notes.texts if text.startswith("sections kept aside"))
    original, exported = read_genesis(path), read_genesis(tmp_path / "first" / "export.json")
    names = aside.partition(": ")[2].split(", ")
    assert {"crisis", "ibc"} <= set(names)
    for name in names:
        assert exported.sections[name] == original.sections[name]
    assert exported.others == original.others
    again = run(tmp_path / "first" / "export.json", tmp_path / "second", "")
    assert again.texts == [aside] or aside in again.texts
    first, second = (tmp_path / name / "export.json" for name in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()


def test_check_finds_no_problem_and_says_what_is_not_run(path: Path) -> None:
    report = check_genesis(path)
    assert report.problems == ()
    assert {section.module for section in report.sections if not section.simulated} >= {"crisis", "ibc"}
    assert {section.module for section in report.sections if section.simulated} >= {"bank", "clob", "prices"}


def test_strict_refuses_it(path: Path) -> None:
    with pytest.raises(UserError, match="refused by --strict"):
        start_app(read_genesis(path), strict=True)


def test_unknown_fields_come_back_where_they_were(tmp_path: Path) -> None:
    own = tmp_path / "old.json"
    own.write_text(json.dumps(old_document()))
    notes = run(own, tmp_path / "out", "{}\n")
    told = [text for text in notes.texts if "kept aside, not run" in text]
    assert any("app_state.clob" in text and "clob_pairs[].old_field" in text for text in told)
    exported = read_genesis(tmp_path / "out" / "export.json").sections
    assert exported["clob"]["clob_pairs"][0]["old_field"] == {"a": [1, 2]}
    assert exported["rewards"]["params"]["another"] == "kept"
    assert exported["ibc"]["big"] == 10**40


def test_a_shipped_chain_passes_strict() -> None:
    document = read_genesis(ROOT / "genesis" / "localnet" / "genesis.json")
    assert start_app(document, strict=True).notes == ()
