"""Real nodes for the clients: `vaultsim start` in a process of its own, on free ports."""

from __future__ import annotations

import json
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

START_SECONDS = 30
STOP_SECONDS = 20


class NodeFailed(Exception):
    """A node that did not start, did not stop, or complained: what it said."""


@contextmanager
def running_node(*flags: str, genesis: str = "localnet") -> Iterator[dict[str, Any]]:
    """A node, as the addresses of its doors that it printed. Raises NodeFailed, also when it does not end well."""
    doors = [word for door in ("grpc", "rpc", "lcd", "indexer") for word in (f"--{door}", "127.0.0.1:0")]
    command = [sys.executable, "-m", "vaultsim", "start", "--genesis", genesis, *doors, *flags]
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, stdin=subprocess.DEVNULL)
        try:
            yield {**_announced(process, complaints), "pid": process.pid}
            _end(process, complaints)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _announced(process: subprocess.Popen[bytes], complaints: Any) -> dict[str, Any]:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
    line = process.stdout.readline() if ready else b""
    try:
        found: dict[str, Any] = json.loads(line)
    except json.JSONDecodeError:
        raise NodeFailed(f"the node printed {line!r} and not its addresses; {_said(complaints)}") from None
    return found


def _end(process: subprocess.Popen[bytes], complaints: Any) -> None:
    if process.poll() is not None:
        raise NodeFailed(f"the node ended by itself with {process.returncode}; {_said(complaints)}")
    process.send_signal(signal.SIGTERM)
    try:
        code = process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        raise NodeFailed(f"the node goes on {STOP_SECONDS} s after SIGTERM; {_said(complaints)}") from None
    said = _said(complaints)
    if code != 0 or "Traceback" in said:
        raise NodeFailed(f"the node ended with {code}; {said}")


def _said(complaints: Any) -> str:
    complaints.seek(0)
    text = complaints.read().strip()
    return f"it said:\n{text[-3000:]}" if text else "it said nothing"
