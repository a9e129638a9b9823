"""Recorded runs sent to a served node as clients send them: what it checks, executes and stores is the chain's."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import grpc
import httpx
import pytest

from tests.vectors.recorded import FOLDER, Comparison, Line, Rows, is_compared, lines
from vaultsim.node.live.node import BlockMode, Node
from vaultsim.pb.cosmos.tx.v1beta1 import BroadcastMode, BroadcastTxRequest, BroadcastTxResponse
from vaultsim.rpc.server import RunningNode, run_in_thread


class Wire:
    """A manual node from its doors: transactions over gRPC and JSON-RPC in turn, the rest as control's JSON."""

    def __init__(self, running: RunningNode, http: httpx.Client, channel: grpc.Channel) -> None:
        assert running.rpc is not None
        self.url = running.rpc.url
        self.http = http
        self.broadcast = channel.unary_unary("/cosmos.tx.v1beta1.Service/BroadcastTx")
        self.sent = 0

    def send(self, tx_base64: str) -> Line:
        self.sent += 1
        if self.sent % 2:
            checked: Line = self.rpc("broadcast_tx_sync", tx=tx_base64)
        else:
            request = BroadcastTxRequest(tx_bytes=base64.b64decode(tx_base64), mode=BroadcastMode.BROADCAST_MODE_SYNC)
            answer = BroadcastTxResponse.decode(self.broadcast(request.encode(), timeout=30)).tx_response
            assert answer is not None
            checked = {"code": answer.code, "codespace": answer.codespace, "log": answer.raw_log, "hash": answer.txhash}
        assert checked["hash"] == hashlib.sha256(base64.b64decode(tx_base64)).hexdigest().upper()
        return checked

    def make_block(self, line: Line) -> None:
        self.control("set_next_block_time", time=line["time"])
        if line.get("prices"):
            prices = [{"market_id": int(market), "price": price} for market, price in line["prices"].items()]
            self.control("set_prices", prices=prices)
        if line.get("gov"):
            self.control("execute_as_authority", messages=line["gov"])
        else:
            self.control("advance_blocks")

    def results(self, height: int) -> list[Line]:
        found = self.rpc("block_results", height=str(height))["txs_results"]
        return [{**tx, **{name: int(tx[name]) for name in ("gas_wanted", "gas_used")}} for tx in found]

    def block(self, height: int) -> Any:
        return self.rpc("block", height=str(height))["block"]

    def rows(self, store: str) -> Rows:
        found: Rows = {}
        start = ""
        while True:
            page = self.control("dump_store", store=store, start=start, limit=10_000)
            found |= {_hex(row["key"]): _hex(row["value"]) for row in page["rows"]}
            start = page["next"]
            if not start:
                return found

    def rpc(self, method: str, **params: Any) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = self.http.post(self.url, json=body).json()
        assert "error" not in answer, answer
        return answer["result"]

    def control(self, verb: str, **fields: Any) -> Any:
        reply = self.http.post(f"{self.url}/control/{verb}", json=fields)
        assert reply.status_code == 200, reply.text
        return reply.json()


def _hex(in_base64: str | None) -> str:
    return base64.b64decode(in_base64 or "").hex()


def sdk_logs(results: list[Line]) -> list[str | None]:
    """The texts that clients read: those of the SDK. Those of the chain's own modules are our words."""
    return [result.get("log") if result.get("codespace") == "sdk" else None for result in results]


@pytest.mark.parametrize("name", ["ledger", "book", "takers", "liquidation", "admin"])
def test_a_node_that_is_sent_a_recorded_run_does_what_the_chain_did(name: str) -> None:
    folder = FOLDER / name
    node = Node.from_file(folder / "genesis.json.gz", block_mode=BlockMode.MANUAL)
    comparison = Comparison()
    state: dict[str, Rows] = {}
    with (
        run_in_thread(node) as running,
        httpx.Client(trust_env=False, timeout=30) as http,
        grpc.insecure_channel(running.grpc.target if running.grpc else "") as channel,
    ):
        wire = Wire(running, http, channel)
        submitted = lines(folder / "submit.jsonl.gz")
        for want in lines(folder / "expected.jsonl.gz"):
            for store, rows in want.pop("changes").items():
                state.setdefault(store, {}).update(rows)
            if want["height"] == 1:
                continue
            line = next(submitted)
            checks = [wire.send(tx) for tx in line["submit"]]
            wire.make_block(line)
            ours = wire.results(want["height"])
            # What CheckTx says of gas is no part of a broadcast's answer.
            check = [{**one, "gas_wanted": 0, "gas_used": 0} for one in want.pop("check", [])]
            comparison.block({**want, "check": check}, {"height": want["height"], "check": checks, "txs": ours})
            assert (sdk_logs(checks), sdk_logs(ours)) == (sdk_logs(check), sdk_logs(want["txs"]))
            assert wire.block(want["height"])["header"]["time"] == want["time"]
        assert comparison.differences == []
        for store, rows in state.items():
            chain = {key: value for key, value in rows.items() if value is not None and is_compared(store, key)}
            assert {key: value for key, value in wire.rows(store).items() if is_compared(store, key)} == chain, store
