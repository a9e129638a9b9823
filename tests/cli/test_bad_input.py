"""Mistakes in files, seen from the command line: exit code 2, one sentence that names file, line or field, nothing
written."""

from __future__ import annotations

import copy
import gzip
import json
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vaultsim.cli.main import main

ROOT = Path(__file__).parents[2]
GENESIS = ROOT / "genesis" / "faq-ownership" / "genesis.json"
ALICE = "dydx199tqg4wdlnu4qjlxchpd7seg454937hjrknju4"
DEPOSIT = {
    "@type": "/dydxprotocol.vault.MsgDepositToMegavault",
    "subaccount_id": {"owner": ALICE, "number": 0},
    "quote_quantums": "1000000",
}
Edit = Callable[[dict[str, Any]], object]


class Program:
    """The command in this process, on a genesis and a block file, with an output folder that must stay empty."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._monkeypatch, self._capsys = folder, monkeypatch, capsys
        self.genesis, self.blocks, self.out = folder / "genesis.json", folder / "blocks.jsonl", folder / "out"
        self.document: dict[str, Any] = json.loads(GENESIS.read_text(encoding="utf-8"))
        self.write_genesis()
        self.blocks.write_text("{}\n")

    def write_genesis(self) -> None:
        self.genesis.write_text(json.dumps(self.document))

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit code and what went to standard error."""
        self._monkeypatch.setattr(sys, "argv", ["vaultsim", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        return int(left.value.code or 0), self._capsys.readouterr().err

    def replay(self, *more: str) -> tuple[int, str]:
        out, home = str(self.out), str(self.folder / "home")
        return self.run("replay", str(self.genesis), str(self.blocks), "--json", "--out", out, "--home", home, *more)

    def assert_refused(self, *words: str) -> None:
        code, told = self.replay()
        assert code == 2, told
        assert told.startswith("vaultsim: ")
        assert told.count("\n") == 1
        assert len(told) < 600
        for word in words:
            assert word in told
        written = [path for folder in (self.out, self.folder / "home") if folder.exists() for path in folder.iterdir()]
        assert written == []


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Program]:
    numbers = (signal.SIGINT, signal.SIGPIPE)
    handlers = [signal.getsignal(number) for number in numbers]
    yield Program(tmp_path, monkeypatch, capsys)
    for number, handler in zip(numbers, handlers, strict=True):
        signal.signal(number, handler)


def test_the_untouched_files_run(program: Program) -> None:
    assert program.replay()[0] == 0
    assert sorted(path.name for path in program.out.iterdir()) == [
        "blocks.jsonl",
        "export.json",
        "results.jsonl",
        "summary.json",
    ]


# --- genesis: the file -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x01\x02", b"\xff\xfe{}", b"{", b"[]", b"null", b"[" * 100_000, b'{"chain_id": 1}', b'{"a": NaN}'],
    ids=["empty", "bytes", "utf-16", "open", "list", "null", "deep", "no state", "nan"],
)
def test_a_genesis_that_is_none(program: Program, content: bytes) -> None:
    program.genesis.write_bytes(content)
    program.assert_refused(str(program.genesis))


def test_a_truncated_genesis_names_its_line(program: Program) -> None:
    text = json.dumps(program.document, indent=1)
    program.genesis.write_text(text[: len(text) // 2])
    program.assert_refused(str(program.genesis), "line ")


def test_a_truncated_gzip_file(program: Program) -> None:
    program.genesis = program.folder / "genesis.json.gz"
    program.genesis.write_bytes(gzip.compress(json.dumps(program.document).encode())[:-20])
    program.assert_refused(str(program.genesis), "gzip")
    program.genesis.write_bytes(b"no gzip")
    program.assert_refused(str(program.genesis), "gzip")


def test_a_huge_file_is_not_read(program: Program) -> None:
    with program.genesis.open("r+b") as stream:
        stream.truncate(3_000_000_000)
    program.assert_refused(str(program.genesis), "larger than")


def test_files_that_are_not_there(program: Program) -> None:
    program.genesis.unlink()
    code, told = program.replay()
    assert code == 2
    assert "does not exist" in told


def test_a_name_twice_in_one_object(program: Program) -> None:
    program.genesis.write_text('{"chain_id": "a", "chain_id": "b"}')
    program.assert_refused("'chain_id' appears twice")


# --- genesis: what is in it --------------------------------------------------------------------------------------


def section(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def find(document: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = document["app_state"][name]
        return found

    return find


def put(value: object, *path: str | int) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        owner: Any = document
        for step in path[:-1]:
            owner = owner[step]
        owner[path[-1]] = value

    return edit


def twice(*path: str | int) -> Edit:
    """Appends a copy of a list's last entry."""

    def edit(document: dict[str, Any]) -> None:
        owner: Any = document
        for step in path:
            owner = owner[step]
        owner.append(copy.deepcopy(owner[-1]))

    return edit


STATE = "app_state"
SUBACCOUNT = (STATE, "subaccounts", "subaccounts", 0)
WRONG_GENESIS = {
    "chain id is a number": (put(7, "chain_id"), "chain_id"),
    "chain id is empty": (put("", "chain_id"), "chain_id"),
    "chain id is long": (put("x" * 51, "chain_id"), "chain_id"),
    "no real time": (put("2024-02-30T00:00:00Z", "genesis_time"), "genesis_time"),
    "time is a number": (put(1, "genesis_time"), "genesis_time"),
    "height below zero": (put(-1, "initial_height"), "initial_height"),
    "height is text": (put("one", "initial_height"), "initial_height"),
    "state is a list": (put([], STATE), "app_state"),
    "a section is a list": (put([], STATE, "bank"), "app_state.bank"),
    "a list is an object": (put({}, *SUBACCOUNT[:3]), "app_state.subaccounts"),
    "a number is text": (put("one", *SUBACCOUNT, "id", "number"), "app_state.subaccounts.subaccounts[0].id.number"),
    "a number is a fraction": (put(1.5, *SUBACCOUNT, "id", "number"), "subaccounts[0].id.number"),
    "a number below zero": (put(-1, *SUBACCOUNT, "id", "number"), "subaccounts[0].id.number"),
    "a number of 33 bits": (put(2**32, *SUBACCOUNT, "id", "number"), "subaccounts[0].id.number"),
    "quantums of no number": (put("1e5", *SUBACCOUNT, "asset_positions", 0, "quantums"), "asset_positions[0].quantums"),
    "an enum of no name": (put("STATUS_GONE", STATE, "clob", "clob_pairs", 0, "status"), "clob_pairs[0].status"),
    "a price of 2^64": (put("18446744073709551616", STATE, "prices", "market_prices", 0, "price"), "market_prices[0]"),
    "a duration without unit": (put("300", STATE, "stats", "params", "window_duration"), "stats.params"),
    "a coin amount below zero": (put("-1", STATE, "bank", "balances", 0, "coins", 0, "amount"), "bank"),
    "a balance that the supply does not hold": (put("1", STATE, "bank", "supply", 0, "amount"), "bank"),
    "quoting without layers bound": (
        put(256, STATE, "vault", "default_quoting_params", "layers"), "vault",
    ),
    "an empty operator": (put("", STATE, "vault", "operator_params", "operator"), "vault"),
    "negative shares": (put("-1", STATE, "vault", "total_shares", "num_shares"), "vault"),
    "a balance twice": (twice(STATE, "bank", "balances"), "bank"),
    "a market twice": (twice(STATE, "prices", "market_params"), "prices"),
    "a pair twice": (twice(STATE, "clob", "clob_pairs"), "clob"),
    "an asset twice": (twice(STATE, "assets", "assets"), "assets"),
    "an epoch twice": (twice(STATE, "epochs", "epoch_info_list"), "epochs"),
    "half of a letter": (put("\ud800", STATE, "vault", "operator_params", "operator"), "ud800"),
    "our section is text": (put("x", STATE, "vaultsim"), "app_state.vaultsim"),
    "our section is of another format": (put({"format": 2}, STATE, "vaultsim"), "format 2"),
}  # fmt: skip

LOOSE = {
    "a tier twice": twice(STATE, "perpetuals", "liquidity_tiers"),
    "a perpetual twice": twice(STATE, "perpetuals", "perpetuals"),
    "a subaccount twice": twice(*SUBACCOUNT[:3]),
    "an owner of no address": put("dydx1nobody", *SUBACCOUNT, "id", "owner"),
}
"""What a starting chain does not look at; `genesis check` does, as the chain's own validation."""


@pytest.mark.parametrize("edit", LOOSE.values(), ids=LOOSE.keys())
def test_check_is_stricter_than_a_start(program: Program, edit: Edit) -> None:
    edit(program.document)
    program.write_genesis()
    code, _ = program.run("genesis", "check", str(program.genesis))
    assert code == 2


@pytest.mark.parametrize(("edit", "word"), WRONG_GENESIS.values(), ids=WRONG_GENESIS.keys())
def test_what_no_genesis_may_hold(program: Program, edit: Edit, word: str) -> None:
    edit(program.document)
    program.write_genesis()
    program.assert_refused(str(program.genesis), word)
    code, _ = program.run("genesis", "check", str(program.genesis))
    assert code == 2


def exported(program: Program) -> dict[str, Any]:
    assert program.replay()[0] == 0
    document: dict[str, Any] = json.loads((program.out / "export.json").read_text())
    for path in (*program.out.iterdir(), *(program.folder / "home").iterdir()):
        path.unlink()
    return document


@pytest.mark.parametrize(
    ("edit", "word"),
    [
        (put("99", STATE, "vaultsim", "height"), "height"),
        (put("-1", STATE, "vaultsim", "height"), "height"),
        (put("9" * 30, STATE, "vaultsim", "height"), "height"),
        (put("zz", STATE, "vaultsim", "app_hash"), "damaged"),
        (put("00", STATE, "vaultsim", "app_hash"), "app_hash"),
        (put({"x": "1"}, STATE, "vaultsim", "index_prices"), "damaged"),
        (put({"1": "-1"}, STATE, "vaultsim", "index_prices"), "index_prices"),
        (put({"nostore": {"00": "00"}}, STATE, "vaultsim", "rows"), "nostore"),
        (put({"vault": {"ffff": "00"}}, STATE, "vaultsim", "rows"), "ffff"),
        (put({"stats": {b"Epoch:\0\0\0\0".hex(): "0f"}}, STATE, "vaultsim", "rows"), "stats"),
        (put([], STATE, "vaultsim", "rows"), "damaged"),
    ],
)
def test_a_damaged_export(program: Program, edit: Edit, word: str) -> None:
    program.document = exported(program)
    edit(program.document)
    program.write_genesis()
    program.assert_refused(str(program.genesis), word)


# --- blocks ------------------------------------------------------------------------------------------------------


def short(**changes: object) -> str:
    return json.dumps({"submit": [{"messages": [{**DEPOSIT, **changes}]}]})


WRONG_LINES = {
    "no json": ("{", "line 2"),
    "a list": ("[]", "line 2"),
    "null": ("null", "line 2"),
    "an unknown field": ('{"tx": []}', "'tx'"),
    "height goes back": ('{"height": 2}', "'height'"),
    "height jumps": ('{"height": 4}', "'height'"),
    "height is text": ('{"height": "three"}', "'height'"),
    "height below zero": ('{"height": -3}', "'height'"),
    "time goes back": ('{"time": "2024-11-20T00:00:00Z"}', "'time'"),
    "time is a number": ('{"time": 5}', "'time'"),
    "time is nonsense": ('{"time": "later"}', "'time'"),
    "repeat is zero": ('{"repeat": 0}', "'repeat'"),
    "repeat is too large": ('{"repeat": 1000000000000}', "'repeat'"),
    "a repeated absolute time": ('{"repeat": 2, "time": "2025-11-20T00:00:00Z"}', "'time'"),
    "txs and submit": ('{"txs": [], "submit": []}', "'submit'"),
    "submit is an object": ('{"submit": {}}', "'submit'"),
    "a transaction is a number": ('{"submit": [1]}', "'submit[0]'"),
    "a transaction is no base64": ('{"submit": ["%%%"]}', "'submit[0]'"),
    "a transaction without messages": ('{"submit": [{"messages": []}]}', "submit[0].messages"),
    "a transaction of unknown form": ('{"submit": [{"msgs": []}]}', "submit[0]"),
    "an unknown field of a transaction": ('{"submit": [{"messages": [], "tip": 1}]}', "submit[0].tip"),
    "an unknown message": ('{"submit": [{"messages": [{"@type": "/a.b.MsgNo"}]}]}', "/a.b.MsgNo"),
    "a message without type": ('{"submit": [{"messages": [{}]}]}', "submit[0].messages[0]"),
    "an unknown field of a message": (short(amount="1"), "submit[0].messages[0].amount"),
    "an amount that is no number": (short(quote_quantums="ten"), "submit[0].messages[0].quote_quantums"),
    "an amount that is a list": (short(quote_quantums=[]), "submit[0].messages[0].quote_quantums"),
    "a subaccount number below zero": (short(subaccount_id={"owner": ALICE, "number": -1}), "subaccount_id.number"),
    "a fee of no coins": (json.dumps({"submit": [{"messages": [DEPOSIT], "fee": "many"}]}), "submit[0].fee"),
    "a gas limit of 2^64": (
        json.dumps({"submit": [{"messages": [DEPOSIT], "gas_limit": 2**64}]}), "gas_limit",
    ),
    "prices is a list": ('{"prices": []}', "'prices'"),
    "a price below zero": ('{"prices": {"0": -1}}', "'prices.0'"),
    "a price of 2^64": ('{"prices": {"0": "18446744073709551616"}}', "'prices.0'"),
    "a price that is no number": ('{"prices": {"0": "dear"}}', "'prices.0'"),
    "a market that is no number": ('{"prices": {"BTC": 1}}', "'prices.BTC'"),
    "an index price below zero": ('{"index": {"0": -1}}', "'index.0'"),
    "a proposal that is no list": ('{"gov": {}}', "'gov'"),
    "a proposal without type": ('{"gov": [{}]}', "'gov[0]'"),
    "a proposal of an unknown message": ('{"gov": [{"@type": "/a.b.MsgNo"}]}', "/a.b.MsgNo"),
}  # fmt: skip


@pytest.mark.parametrize(("line", "word"), WRONG_LINES.values(), ids=WRONG_LINES.keys())
def test_what_no_block_line_may_be(program: Program, line: str, word: str) -> None:
    program.blocks.write_text("{}\n" + line + "\n")
    program.assert_refused(str(program.blocks), "line 2", word)


def test_a_bad_last_line_is_told_before_anything_runs(program: Program) -> None:
    program.blocks.write_text('{"repeat": 100000000}\n{"height": 3}\n')
    program.assert_refused("line 2", "'height'")


def test_broken_block_files(program: Program) -> None:
    program.blocks.write_bytes(b"\xff\xfe\x00")
    program.assert_refused(str(program.blocks), "UTF-8")
    packed = program.folder / "blocks.jsonl.gz"
    packed.write_bytes(gzip.compress(b"{}\n" * 1000)[:-9])
    program.blocks = packed
    program.assert_refused(str(packed), "gzip")


def test_damaged_expectations(program: Program) -> None:
    earlier = program.folder / "earlier.jsonl"
    for text in ("{\n", "[]\n", "{}\n"):
        earlier.write_text(text)
        code, told = program.replay("--expect", str(earlier))
        assert code == 2
        assert str(earlier) in told
        assert "line 1" in told


@pytest.mark.parametrize("content", [b"", b"\xc1", b"\x81\xa6format\x01"])
def test_a_damaged_home(program: Program, content: bytes) -> None:
    home = program.folder / "home"
    home.mkdir()
    (home / "state.msgpack").write_bytes(content)
    for command in (["dump", "--store", "vault"], ["export"]):
        code, told = program.run(command[0], "--home", str(home), *command[1:])
        assert (code, told.count("\n")) == (2, 1)
        assert str(home) in told
