"""Unmodified official clients, each in its own environment and process, against running nodes.

Prints a line per call. Exit code 1 when one of them failed, or when a client could not be run at all.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))

from interop.environments import LOCKS, Environment, Unavailable, node_environment, python_environment
from interop.nodes import NodeFailed, running_node

from vaultsim.testing.accounts import NAMED, address_of, private_key_of

MARK = "@call "
SCENARIO_SECONDS = 240


class Client(NamedTuple):
    """A client, its environment, its script, the node it meets, and the door it uses if there is a choice."""

    name: str
    title: str
    environment: str
    script: str
    flags: tuple[str, ...]
    url: str = ""


INTERVAL = ("--block-time", "200ms")
INSTANT = ("--mode", "instant")
CLIENTS = (
    Client("dydx", "dydx-v4-client 1.1.5, gRPC", "dydx", "dydx_calls.py", INTERVAL),
    Client("cosmpy", "cosmpy 0.12.2, gRPC", "cosmpy", "cosmpy_calls.py", INTERVAL, "grpc+http://{grpc}"),
    Client("cosmpy-rest", "cosmpy 0.12.2, REST", "cosmpy", "cosmpy_calls.py", INTERVAL, "rest+{lcd}"),
    Client(
        "cosmpy-instant", "cosmpy 0.12.2, gRPC, instant", "cosmpy", "cosmpy_calls.py", INSTANT, "grpc+http://{grpc}"
    ),
    Client("js", "v4-client-js 3.6.0, CometBFT RPC", "js", "js_calls.cjs", INTERVAL),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "clients", nargs="*", metavar="CLIENT", help="some of: " + ", ".join(one.name for one in CLIENTS)
    )
    asked = parser.parse_args()
    unknown = sorted(set(asked.clients) - {one.name for one in CLIENTS})
    if unknown:
        parser.error(f"no client named {unknown[0]}; there are {', '.join(one.name for one in CLIENTS)}")
    chosen = [one for one in CLIENTS if not asked.clients or one.name in asked.clients]
    problems = [problem for client in chosen for problem in _met(client)]
    print()
    for problem in problems:
        print(f"FAILED  {problem}")
    print(f"{len(problems)} of the clients' calls failed" if problems else "every call of every client went well")
    sys.exit(1 if problems else 0)


def _met(client: Client) -> list[str]:
    """Runs one client against one node; returns what went wrong."""
    print(f"\n{client.title}", flush=True)
    started = time.monotonic()
    try:
        environment = _environment(client.environment)
        with running_node(*client.flags) as doors:
            told, problems = _run(client, environment, _config(client, doors))
    except (Unavailable, NodeFailed) as problem:
        return [f"{client.name}: {problem}"]
    print(f"  {told} calls, {len(problems)} failed, {time.monotonic() - started:.1f} s", flush=True)
    return problems


def _environment(name: str) -> Environment:
    return node_environment(name) if name == "js" else python_environment(name)


def _config(client: Client, doors: dict[str, Any]) -> dict[str, Any]:
    accounts: dict[str, dict[str, str]] = {
        one.name: {"address": one.address, "mnemonic": one.mnemonic} for one in NAMED[:2]
    }
    accounts["operator"] = {"address": address_of("operator"), "key": private_key_of("operator").hex()}
    return {
        **doors,
        "url": client.url.format(**doors),
        "accounts": accounts,
        "stranger": address_of("nobody has this name"),
    }


def _run(client: Client, environment: Environment, config: dict[str, Any]) -> tuple[int, list[str]]:
    """How many calls were told, and what went wrong."""
    process = subprocess.Popen(
        [*environment.command, str(LOCKS / client.script), json.dumps(config)],
        env=dict(environment.variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
    )
    with _Limit(process, SCENARIO_SECONDS) as limit:
        told, other = _told(process)
        code = process.wait()
    problems = [f"{client.name}: {one['call']}: {one['note']}" for one in told if "call" in one and not one["ok"]]
    if limit.is_over:
        problems.append(f"{client.name}: not done after {SCENARIO_SECONDS} s")
    elif {"done": True} not in told or code != bool(problems):
        problems.append(f"{client.name}: ended with {code} before it was done:\n{other[-3000:]}")
    return sum("call" in one for one in told), problems


def _told(process: subprocess.Popen[str]) -> tuple[list[dict[str, Any]], str]:
    """The lines that were meant for us, shown as they come, and the others."""
    told: list[dict[str, Any]] = []
    other: list[str] = []
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            if line.startswith(MARK):
                told.append(json.loads(line.removeprefix(MARK)))
                _show(told[-1])
            else:
                other.append(line)
    return told, "".join(other)


def _show(call: dict[str, Any]) -> None:
    if "call" in call:
        print(
            f"  {'ok    ' if call['ok'] else 'FAILED'} {call['ms']:6} ms  {call['call']:<72} {call['note']}", flush=True
        )


class _Limit:
    """Kills a process that takes too long."""

    def __init__(self, process: subprocess.Popen[str], seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._end)
        self._process = process
        self.is_over = False

    def _end(self) -> None:
        self.is_over = True
        self._process.kill()

    def __enter__(self) -> _Limit:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


if __name__ == "__main__":
    main()
