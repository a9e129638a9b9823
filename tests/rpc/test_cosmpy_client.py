"""cosmpy, in a process of its own, against a node served by this one: the calls of tests/interop, over two doors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import msgspec
import pytest

from tests.genesis.runs import ROOT
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.live.clock import BlockClock, ClockMode
from vaultsim.node.live.node import BlockMode, Node
from vaultsim.rpc.server import RunningNode, ServerOptions, run_in_thread
from vaultsim.testing.accounts import ALICE, BOB, address_of

SCRIPT = ROOT / "tests" / "interop" / "cosmpy_calls.py"
MARK = "@call "


def url(running: RunningNode, door: str) -> str:
    address = getattr(running, door)
    return f"grpc+http://{address.target}" if door == "grpc" else f"rest+{address.url}"


@pytest.mark.parametrize("door", ["grpc", "lcd"])
def test_every_call_of_cosmpy_goes_well(door: str) -> None:
    shipped = read_genesis(ROOT / "genesis" / "localnet" / "genesis.json")
    document = msgspec.structs.replace(shipped, time_ns=time.time_ns())
    node = Node(document, clock=BlockClock(ClockMode.WALL), block_mode=BlockMode.INSTANT)
    with run_in_thread(node, ServerOptions.on_free_ports()) as running:
        accounts = {one.name: {"address": one.address, "mnemonic": one.mnemonic} for one in (ALICE, BOB)}
        config = {
            "chain_id": node.chain_id,
            "url": url(running, door),
            "accounts": accounts,
            "stranger": address_of("nobody has this name"),
        }
        kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        ran = subprocess.run(
            [sys.executable, "-I", str(SCRIPT), json.dumps(config)],
            env={**kept, "no_proxy": "127.0.0.1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    told = [json.loads(line.removeprefix(MARK)) for line in ran.stdout.splitlines() if line.startswith(MARK)]
    assert [f"{one['call']}: {one['note']}" for one in told if not one.get("ok", True)] == []
    assert ran.returncode == 0, ran.stderr
    assert told[-1] == {"done": True}
    assert len(told) > 20
