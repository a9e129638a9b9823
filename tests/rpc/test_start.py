"""`vaultsim start`, as a program: what it prints, how it ends, which flags it takes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.genesis.runs import ROOT
from vaultsim.cli.main import main
from vaultsim.cli.progress import Silent
from vaultsim.cli.serving import recorder_of, run
from vaultsim.cli.settings import NodeSettings, price_source, started_node
from vaultsim.errors import ChainHalted, UserError
from vaultsim.node.chain import Chain
from vaultsim.node.live.control import Control
from vaultsim.node.live.node import Node
from vaultsim.node.replay import ReplayOptions, run_replay
from vaultsim.node.times import NANOSECONDS, format_time
from vaultsim.pb.cosmos.base.tendermint.v1beta1 import GetLatestBlockResponse
from vaultsim.pb.dydxprotocol.vault import QueryAllVaultsResponse
from vaultsim.rpc.server import ServerOptions

FREE_PORTS = ["--grpc", "0", "--rpc", "0", "--lcd", "0", "--indexer", "0"]
AS_MODULE = [sys.executable, "-m", "vaultsim"]
AS_SCRIPT = [str(Path(sys.executable).with_name("vaultsim"))]
LATEST_BLOCK = "/cosmos.base.tendermint.v1beta1.Service/GetLatestBlock"


class Program:
    """`vaultsim start` in a process of its own, ready."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.ready: dict[str, Any] = json.loads(process.stdout.readline())

    def ask(self, path: str) -> bytes:
        with grpc.insecure_channel(self.ready["grpc"]) as channel:
            answer: bytes = channel.unary_unary(path)(b"", timeout=30)
        return answer

    def end(self, by: signal.Signals) -> tuple[int, str, str]:
        """Exit code, and what it wrote since it was ready: to standard output, to standard error."""
        self.process.send_signal(by)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


@contextmanager
def started(*flags: str, command: list[str] = AS_MODULE) -> Iterator[Program]:
    pipe = subprocess.PIPE
    words = [*command, "start", *FREE_PORTS, *flags]
    with subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True, cwd=ROOT.parent) as process:
        try:
            yield Program(process)
        finally:
            process.kill()


def settings(**others: Any) -> NodeSettings:
    fields: dict[str, Any] = {
        "genesis": "localnet",
        "chain_id": None,
        "mode": "manual",
        "block_time_ns": NANOSECONDS,
        "clock": "wall",
        "genesis_time": None,
        "prices": "static",
        "keep_blocks": 10,
        "keep_heights": 10,
    }
    return NodeSettings(**{**fields, **others})


def refusal(*flags: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What the program says about flags that it must refuse, with exit code 2."""
    monkeypatch.setattr(sys, "argv", ["vaultsim", "start", *flags])
    with pytest.raises(SystemExit) as left:
        main()
    out, err = capsys.readouterr()
    assert (left.value.code, out) == (2, "")
    return err


# --- the program -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "ended_by"), [(AS_MODULE, signal.SIGTERM), (AS_SCRIPT, signal.SIGINT)], ids=["module", "script"]
)
def test_it_tells_its_addresses_in_one_line_answers_and_ends_at_a_signal(
    command: list[str], ended_by: signal.Signals
) -> None:
    with started("--genesis", "mainnet", "--block-time", "50ms", command=command) as program:
        ready = program.ready
        assert list(ready) == ["ready", "chain_id", "height", "grpc", "rpc", "lcd", "indexer"]
        assert (ready["ready"], ready["chain_id"], ready["height"]) == (True, "localdydxprotocol", 1)
        assert all(ready[door].startswith("http://127.0.0.1:") for door in ("rpc", "lcd", "indexer"))
        vaults = json.loads((ROOT / "genesis/mainnet/genesis.json").read_text())["app_state"]["vault"]["vaults"]
        answer = QueryAllVaultsResponse.decode(program.ask("/dydxprotocol.vault.Query/AllVaults"))
        assert len(answer.vaults) == min(len(vaults), 100)
        code, out, err = program.end(ended_by)
    assert (code, out) == (0, "")
    assert "stopped after block" in err
    assert "Traceback" not in err


def test_a_node_ends_without_complaint_although_clients_hold_their_connections() -> None:
    upgrade = (
        b"GET /websocket HTTP/1.1\r\nHost: node\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    idle = b"GET /status HTTP/1.1\r\nHost: node\r\n\r\n"
    half = b"POST / HTTP/1.1\r\nHost: node\r\nContent-Length: 100\r\n\r\n{"
    with started("--mode", "manual") as program, ExitStack() as held:
        for door, words in (("grpc", b""), ("rpc", upgrade), ("rpc", idle), ("rpc", half), ("lcd", half)):
            host, _, port = program.ready[door].removeprefix("http://").rpartition(":")
            connection = held.enter_context(closing(socket.create_connection((host, int(port)), timeout=30)))
            connection.sendall(words)
            if words in (upgrade, idle):
                assert connection.recv(8) == b"HTTP/1.1"
        channel = held.enter_context(grpc.insecure_channel(program.ready["grpc"]))
        watch = channel.unary_stream("/grpc.health.v1.Health/Watch")(b"")
        held.callback(watch.cancel)
        next(watch)
        code, _, err = program.end(signal.SIGTERM)
    assert code == 0
    assert [line for line in err.splitlines() if " INFO " not in line] == []


def test_a_port_in_use_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = str(other.getsockname()[1])
        told = refusal(*FREE_PORTS, "--grpc", port, monkeypatch=monkeypatch, capsys=capsys)
    assert told == (f"vaultsim: --grpc: port {port} of 127.0.0.1 is in use; give another one, or 0 for any free port\n")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--grpc", "nine"], ["--grpc", "'nine'", "HOST:PORT"]),
        (["--indexer", "127.0.0.1:70000"], ["--indexer", "65535"]),
        (["--block-time", "0s"], ["--block-time", "1ms"]),
        (["--block-time", "fast"], ["--block-time", "'fast'", '"250ms"']),
        (["--genesis", "nowhere"], ["nowhere", "localnet", "mainnet"]),
        (["--genesis-time", "soon"], ["--genesis-time", "'soon'", "such as 2024"]),
        (["--chain-id", ""], ["--chain-id", "1 to 50"]),
        (["--chain-id", "x" * 51], ["--chain-id", "1 to 50"]),
    ],
)
def test_a_flag_that_makes_no_sense_is_told_in_one_sentence(
    flags: list[str], words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = refusal(*FREE_PORTS, *flags, monkeypatch=monkeypatch, capsys=capsys)
    assert told.startswith("vaultsim: ")
    assert told.count("\n") == 1
    assert [word for word in words if word not in told] == []


@pytest.mark.parametrize("flags", [["--mode", "often"], ["--clock", "sand"], ["--max-connections", "0"], ["--nothing"]])
def test_a_choice_that_there_is_not_is_told(
    flags: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert flags[0] in refusal(*FREE_PORTS, *flags, monkeypatch=monkeypatch, capsys=capsys)


# --- chain id and time -----------------------------------------------------------------------------------------------


def test_the_chain_id_can_be_chosen() -> None:
    with started("--chain-id", "dydx-testnet-4", "--no-rpc", "--no-lcd", "--no-indexer") as program:
        assert program.ready["chain_id"] == "dydx-testnet-4"
        assert [program.ready[door] for door in ("rpc", "lcd", "indexer")] == [None, None, None]
        block = GetLatestBlockResponse.decode(program.ask(LATEST_BLOCK)).block
        assert block is not None
        assert block.header.chain_id == "dydx-testnet-4"


def test_by_the_wall_clock_a_fresh_chain_begins_now() -> None:
    before = time.time_ns()
    assert before <= started_node(settings()).time_ns <= time.time_ns()


def test_in_steps_a_chain_begins_at_its_documents_time_and_is_the_same_in_every_run() -> None:
    document = json.loads((ROOT / "genesis/localnet/genesis.json").read_text())
    nodes = [started_node(settings(clock="steps", block_time_ns=NANOSECONDS // 2)) for _ in range(2)]
    assert format_time(nodes[0].time_ns) == document["genesis_time"]
    digests = []
    for node in nodes:
        records = [node.produce_block() for _ in range(4)]
        assert records[-1].time_ns - node.document.time_ns == 2 * NANOSECONDS
        digests.append([record.app_hash for record in records])
    assert digests[0] == digests[1]


def test_the_first_time_can_be_given() -> None:
    node = started_node(settings(genesis_time="2031-02-03T04:05:06.5Z"))
    assert format_time(node.time_ns) == "2031-02-03T04:05:06.5Z"


def test_an_exported_chain_keeps_its_own_time(tmp_path: Path) -> None:
    node = started_node(settings(clock="steps"))
    node.produce_block()
    file = tmp_path / "export.json"
    file.write_text(json.dumps(Control(node).export().to_json()))
    assert started_node(settings(genesis=str(file))).time_ns == node.time_ns
    with pytest.raises(UserError, match=r"--genesis-time: .*export\.json goes on"):
        started_node(settings(genesis=str(file), genesis_time="now"))


# --- prices and records ----------------------------------------------------------------------------------------------


def test_prices_can_walk_from_a_seed() -> None:
    paths = []
    for seed in (1, 1, 2):
        node = started_node(settings(clock="steps", prices=f"walk:{seed}"))
        for _ in range(5):
            node.produce_block()
        paths.append(dict(node.chain.index_prices))
    assert paths[0] == paths[1] != paths[2]


@pytest.mark.parametrize(("word", "market"), [("csv:", 0), ("csv:1:", 1)])
def test_a_market_can_follow_recorded_closes(word: str, market: int, tmp_path: Path) -> None:
    file = tmp_path / "closes.csv"
    file.write_text("close\n100\n150\n75\n")
    node = started_node(settings(prices=f"{word}{file}"))
    began = dict(node.chain.index_prices)
    for factor in (1.5, 0.75):
        node.produce_block()
        assert {**began, market: int(began[market] * factor)} == node.chain.index_prices


def test_prices_can_follow_a_file(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    file.write_text('{"0": 4242000000}')
    node = started_node(settings(prices=f"follow:{file}"))
    node.produce_block()
    assert node.chain.index_prices[0] == 4_242_000_000


@pytest.mark.parametrize(
    "text", ["", "still", "walk", "walk:", "walk:-1", "walk:x", "csv:", "follow:", f"walk:{2**64}"]
)
def test_what_is_no_source_of_prices_is_told(text: str) -> None:
    with pytest.raises(UserError, match=r"--prices: .* is none of static, walk:SEED"):
        price_source(text)


def test_a_file_of_prices_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "closes.csv"
    file.write_text("close\n100\nmany\n")
    with pytest.raises(UserError, match=r"closes\.csv, line 3: 'many' is no price"):
        price_source(f"csv:{file}")


def test_a_recorded_node_can_be_replayed(tmp_path: Path) -> None:
    node = started_node(settings(genesis_time="2031-02-03T04:05:06Z", prices="walk:5", chain_id="recorded"))
    recorder = recorder_of(node, tmp_path / "run")
    for _ in range(4):
        node.produce_block()
    recorder.close()
    options = ReplayOptions(genesis=tmp_path / "run/genesis.json", blocks=tmp_path / "run/blocks.jsonl")
    summary = run_replay(options, Silent()).summary
    assert (summary.height, summary.app_hash) == (5, node.app.store.app_hash.hex())


def test_a_record_does_not_overwrite_another(tmp_path: Path) -> None:
    recorder_of(started_node(settings()), tmp_path).close()
    with pytest.raises(UserError, match=r"--record: .*genesis\.json is there already"):
        recorder_of(started_node(settings()), tmp_path)


# --- a chain that halts ----------------------------------------------------------------------------------------------


def test_a_halted_chain_answers_queries_and_ends_with_the_halt(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def halt(chain: Chain, *_: Any, **__: Any) -> Any:
        raise ChainHalted("block 2: a hook panicked")

    node = started_node(settings(mode="interval"))
    monkeypatch.setattr(Chain, "propose_block", halt)
    heights: list[int] = []
    asking = threading.Thread(target=_ask_when_halted, args=(node, capfd, heights))
    asking.start()
    with pytest.raises(ChainHalted, match="after block 1: block 2: a hook panicked"):
        run(node, ServerOptions.on_free_ports(block_time_ns=1_000_000))
    asking.join()
    assert heights == [1]


def _ask_when_halted(node: Node, capfd: pytest.CaptureFixture[str], heights: list[int]) -> None:
    """Reads the ready line, waits for the halt, asks for the last block, ends the program."""
    wait = threading.Event()
    ready = ""
    while not ready.endswith("\n") or node.halted is None:
        wait.wait(0.01)
        ready += capfd.readouterr().out
    with grpc.insecure_channel(json.loads(ready)["grpc"]) as channel:
        block = GetLatestBlockResponse.decode(channel.unary_unary(LATEST_BLOCK)(b"", timeout=30)).block
    if block is not None:
        heights.append(block.header.height)
    os.kill(os.getpid(), signal.SIGTERM)
