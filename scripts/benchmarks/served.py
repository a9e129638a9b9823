"""Figures of a served node: its start, queries over gRPC, transactions until they are committed, snapshots.

The node is a process of its own (`vaultsim start`), and so is the load: h2load where it is installed, else a gRPC
client in Python, which takes a core of its own and shows a little less. Times are those of a clock on the wall, so
other work on the machine shows: each load is put on twice and the faster run counts, and the node's CPU time for each
request is told as well.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, Final, NamedTuple

import grpc

from benchmarks.figures import Figure, at_least, at_most, progress, progress_done, say, title
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.live.control import Control
from vaultsim.node.live.node import BlockMode, Node
from vaultsim.node.presets import genesis_path
from vaultsim.pb.cosmos.base.query.v1beta1 import PageRequest
from vaultsim.pb.dydxprotocol.vault import (
    NumShares,
    QueryAllVaultsRequest,
    QueryMegavaultWithdrawalInfoRequest,
    QueryVaultRequest,
)
from vaultsim.pb.runtime import Message

STARTS: Final = 5
TRIES: Final = 2
REQUESTS: Final = 20_000
CONNECTIONS, STREAMS = 8, 4
"""The load: connections, and requests in work on each."""
DEPOSITS: Final = 6_000
SNAPSHOTS: Final = 20
VAULTS: Final = 200
_SERVICE: Final = "/dydxprotocol.vault.Query/"
_FREE_PORTS: Final = ("--grpc", "0", "--rpc", "0", "--lcd", "0", "--indexer", "0")
_CLIENT: Final = Path(__file__).with_name("load.py")
_QUERIES: Final[dict[str, Message]] = {
    "Vault": QueryVaultRequest(type=1, number=7),
    "MegavaultWithdrawalInfo": QueryMegavaultWithdrawalInfoRequest(shares_to_withdraw=NumShares(num_shares=10**9)),
    "AllVaults": QueryAllVaultsRequest(pagination=PageRequest(limit=VAULTS)),
}


class Load(NamedTuple):
    """What a load measured: requests a second, and milliseconds that a half and 99 % of them did not exceed."""

    per_second: float
    p50_ms: float
    p99_ms: float


def report() -> None:
    """Prints the figures of a served node."""
    title(f"Served node, genesis mainnet ({VAULTS} vaults), one process; load by {_load_name()}, {_load_shape()}")
    for figure in starts():
        say(figure)
    for name, flags in (
        ("idle", ("--mode", "manual")),
        ("a block a second", ()),
        ("a block a second, every price moves", ("--prices", "walk:1")),
    ):
        for figure in queries(name, flags):
            say(figure)
    for figure in (*transactions(), *snapshots()):
        say(figure)


# --- the node --------------------------------------------------------------------------------------------------------


class Running(NamedTuple):
    """A node in a process: its gRPC address and process id."""

    target: str
    pid: int

    def cpu_seconds(self) -> float:
        """CPU time of the node so far, 0 where the system does not tell."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        # User and system time are the 14th and 15th field, of which two are left out here.
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(genesis: str, *flags: str) -> Iterator[Running]:
    """A node, once it is ready."""
    command = [sys.executable, "-m", "vaultsim", "start", "--genesis", genesis, *_FREE_PORTS, *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            yield Running(json.loads(process.stdout.readline())["grpc"], process.pid)
        finally:
            process.send_signal(signal.SIGTERM)


def starts() -> list[Figure]:
    """Seconds from the command to the line that says that it can be used, fastest of some."""
    figures = []
    for genesis in ("localnet", "mainnet"):
        seconds = []
        for _ in range(STARTS):
            before = perf_counter()
            with running(genesis):
                seconds.append(perf_counter() - before)
        figures.append(at_most(f"vaultsim start until ready, {genesis}", min(seconds), 1.0, "s"))
    return figures


# --- queries ---------------------------------------------------------------------------------------------------------


def queries(name: str, flags: tuple[str, ...]) -> list[Figure]:
    """Throughput and delay of the vault queries, and what one costs the node."""
    figures = []
    with running("mainnet", *flags) as node:
        for method, request in _QUERIES.items():
            progress(f"{method}, {name}")
            before = node.cpu_seconds()
            loads = [_loaded(node.target, _SERVICE + method, request.encode()) for _ in range(TRIES)]
            micros = (node.cpu_seconds() - before) / TRIES / REQUESTS * 1e6
            load = max(loads)
            is_aimed = method == "Vault"
            figures += [
                Figure(
                    f"{method}, {name}",
                    f"{load.per_second:,.0f}/s",
                    ">= 8,000" if is_aimed else "",
                    load.per_second >= 8_000 if is_aimed else None,
                ),
                Figure(
                    "    p50, p99",
                    f"{load.p50_ms:.2f}, {load.p99_ms:.2f} ms",
                    "<= 10" if is_aimed else "",
                    load.p99_ms <= 10 if is_aimed else None,
                ),
                Figure("    CPU of the node", f"{micros:.0f} µs"),
            ]
    progress_done()
    return figures


def _loaded(target: str, path: str, request: bytes) -> Load:
    with grpc.insecure_channel(target) as channel:
        answer = channel.unary_unary(path)(request, timeout=30)
    if not answer:
        raise SystemExit(f"{path} answers nothing; there is nothing to measure")
    return (_h2load if shutil.which("h2load") else _python_load)(target, path, request, len(answer))


def _h2load(target: str, path: str, request: bytes, answer_bytes: int) -> Load:
    with tempfile.TemporaryDirectory() as folder:
        body, log = Path(folder, "body"), Path(folder, "log")
        # A message on the wire: not compressed, its length, its bytes.
        body.write_bytes(b"\0" + len(request).to_bytes(4, "big") + request)
        command = ["h2load", f"-n{REQUESTS}", f"-c{CONNECTIONS}", f"-m{STREAMS}", "-d", str(body), f"--log-file={log}"]
        command += ["-H", "content-type: application/grpc", "-H", "te: trailers", f"http://{target}{path}"]
        before = perf_counter()
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        seconds = perf_counter() - before
        micros = sorted(int(line.split()[2]) for line in log.read_text().splitlines())
    # h2load takes refusals for answers: their bytes tell.
    if f"{REQUESTS} succeeded" not in told or _data_bytes(told) < REQUESTS * answer_bytes:
        raise SystemExit(f"{path}: not every request was answered:\n{told}")
    return Load(REQUESTS / seconds, micros[REQUESTS // 2] / 1e3, micros[REQUESTS * 99 // 100] / 1e3)


def _data_bytes(told: str) -> int:
    """Out of `traffic: 4.82MB (5055432) total, …, 3.97MB (4160000) data`."""
    line = next(line for line in told.splitlines() if line.startswith("traffic:"))
    return int(line.rpartition("(")[2].partition(")")[0])


def _python_load(target: str, path: str, request: bytes, _: int) -> Load:
    words = [target, path, request.hex(), str(REQUESTS), str(CONNECTIONS), str(STREAMS)]
    return Load(*_client("queries", words))


def _client(job: str, words: list[str]) -> Any:
    told = subprocess.run([sys.executable, str(_CLIENT), job, *words], check=True, capture_output=True, text=True)
    return json.loads(told.stdout)


def _load_name() -> str:
    return "h2load" if shutil.which("h2load") else "a Python client"


def _load_shape() -> str:
    return f"{CONNECTIONS} connections of {STREAMS} requests at a time"


# --- transactions ----------------------------------------------------------------------------------------------------


def transactions() -> list[Figure]:
    """Signed deposits through BroadcastTx, from the first one sent to the block that has the last one."""
    progress("deposits")
    with running("mainnet", "--block-time", "250ms") as node:
        before = node.cpu_seconds()
        per_second = [_client("deposits", [node.target, str(DEPOSITS)]) for _ in range(TRIES)]
        micros = (node.cpu_seconds() - before) / TRIES / DEPOSITS * 1e6
    progress_done()
    name = f"{DEPOSITS:,} signed deposits, BroadcastTx to commit"
    return [at_least(name, max(per_second), 1_500, "txs/s"), Figure("    CPU of the node", f"{micros:.0f} µs")]


# --- snapshots -------------------------------------------------------------------------------------------------------


def snapshots() -> list[Figure]:
    """Milliseconds to take a snapshot, and to go back to it after a block in which every price moved."""
    node = Node(read_genesis(genesis_path("mainnet")), block_mode=BlockMode.MANUAL)
    control = Control(node)
    _move_prices(node)
    taken, gone_back = [], []
    for _ in range(SNAPSHOTS):
        before = perf_counter()
        snapshot = control.snapshot()
        taken.append(perf_counter() - before)
        _move_prices(node)
        before = perf_counter()
        control.revert(snapshot)
        gone_back.append(perf_counter() - before)
    return [
        at_most(f"snapshot, {VAULTS} vaults", min(taken) * 1e3, 10, "ms"),
        at_most("revert after a block in which every price moved", min(gone_back) * 1e3, 10, "ms"),
    ]


def _move_prices(node: Node) -> None:
    up: Callable[[int], int] = lambda price: price * 101 // 100  # noqa: E731
    node.set_prices({market: up(price) for market, price in node.chain.index_prices.items()})
    node.produce_block()
