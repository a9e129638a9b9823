"""Recorded ABCI queries of the real chain, asked again over a node's gRPC and JSON-RPC doors.

`python -m tests.vectors.responses FOLDER NAME ...` does it for recorded runs anywhere.
"""

from __future__ import annotations

import base64
import json
import sys
import urllib.request
from pathlib import Path
from typing import Any, Final, NamedTuple

import grpc

from tests.vectors.recorded import lines
from vaultsim.node.block_lines import read_block_lines
from vaultsim.node.live.clock import BlockClock
from vaultsim.node.live.node import BlockMode, Node
from vaultsim.node.run_line import run_line
from vaultsim.rpc.server import RunningNode, run_in_thread

Answer = tuple[int, str, bytes]
"""Code and codespace as ABCI has them, and the response's bytes."""
_STATUS_OF_CODE: Final = {
    6: (grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL),
    18: (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION),
    22: (grpc.StatusCode.NOT_FOUND,),
    111222: (grpc.StatusCode.INTERNAL,),
}
"""How a code of the recorded ABCI answers shows over gRPC."""


class Recorded(NamedTuple):
    """One recorded query."""

    path: str
    request: bytes
    code: int
    codespace: str
    log: str
    value: bytes


def recorded_queries(folder: Path) -> list[Recorded]:
    """The queries at the end of a recorded run; none where none were recorded."""
    found: list[Recorded] = []
    if not (folder / "responses.jsonl.gz").exists():
        return found
    for line in lines(folder / "responses.jsonl.gz"):
        request, value = (base64.b64decode(line.get(name) or "") for name in ("data", "value"))
        found.append(
            Recorded(line["path"], request, line["code"], line.get("codespace") or "", line.get("log") or "", value)
        )
    return found


def node_after(folder: Path) -> Node:
    """A node at the end of a recorded run, executed block by block as given."""
    genesis, blocks = (
        next(path for path in (folder / f"{name}.gz", folder / name) if path.exists())
        for name in ("genesis.json", "blocks.jsonl")
    )
    node = Node.from_file(genesis, clock=BlockClock())
    node.block_mode = BlockMode.MANUAL
    for line in read_block_lines(blocks):
        run_line(node.chain, line)
    return node


def differences(folder: Path) -> list[str]:
    """Every query whose answer over gRPC or JSON-RPC is not the recorded one, as a readable text."""
    queries = recorded_queries(folder)
    assert queries, f"{folder} has no recorded queries"
    found: list[str] = []
    with run_in_thread(node_after(folder)) as running:
        with grpc.insecure_channel(running.grpc.target if running.grpc else "") as channel:
            for query in queries:
                found += _over_grpc(channel, query)
        for query in queries:
            found += _over_json_rpc(running, query)
    return found


def _over_grpc(channel: Any, query: Recorded) -> list[str]:
    call = channel.unary_unary(query.path)
    try:
        value, status = call(query.request, timeout=30), grpc.StatusCode.OK
    except grpc.RpcError as failure:
        value, status = b"", failure.code()
    allowed = _STATUS_OF_CODE[query.code] if query.code else (grpc.StatusCode.OK,)
    if value != query.value or status not in allowed:
        return [_text("gRPC", query, f"{status} {value.hex()}")]
    return []


def _over_json_rpc(running: RunningNode, query: Recorded) -> list[str]:
    params = {"path": query.path, "data": query.request.hex(), "prove": False}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "abci_query", "params": params}).encode()
    assert running.rpc is not None
    request = urllib.request.Request(
        f"http://{running.rpc.target}/", body, {"content-type": "application/json"}, method="POST"
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as reply:
        answer = json.load(reply)["result"]["response"]
    got = (answer.get("code", 0), answer.get("codespace") or "", base64.b64decode(answer.get("value") or ""))
    if got != (query.code, query.codespace, query.value) or (answer.get("log") or "") != query.log:
        return [_text("JSON-RPC", query, f"{got} {answer.get('log')!r}")]
    return []


def _text(door: str, query: Recorded, got: str) -> str:
    want = f"{query.code} {query.codespace} {query.log!r} {query.value.hex()}"
    return f"{door} {query.path} {query.request.hex()}\n    chain {want[:600]}\n    ours  {got[:600]}"


def main(folder: Path, names: list[str]) -> int:
    """Asks the queries of each named run; tells how many are equal."""
    failed = 0
    for name in names:
        if not recorded_queries(folder / name):
            print(f"{name}: no queries were recorded")  # noqa: T201
            continue
        found = differences(folder / name)
        print(f"{name}: {'all equal' if not found else f'{len(found)} differ, the first:'}")  # noqa: T201
        if found:
            failed = 1
            print(found[0])  # noqa: T201
    return failed


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
