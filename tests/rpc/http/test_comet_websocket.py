"""JSON-RPC and subscriptions over the WebSocket. Expected frames: CometBFT 0.38, RPC (subscribe)."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.rpc.http.served import Served, send, served
from vaultsim.testing.accounts import ALICE, BOB


class Socket:
    """A WebSocket client that numbers its requests."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self._id = 0

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """A request; the next frame, which must be its answer."""
        self._id += 1
        self.connection.send(json.dumps({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params}))
        answer = self.next()
        assert answer["id"] == self._id
        return answer

    def next(self) -> dict[str, Any]:
        """The next frame."""
        frame: dict[str, Any] = json.loads(self.connection.recv(timeout=20))
        return frame

    def is_silent(self) -> bool:
        """Whether nothing comes but the answer to a question."""
        return self.ask("health")["result"] == {}


@contextmanager
def connected(door: Served) -> Iterator[Socket]:
    with connect(door.websocket_url, proxy=None, max_size=None) as connection:
        yield Socket(connection)


def test_every_method_works_over_the_socket(door: Served) -> None:
    with connected(door) as client:
        assert client.ask("status")["result"] == door.rpc("status")
        assert client.ask("block", height="1")["result"] == door.rpc("block", height="1")
        assert client.ask("no_such")["error"]["code"] == -32601
        assert client.ask("block", height="x")["error"]["code"] == -32602
        client.connection.send("{")
        assert client.next()["error"]["code"] == -32700
        client.connection.send("[]")
        assert client.next()["error"]["code"] == -32700
        assert client.is_silent()


def test_new_blocks_are_told_with_their_results(door: Served) -> None:
    with connected(door) as client:
        query = "tm.event='NewBlock'"
        assert client.ask("subscribe", query=query) == {"jsonrpc": "2.0", "id": 1, "result": {}}
        door.block()
        frame = client.next()
        assert (frame["jsonrpc"], frame["id"], frame["result"]["query"]) == ("2.0", 1, query)
        assert frame["result"]["data"]["type"] == "tendermint/event/NewBlock"
        value, block = frame["result"]["data"]["value"], door.rpc("block", height="2")
        assert (value["block"], value["block_id"]) == (block["block"], block["block_id"])
        results = door.rpc("block_results", height="2")
        assert value["result_finalize_block"]["tx_results"] == results["txs_results"]
        assert value["result_finalize_block"]["app_hash"] == results["app_hash"]
        assert value["result_finalize_block"]["validator_updates"] is None
        assert frame["result"]["events"]["tm.event"] == ["NewBlock"]


def test_headers_and_block_events_can_be_had_alone(door: Served) -> None:
    with connected(door) as client:
        client.ask("subscribe", query="tm.event='NewBlockHeader'")
        client.ask("subscribe", query="tm.event='NewBlockEvents'")
        door.block()
        header, events = client.next()["result"], client.next()["result"]
        assert header["data"]["type"] == "tendermint/event/NewBlockHeader"
        assert header["data"]["value"] == {"header": door.rpc("header", height="2")["header"]}
        assert events["data"]["type"] == "tendermint/event/NewBlockEvents"
        assert (events["data"]["value"]["height"], events["data"]["value"]["num_txs"]) == ("2", "4")


def test_a_transaction_is_told_to_those_whose_query_it_matches(door: Served) -> None:
    with connected(door) as client, connected(door) as other:
        client.ask("subscribe", query=f"tm.event='Tx' AND transfer.recipient='{BOB.address}'")
        other.ask("subscribe", query=f"tm.event='Tx' AND transfer.recipient='{ALICE.address}' AND transfer.amount>0")
        raw = door.chain.signed(send(7), signer=ALICE)
        door.rpc("broadcast_tx_sync", tx=base64.b64encode(raw).decode())
        door.block()
        result = client.next()["result"]
        assert result["data"]["type"] == "tendermint/event/Tx"
        told = result["data"]["value"]["TxResult"]
        assert (told["height"], told["index"], told["tx"]) == ("2", 1, base64.b64encode(raw).decode())
        # Empty fields are left out here, unlike elsewhere.
        assert sorted(told["result"]) == ["data", "events", "gas_used", "gas_wanted"]
        events = result["events"]
        assert events["tx.hash"] == [hashlib.sha256(raw).hexdigest().upper()]
        assert (events["tx.height"], events["tm.event"]) == (["2"], ["Tx"])
        assert BOB.address in events["transfer.recipient"]
        assert client.is_silent()
        assert other.is_silent()


def test_what_is_unsubscribed_is_told_no_more(door: Served) -> None:
    with connected(door) as client:
        client.ask("subscribe", query="tm.event='NewBlock'")
        client.ask("subscribe", query="tm.event='NewBlockHeader'")
        # Blanks do not make another query.
        assert client.ask("unsubscribe", query="tm.event = 'NewBlock'")["result"] == {}
        door.block()
        assert client.next()["result"]["data"]["type"] == "tendermint/event/NewBlockHeader"
        assert client.ask("unsubscribe_all")["result"] == {}
        door.block()
        assert client.is_silent()
        for method, params in (("unsubscribe_all", {}), ("unsubscribe", {"query": "a.b='c'"})):
            assert client.ask(method, **params)["error"]["data"] == "subscription not found"


def test_bad_subscriptions_are_refused_and_leave_nothing(door: Served) -> None:
    with connected(door) as client:
        assert client.ask("subscribe", query="tm.event=")["error"]["data"].startswith("failed to parse query")
        assert client.ask("subscribe")["error"]["data"].startswith("failed to parse query")
        too_long = "tm.event='" + "x" * 600 + "'"
        assert client.ask("subscribe", query=too_long)["error"]["data"] == "maximum query length exceeded"
        client.ask("subscribe", query="tm.event='NewBlock'")
        assert client.ask("subscribe", query="tm.event='NewBlock'")["error"]["data"] == "already subscribed"


def test_subscriptions_of_one_connection_are_counted() -> None:
    with served(limits={"subscriptions": 2}) as door, connected(door) as client:
        for number in range(2):
            assert client.ask("subscribe", query=f"tx.height={number}")["result"] == {}
        refused = client.ask("subscribe", query="tx.height=2")["error"]
        assert refused["data"] == "max_subscriptions_per_client 2 reached"
        client.ask("unsubscribe", query="tx.height=1")
        assert client.ask("subscribe", query="tx.height=2")["result"] == {}


def test_who_reads_too_slowly_loses_the_subscription_and_others_do_not() -> None:
    with served(limits={"queued_events": 3}) as door, connected(door) as slow, connected(door) as quick:
        slow.ask("subscribe", query="tm.event='NewBlockHeader'")
        quick.ask("subscribe", query="tm.event='NewBlockHeader'")
        # All in one go of the server's loop: nothing can be written meanwhile.
        door.running.call(lambda: [door.running.node.produce_block() for _ in range(5)])
        for height in ("2", "3", "4"):
            assert slow.next()["result"]["data"]["value"]["header"]["height"] == height
        dropped = slow.next()
        assert dropped["id"] == 1
        assert dropped["error"] == {
            "code": -32000,
            "message": "Server error",
            "data": "subscription was canceled (reason: client is not pulling messages fast enough)",
        }
        assert slow.is_silent()
        assert slow.ask("subscribe", query="tm.event='NewBlockHeader'")["result"] == {}
        assert len([quick.next() for _ in range(4)]) == 4


def test_a_client_that_never_reads_holds_up_nobody(door: Served) -> None:
    with connect(door.websocket_url, proxy=None, max_queue=1, close_timeout=0.1) as deaf:
        deaf.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "subscribe", "params": {"query": "tm.event='Tx'"}}))
        for number in range(500):
            deaf.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": "genesis", "params": {}}))
            if number % 100 == 0:
                door.block()
        assert door.rpc("status")["sync_info"]["latest_block_height"] == "6"


def test_a_connection_that_breaks_off_takes_its_subscriptions_along(door: Served) -> None:
    with connect(door.websocket_url, proxy=None) as connection:
        client = Socket(connection)
        client.ask("subscribe", query="tm.event='NewBlock'")
        connection.socket.shutdown(socket.SHUT_RDWR)
    door.block()
    assert door.rpc("status")["sync_info"]["latest_block_height"] == "2"


def test_the_websocket_path_is_no_http_method(door: Served) -> None:
    assert door.uri("/websocket").status_code == 404


@pytest.mark.parametrize("frame", [b"\xff\xfe", b"{}", b'{"id": 1}'])
def test_binary_frames_are_read_as_text_and_refused_as_such(door: Served, frame: bytes) -> None:
    with connected(door) as client:
        client.connection.send(frame)
        assert client.is_silent() if frame == b"{}" else client.next()["error"]["code"] in (-32700, -32601)
