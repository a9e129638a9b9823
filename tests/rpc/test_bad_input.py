"""Garbage for every served method, and transactions of every broken kind: a status each, and the node goes on."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
from collections.abc import Iterator

import grpc
import pytest

from tests.genesis.runs import ROOT
from tests.rpc.grpc_client import Client, connected
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.live.node import BlockMode, Node
from vaultsim.pb.cosmos.authz.v1beta1 import MsgExec
from vaultsim.pb.cosmos.bank.v1beta1 import MsgSend
from vaultsim.pb.cosmos.base.query.v1beta1 import PageRequest
from vaultsim.pb.cosmos.base.v1beta1 import Coin
from vaultsim.pb.cosmos.tx.v1beta1 import (
    BroadcastMode,
    BroadcastTxRequest,
    BroadcastTxResponse,
    SimulateRequest,
    TxBody,
    TxRaw,
)
from vaultsim.pb.dydxprotocol.subaccounts import QueryAllSubaccountRequest, QueryGetSubaccountRequest
from vaultsim.pb.google.protobuf import Any
from vaultsim.pb.registry import pack
from vaultsim.pb.runtime import replace
from vaultsim.rpc.broadcast import Broadcaster
from vaultsim.rpc.failures import GrpcCode, RequestFailed
from vaultsim.rpc.server import RunningNode, run_in_thread
from vaultsim.rpc.services.all import method_table
from vaultsim.rpc.table import MethodTable
from vaultsim.testing.accounts import ALICE, BOB
from vaultsim.testing.keys import signed_tx
from vaultsim.x.assets.types import USDC_DENOM

GENESIS = ROOT / "genesis" / "localnet" / "genesis.json"
BROADCAST = "/cosmos.tx.v1beta1.Service/BroadcastTx"
SIMULATE = "/cosmos.tx.v1beta1.Service/Simulate"
SHARES = "/dydxprotocol.vault.Query/MegavaultTotalShares"
SYNC = BroadcastMode.BROADCAST_MODE_SYNC
SEND = MsgSend(from_address=ALICE.address, to_address=BOB.address, amount=(Coin(denom=USDC_DENOM, amount="5"),))
# What a request may be refused with when it is the request's fault, or when a module's answer panics as on the chain.
REFUSALS = {
    GrpcCode.INVALID_ARGUMENT,
    GrpcCode.NOT_FOUND,
    GrpcCode.UNKNOWN,
    GrpcCode.INTERNAL,
    GrpcCode.UNIMPLEMENTED,
    GrpcCode.FAILED_PRECONDITION,
}


@pytest.fixture(scope="module")
def node() -> Node:
    return Node(read_genesis(GENESIS), block_mode=BlockMode.MANUAL)


@pytest.fixture(scope="module")
def table(node: Node) -> MethodTable:
    return method_table(node, Broadcaster(node), with_control=False)


@pytest.fixture(scope="module")
def running() -> Iterator[RunningNode]:
    with run_in_thread(Node(read_genesis(GENESIS), block_mode=BlockMode.MANUAL)) as found:
        for _ in range(3):
            found.call(found.node.produce_block)
        yield found


@pytest.fixture(scope="module")
def client(running: RunningNode) -> Iterator[Client]:
    with connected(running) as found:
        yield found


@pytest.fixture(autouse=True)
def no_bug_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a client sends, it is never our bug."""
    yield
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def garbage(path: str) -> list[bytes]:
    """Bytes that are no request, or a nonsensical one; always the same for a path."""
    drawn = random.Random(hashlib.sha256(path.encode()).digest())
    ten_ones = b"\xff" * 10
    return [
        b"\x00",
        b"\xff",
        b"\x08",
        b"\x08" + ten_ones + b"\x01",
        b"\x0a\xff\xff\xff\xff\x0f",
        b"\x0a\x02\xc3\x28",
        b"\x08" + b"\xff" * 9 + b"\x01\x10" + b"\xff" * 9 + b"\x01",
        b"\x0a\x00\x12\x00\x1a\x00\x22\x00\x2a\x00",
        b"\x0b" * 5_000,
        b"\x0a" + b"\xd0\x0f" + b"\x0a" * 2_000,
        *(drawn.randbytes(drawn.randrange(1, 60)) for _ in range(8)),
    ]


def test_garbage_is_refused_by_every_method_or_answered(table: MethodTable) -> None:
    async def ask_all() -> list[str]:
        wrong = []
        for path in table.paths():
            for request in garbage(path):
                try:
                    await asyncio.wait_for(table.ask(path, request), 5)
                except RequestFailed as refused:
                    if refused.status not in REFUSALS or "bug" in refused.text:
                        wrong.append(f"{path} {request[:20].hex()}: {refused.status.name} {refused.text}")
        return wrong

    assert asyncio.run(ask_all()) == []
    assert len(table.paths()) > 100


@pytest.mark.parametrize(
    "page",
    [
        PageRequest(limit=2**64 - 1, count_total=True),
        PageRequest(offset=2**64 - 1, limit=1),
        PageRequest(offset=2**64 - 1, limit=2**64 - 1, reverse=True),
        PageRequest(key=b"\xff" * 1_000, limit=3),
        PageRequest(key=b"\x00", reverse=True),
        PageRequest(key=b"x", offset=1),
    ],
)
def test_pages_without_sense_cost_nothing(client: Client, page: PageRequest) -> None:
    path = "/dydxprotocol.subaccounts.Query/SubaccountAll"
    request = QueryAllSubaccountRequest(pagination=page).encode()
    if page.key and page.offset:
        assert client.refusal(path, request)[0] in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.UNKNOWN)
    else:
        assert len(client.ask(path, request).raw) < 2_000


@pytest.mark.parametrize("height", ["-1", "-9223372036854775808", "9223372036854775807", "1" * 30, "0x1", "1e3", "one"])
def test_heights_that_are_none_are_refused(client: Client, height: str) -> None:
    status, text = client.refusal(SHARES, b"", height)
    assert status is grpc.StatusCode.INVALID_ARGUMENT
    assert "height" in text


def test_unknown_and_mangled_paths_are_unimplemented(client: Client) -> None:
    for path in (
        "/",
        "//",
        "/a/b",
        SHARES + "/",
        SHARES.lower(),
        "/dydxprotocol.vault.Msg/AllocateToVault",
        "/" + "x" * 5_000,
    ):
        assert client.refusal(path)[0] is grpc.StatusCode.UNIMPLEMENTED, path


def test_a_request_above_the_limit_is_exhausting(client: Client) -> None:
    request = BroadcastTxRequest(tx_bytes=bytes(5 * 1024 * 1024), mode=SYNC).encode()
    assert client.refusal(BROADCAST, request)[0] is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert client.ask(SHARES)


def test_remembered_answers_are_bounded(node: Node) -> None:
    table = MethodTable(node, remembered_answers=50)
    path = "/dydxprotocol.subaccounts.Query/Subaccount"
    requests = [QueryGetSubaccountRequest(owner=ALICE.address, number=number).encode() for number in range(500)]

    async def ask_twice() -> list[bytes]:
        return [(await table.ask(path, request)).raw for request in requests * 2]

    answers = asyncio.run(ask_twice())
    assert answers[:500] == answers[500:]
    assert table.remembered == 50


# --- transactions ---------------------------------------------------------------------------------------------------


def sent(client: Client, raw: bytes) -> tuple[str, int]:
    """Codespace and code that a transaction gets, or the status that its broadcast gets."""
    try:
        reply = client.ask(BROADCAST, BroadcastTxRequest(tx_bytes=raw, mode=SYNC).encode())
    except grpc.RpcError as refused:
        return (refused.code().name, 0)
    answer = BroadcastTxResponse.decode(reply.raw).tx_response
    assert answer is not None
    return (answer.codespace, answer.code)


def signed(*, sequence: int = 0, chain_id: str = "localdydxprotocol", **more: int | str) -> bytes:
    return signed_tx(SEND, by="alice", chain_id=chain_id, account_number=0, sequence=sequence, **more)  # type: ignore[arg-type]


def with_body(body: bytes) -> bytes:
    return replace(TxRaw.decode(signed()), body_bytes=body).encode()


def nested(depth: int) -> TxBody:
    """Messages in messages: MsgExec in MsgExec in …"""
    inner = pack(SEND)
    for _ in range(depth):
        inner = pack(MsgExec(grantee=ALICE.address, msgs=(inner,)))
    return TxBody(messages=(inner,))


def nested_anys(depth: int) -> bytes:
    """An Any whose value claims to be an Any, and so on, where a message should be."""
    value = b""
    for _ in range(depth):
        value = Any(type_url="/google.protobuf.Any", value=value).encode()
    return TxBody(messages=(Any(type_url="/google.protobuf.Any", value=value),)).encode()


def nested_keys(depth: int) -> bytes:
    """A multisignature key of a multisignature key of …, as the signer."""
    key = b""
    for _ in range(depth):
        key = b"\x08\x01\x12" + _length(key) + key
        key = Any(type_url="/cosmos.crypto.multisig.LegacyAminoPubKey", value=key).encode()
    signer = b"\x0a" + _length(key) + key + b"\x12\x04\x0a\x02\x08\x01"
    auth_info = b"\x0a" + _length(signer) + signer
    return replace(TxRaw.decode(signed()), auth_info_bytes=auth_info).encode()


def _length(raw: bytes) -> bytes:
    size, out = len(raw), b""
    while size > 127:
        out += bytes([size & 127 | 128])
        size >>= 7
    return out + bytes([size])


BROKEN = {
    "nothing": b"",
    "one byte": b"\x0a",
    "zeros": bytes(1_000),
    "text": b"transfer everything to me, please",
    "half of one": signed()[:150],
    "more than one": signed() + b"\x22\x01x",
    "no messages": with_body(TxBody().encode()),
    "an unknown message": with_body(TxBody(messages=(Any(type_url="/no.Such", value=b"x"),)).encode()),
    "a message without a name": with_body(TxBody(messages=(Any(type_url="", value=b""),)).encode()),
    "a query as message": with_body(
        TxBody(messages=(Any(type_url="/dydxprotocol.vault.QueryParamsRequest"),)).encode()
    ),
    "a broken message": with_body(TxBody(messages=(Any(type_url=SEND.TYPE_URL, value=b"\x0a\xff"),)).encode()),
    "5,000 messages": with_body(TxBody(messages=(pack(SEND),) * 5_000).encode()),
    "a long memo": signed(memo="m" * 300),
    "too large": signed(memo="m" * 1_048_600),
    "messages 9 deep": with_body(nested(9).encode()),
    "messages 3,000 deep": with_body(nested(3_000).encode()),
    "Anys 5,000 deep": with_body(nested_anys(5_000)),
    "keys 2,000 deep": nested_keys(2_000),
    "no signature": replace(TxRaw.decode(signed()), signatures=()).encode(),
    "two signatures": replace(TxRaw.decode(signed()), signatures=(b"x" * 64,) * 2).encode(),
    "a short signature": replace(TxRaw.decode(signed()), signatures=(b"x",)).encode(),
    "another chain": signed(chain_id="dydx-mainnet-1"),
    "a sequence to come": signed(sequence=5),
    "the largest sequence": signed(sequence=2**64 - 1),
    "no fee": signed(fee=0),
    "no gas": signed(gas_limit=0),
    "the largest gas": signed(gas_limit=2**64 - 1),
    "a fee beyond all money": signed(fee=10**30),
    "a height that is over": signed(timeout_height=1),
    "a fee too low": signed(fee=1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_transaction_is_refused(client: Client, running: RunningNode, name: str) -> None:
    before = running.call(running.node.app.store.fingerprint)
    codespace, code = sent(client, BROKEN[name])
    assert (codespace in ("sdk", "undefined") and code > 0) or codespace in (
        "INVALID_ARGUMENT",
        "UNKNOWN",
        "RESOURCE_EXHAUSTED",
        "INTERNAL",
    )
    assert running.call(running.node.waiting_txs) == []
    assert running.call(running.node.app.store.fingerprint) == before


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_transaction_is_not_simulated(client: Client, name: str) -> None:
    # What is not looked at in a simulation may be broken: signatures, fees, chain id.
    with contextlib.suppress(grpc.RpcError):
        client.ask(SIMULATE, SimulateRequest(tx_bytes=BROKEN[name]).encode())
    assert client.ask(SHARES)


def test_every_flipped_byte_of_a_transaction_is_noticed(client: Client, running: RunningNode) -> None:
    raw = signed()
    for position in range(0, len(raw), 2):
        mutated = raw[:position] + bytes([raw[position] ^ 0x11]) + raw[position + 1 :]
        codespace, code = sent(client, mutated)
        assert (codespace, code) != ("", 0), position
    assert running.call(running.node.waiting_txs) == []


def test_a_transaction_is_taken_once() -> None:
    fresh = Node(read_genesis(GENESIS), block_mode=BlockMode.MANUAL)
    with run_in_thread(fresh) as running, connected(running) as client:
        raw = signed()
        assert sent(client, raw) == ("", 0)
        assert sent(client, raw) == ("sdk", 19)
        record = running.call(running.node.produce_block)
        assert [result.code for result in record.results][:1] == [0]
        assert sent(client, raw) == ("sdk", 19)
        # Not remembered any more, but its sequence is used up.
        running.call(running.node.blocks.cut_after, 0)
        mutated = replace(TxRaw.decode(raw), signatures=(TxRaw.decode(raw).signatures[0][::-1],)).encode()
        assert sent(client, mutated) == ("sdk", 32)
