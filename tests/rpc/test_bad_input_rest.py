"""Paths, parameters and bodies without sense at the HTTP doors: a status and JSON each time, never our bug."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any, NamedTuple

import pytest

from tests.genesis.runs import ROOT
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.live.node import BlockMode, Node
from vaultsim.rpc.server import RunningNode, ServerOptions, run_in_thread
from vaultsim.testing.accounts import ALICE

DOORS = ("rpc", "lcd", "indexer")
BALANCES = f"/cosmos/bank/v1beta1/balances/{ALICE.address}"


class Reply(NamedTuple):
    """Status and body of an answer."""

    status: int
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@pytest.fixture(scope="module")
def running() -> Iterator[RunningNode]:
    node = Node(read_genesis(ROOT / "genesis" / "localnet" / "genesis.json"), block_mode=BlockMode.MANUAL)
    with run_in_thread(node, ServerOptions.on_free_ports()) as found:
        for _ in range(3):
            found.call(node.produce_block)
        yield found


@pytest.fixture(autouse=True)
def no_bug_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a client sends, it is never our bug."""
    yield
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def asked(
    running: RunningNode,
    door: str,
    path: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> Reply:
    address = getattr(running, door)
    connection = HTTPConnection(address.host, address.port, timeout=10)
    try:
        connection.putrequest(method, path, skip_host=False, skip_accept_encoding=True)
        for name, value in {"content-length": str(len(body or b"")), **(headers or {})}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return Reply(answer.status, answer.read().decode("utf-8", "replace"))
    finally:
        connection.close()


PATHS = [
    "/../../etc/passwd",
    "/..%2f..%2f..%2fetc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/....//....//etc/passwd",
    "//",
    "///v4//height",
    "/.",
    "/%00",
    "/%ff%fe",
    "/%zz",
    "/%",
    "/;",
    "/a" * 3_000,
    "/" + "x" * 30_000,
    "/v4/perpetualMarkets/../height",
    "/v4/orderbooks/perpetualMarket/../../../etc/passwd",
    "/v4/orderbooks/perpetualMarket/%2e%2e",
    "/v4/addresses/%2F%2F/subaccountNumber/0",
    f"/v4/addresses/{ALICE.address}/subaccountNumber/-1",
    f"/v4/addresses/{ALICE.address}/subaccountNumber/99999999999999999999",
    f"/v4/addresses/{ALICE.address}/subaccountNumber/0x0",
    f"/v4/addresses/{ALICE.address}/subaccountNumber/%30%20",
    "/v4/addresses/nobody/subaccountNumber/0",
    "/cosmos/bank/v1beta1/balances/../supply",
    "/cosmos/bank/v1beta1/balances/%00",
    "/cosmos/bank/v1beta1/balances/nobody",
    "/cosmos/base/tendermint/v1beta1/blocks/-1",
    "/cosmos/base/tendermint/v1beta1/blocks/99999999999999999999",
    "/cosmos/base/tendermint/v1beta1/blocks/two",
    "/cosmos/tx/v1beta1/txs/zz",
    "/cosmos/tx/v1beta1/txs/" + "ab" * 5_000,
    "/dydxprotocol/vault/vault/VAULT_TYPE_NONE/0",
    "/dydxprotocol/vault/vault/1/-1",
    "/dydxprotocol/vault/vault/VAULT_TYPE_CLOB/4294967296",
    "/dydxprotocol/clob/clob_pair/-0",
    "/control/pause",
    "/control/../status",
]


@pytest.mark.parametrize("door", DOORS)
def test_tricks_in_paths(running: RunningNode, door: str) -> None:
    for path in PATHS:
        reply = asked(running, door, path)
        assert 400 <= reply.status < 600 or reply.status in (200, 301, 307), path
        assert "root:" not in reply.text, path
        assert "bug" not in reply.text, f"{path}: {reply.text}"


QUERIES = [
    "pagination.limit=-1",
    "pagination.limit=99999999999999999999999999",
    "pagination.limit=1e3",
    "pagination.limit=",
    "pagination.key=%25%25%25",
    "pagination.key=AAAA&pagination.offset=3",
    "pagination.reverse=maybe",
    "pagination=5",
    "pagination.pagination.limit=1",
    "pagination.limit.limit=1",
    "no_such_field=1",
    "no.such.field=1",
    "__proto__=1",
    "pagination.limit=1&pagination.limit=2",
    "=&&==&",
    "%00=%00",
    "limit=-1",
    "limit=abc",
    "createdBeforeOrAtHeight=-5",
    "ticker=%00&market=%00",
    "x=" + "y" * 40_000,
    "&".join(f"a{number}=1" for number in range(3_000)),
]


@pytest.mark.parametrize(
    ("door", "path"),
    [
        ("lcd", BALANCES),
        ("lcd", "/dydxprotocol/subaccounts/subaccount"),
        ("lcd", "/dydxprotocol/vault/vault"),
        ("lcd", "/cosmos/tx/v1beta1/txs"),
        ("indexer", "/v4/perpetualMarkets"),
        ("indexer", "/v4/candles/perpetualMarkets/BTC-USD"),
        ("indexer", "/v4/trades/perpetualMarket/BTC-USD"),
        ("indexer", "/v4/fills"),
        ("rpc", "/block"),
        ("rpc", "/tx_search"),
        ("rpc", "/abci_query"),
    ],
)
def test_parameters_without_sense(running: RunningNode, door: str, path: str) -> None:
    for query in QUERIES:
        reply = asked(running, door, f"{path}?{query}")
        assert reply.status in (200, 400, 404, 500), f"{query}: {reply}"
        assert "bug" not in reply.text, f"{query}: {reply.text}"
        assert reply.json is not None


@pytest.mark.parametrize("height", ["-1", "-99999999999999999999", "99999999999999999999", "abc", "1.5", "9", "0x3"])
def test_heights_that_are_none(running: RunningNode, height: str) -> None:
    reply = asked(running, "lcd", BALANCES, headers={"x-cosmos-block-height": height})
    assert reply.status in (400, 500)
    assert "height" in reply.json["message"]
    for method in ("block", "block_results", "validators", "abci_query"):
        said = asked(running, "rpc", f"/{method}?height={height}").json
        assert "error" in said or said["result"]["response"]["code"], f"{method}: {said}"


BODIES = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"[[]]",
    b"3",
    b'"text"',
    b"\xff\xfe",
    b"{}" * 500,
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"jsonrpc":"2.0","id":1,"method":"no_such"}',
    b'{"jsonrpc":"2.0","id":1,"method":"broadcast_tx_sync","params":{"tx":5}}',
    b'{"jsonrpc":"2.0","id":1,"method":"broadcast_tx_sync","params":{"tx":"!!!"}}',
    b'{"jsonrpc":"2.0","id":1,"method":"broadcast_tx_sync","params":["","",""]}',
    b'{"jsonrpc":"2.0","id":1,"method":"abci_query","params":{"path":"/a/b","data":"zz","height":"-1"}}',
    b'{"jsonrpc":"2.0","id":1,"method":"abci_query","params":{"path":"\\u0000","data":""}}',
    b'{"jsonrpc":"2.0","id":1e400,"method":"status"}',
    b'{"jsonrpc":"2.0","id":1,"method":"block","params":{"height":"9223372036854775808"}}',
    b'{"jsonrpc":"2.0","id":1,"method":"block","params":{"height":{"a":1}}}',
    b'{"jsonrpc":"2.0","id":1,"method":"tx","params":{"hash":"AAAA"}}',
    b'{"jsonrpc":"2.0","id":1,"method":"tx_search","params":{"query":"tx.height>","page":"-1","per_page":"1000000"}}',
    b'{"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"query":"tm.event=\'Tx\'"}}',
    b'[{"jsonrpc":"2.0","id":1,"method":"status"}' + b',{"jsonrpc":"2.0","id":1,"method":"status"}' * 50 + b"]",
    b'{"tx_bytes":"AAAA","mode":"BROADCAST_MODE_SYNC"}',
    b'{"txBytes":"AAAA","mode":99}',
    b'{"txBytes":5}',
    b'{"tx":{"body":{"messages":[{"@type":"/no.Such"}]}}}',
    b'{"tx":{"body":{"messages":[{"@type":"/google.protobuf.Any","value":{"@type":"/google.protobuf.Any"}}]}}}',
    b'{"tx":{"body":{"messages":[{"a":1}]}}}',
    b'{"tx":' * 400 + b"1" + b"}" * 400,
]


@pytest.mark.parametrize(
    ("door", "path"),
    [
        ("rpc", "/"),
        ("lcd", "/cosmos/tx/v1beta1/txs"),
        ("lcd", "/cosmos/tx/v1beta1/simulate"),
        ("lcd", "/cosmos/tx/v1beta1/decode"),
        ("rpc", "/control/fund"),
        ("lcd", "/control/execute_as_authority"),
        ("indexer", "/v4/fills"),
    ],
)
def test_bodies_without_sense(running: RunningNode, door: str, path: str) -> None:
    before = running.call(running.node.app.store.fingerprint)
    for body in BODIES:
        reply = asked(running, door, path, method="POST", body=body, headers={"content-type": "application/json"})
        assert reply.status in (200, 400, 404, 405, 500, 501), f"{body[:80]!r}: {reply}"
        assert "bug" not in reply.text, f"{body[:80]!r}: {reply.text}"
    assert running.call(running.node.app.store.fingerprint) == before


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"])
def test_verbs_that_nobody_serves(running: RunningNode, door: str, method: str) -> None:
    reply = asked(running, door, "/v4/height", method=method)
    assert reply.status in (200, 404, 405, 500, 501)
    assert "bug" not in reply.text


@pytest.mark.parametrize("door", DOORS)
def test_random_paths(running: RunningNode, door: str) -> None:
    drawn = random.Random(door)
    alphabet = "/.%?&=;:@-_~ab01$'(*"
    for _ in range(150):
        path = "/" + "".join(drawn.choices(alphabet, k=drawn.randrange(1, 60)))
        reply = asked(running, door, path)
        assert 200 <= reply.status < 600
        assert "bug" not in reply.text, f"{path}: {reply.text}"
