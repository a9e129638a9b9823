"""The command line itself: start-up, exit codes, and mistakes told in one sentence."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from vaultsim.cli.main import main
from vaultsim.errors import ChainHalted, UserError
from vaultsim.node.reports import GenesisReport, GenesisSection, ReplayResult, ReplaySummary, VaultSummary, Watcher

SUMMARY = ReplaySummary(
    chain_id="localnet",
    height=12,
    time="2024-11-21T00:00:11Z",
    app_hash="ab" * 32,
    blocks=11,
    transactions=5,
    failed_transactions=1,
    total_shares=90_000_000,
    megavault_equity_quote_quantums=81_000_000,
    vaults=(
        VaultSummary(
            kind="CLOB",
            number=0,
            market="BTC-USD",
            status="QUOTING",
            equity_quote_quantums=-1_500_000,
            leverage_ppm=-2_345_678,
            orders=4,
        ),
    ),
)

RunReplay = Callable[[SimpleNamespace, Watcher], ReplayResult]
Command = Callable[..., int]


def node_module(monkeypatch: pytest.MonkeyPatch, name: str, **members: object) -> None:
    """Puts a stand-in for `vaultsim.node.<name>` where the command will import it from."""
    module = ModuleType(f"vaultsim.node.{name}")
    vars(module).update(members)
    monkeypatch.setitem(sys.modules, module.__name__, module)


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A genesis and a blocks file that exist; nobody reads them here."""
    genesis, blocks = tmp_path / "genesis.json", tmp_path / "blocks.jsonl"
    genesis.write_text("{}")
    blocks.write_text("")
    return str(genesis), str(blocks)


@pytest.fixture
def vaultsim(monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs the command in this process and gives its exit code."""

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["vaultsim", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        return int(left.value.code or 0)

    signals = (signal.SIGINT, signal.SIGPIPE)
    handlers = [signal.getsignal(number) for number in signals]
    yield run
    for number, handler in zip(signals, handlers, strict=True):
        signal.signal(number, handler)


def replaying(monkeypatch: pytest.MonkeyPatch, run_replay: RunReplay) -> None:
    node_module(monkeypatch, "replay", ReplayOptions=SimpleNamespace, run_replay=run_replay)


def raising(error: Exception) -> RunReplay:
    def run_replay(options: SimpleNamespace, watcher: Watcher) -> ReplayResult:
        raise error

    return run_replay


def test_help_loads_nothing_of_the_chain() -> None:
    code = "import sys; import vaultsim.cli.main; print(*[m for m in sys.modules if m.startswith('vaultsim.')])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert [name for name in loaded.split() if not name.startswith("vaultsim.cli")] == ["vaultsim.errors"]


def test_a_finished_run_prints_its_vaults(
    monkeypatch: pytest.MonkeyPatch, vaultsim: Command, files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    def run_replay(options: SimpleNamespace, watcher: Watcher) -> ReplayResult:
        assert (str(options.genesis), str(options.blocks), options.until, options.strict) == (*files, 12, True)
        watcher.started("localnet", 11)
        for height in range(2, 13):
            watcher.block(height)
        watcher.noted("kept aside: gov")
        return ReplayResult(summary=SUMMARY)

    replaying(monkeypatch, run_replay)
    assert vaultsim("replay", *files, "--until", "12", "--strict") == 0
    printed = capsys.readouterr()
    for text in ("share price  0.900000", "total shares 90,000,000", "-1.500000", "-2.345678", "BTC-USD", "QUOTING"):
        assert text in printed.out
    assert printed.err == "localnet: 11 blocks to run\nkept aside: gov\n"


def test_json_prints_one_value(
    monkeypatch: pytest.MonkeyPatch, vaultsim: Command, files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    import msgspec

    replaying(monkeypatch, lambda options, watcher: ReplayResult(summary=SUMMARY))
    assert vaultsim("replay", *files, "--json") == 0
    assert msgspec.json.decode(capsys.readouterr().out, type=ReplaySummary) == SUMMARY


def test_a_difference_is_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, vaultsim: Command, files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    result = ReplayResult(summary=SUMMARY, difference="block 7: app_hash\n  expected 00\n  now      01")
    replaying(monkeypatch, lambda options, watcher: result)
    assert vaultsim("replay", *files, "--expect", files[1]) == 1
    assert "block 7: app_hash" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UserError("g.json, line 3: expected a number"), 2, "vaultsim: g.json, line 3: expected a number\n"),
        (ChainHalted("height 9: clob"), 3, "vaultsim: the chain halted: height 9: clob\n"),
        (
            PermissionError(13, "Permission denied", "out"),
            2,
            "vaultsim: out: Permission denied; check that the path and its permissions are right\n",
        ),
    ],
)
def test_what_ends_a_run_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    vaultsim: Command,
    files: tuple[str, str],
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    code: int,
    said: str,
) -> None:
    replaying(monkeypatch, raising(error))
    assert vaultsim("replay", *files) == code
    assert capsys.readouterr().err == said


def test_a_bug_of_ours_shows_its_traceback(
    monkeypatch: pytest.MonkeyPatch, vaultsim: Command, files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    replaying(monkeypatch, raising(KeyError("lost")))
    assert vaultsim("replay", *files) == 70
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["replay", "missing.json", "missing.jsonl"], "'missing.json' does not exist"),
        (["replay"], "Missing argument 'GENESIS'"),
        (["replay", "{genesis}", "{blocks}", "--until", "0"], "--until"),
        (["replay", "{genesis}", "{blocks}", "--changes"], "--changes: there is nowhere to write them"),
        (["dump", "--home", "missing", "--store", "vault"], "'missing' does not exist"),
        (["genesis", "check", "missing.json"], "'missing.json' does not exist"),
        (["unknown"], "No such command 'unknown'"),
    ],
)
def test_a_wrong_call_is_exit_code_2_and_no_traceback(
    vaultsim: Command, files: tuple[str, str], capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    genesis, blocks = files
    assert vaultsim(*(text.format(genesis=genesis, blocks=blocks) for text in arguments)) == 2
    printed = capsys.readouterr().err
    assert said in printed
    assert "Traceback" not in printed


def test_dump_prints_hex_rows(
    monkeypatch: pytest.MonkeyPatch, vaultsim: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node_module(
        monkeypatch, "home", stored_rows=lambda home, store, height: iter([(b"\x00", b""), (b"\x01a", b"\xff")])
    )
    assert vaultsim("dump", "--home", str(tmp_path), "--store", "vault") == 0
    assert capsys.readouterr().out == "00 \n0161 ff\n"


def test_export_writes_the_whole_file_or_nothing(
    monkeypatch: pytest.MonkeyPatch, vaultsim: Command, tmp_path: Path
) -> None:
    out = tmp_path / "genesis.json"
    node_module(monkeypatch, "home", export_genesis=lambda home: b"{}\n")
    assert vaultsim("export", "--home", str(tmp_path), "--out", str(out)) == 0
    assert out.read_bytes() == b"{}\n"
    assert list(tmp_path.iterdir()) == [out]


def test_genesis_check_says_every_problem(
    monkeypatch: pytest.MonkeyPatch, vaultsim: Command, files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    report = GenesisReport(
        notes=(),
        chain_id="localnet",
        sections=(GenesisSection(module="vault", holds="2 vaults", simulated=True),),
        problems=("$.app_state.vault.total_shares: expected an amount",),
    )
    node_module(monkeypatch, "genesis_check", check_genesis=lambda file: report)
    assert vaultsim("genesis", "check", files[0]) == 2
    printed = capsys.readouterr().out
    assert "2 vaults" in printed
    assert "$.app_state.vault.total_shares: expected an amount\n1 problem\n" in printed
