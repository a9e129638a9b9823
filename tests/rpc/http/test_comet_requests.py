"""JSON-RPC by POST and by URI: envelopes, arguments, errors. Expected shapes: CometBFT 0.38, client-surfaces §1.2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.rpc.http.served import Served, served


@pytest.fixture(scope="module")
def shared() -> Iterator[Served]:
    """A served node with three blocks that no test changes."""
    with served(limits={"request_bytes": 20_000}) as one:
        one.chain.advance(blocks=2)
        yield one


@pytest.mark.parametrize("request_id", [123_456_789_012, "abc", 0, "", -5])
def test_the_id_comes_back_as_it_was_sent(shared: Served, request_id: Any) -> None:
    reply = shared.post({"jsonrpc": "2.0", "id": request_id, "method": "health", "params": {}})
    assert reply.status_code == 200
    assert reply.json() == {"jsonrpc": "2.0", "id": request_id, "result": {}}


def test_a_batch_is_answered_in_order_without_its_notifications(shared: Served) -> None:
    reply = shared.post(
        [
            {"jsonrpc": "2.0", "id": 1, "method": "health"},
            {"jsonrpc": "2.0", "method": "health"},
            {"jsonrpc": "2.0", "id": "two", "method": "nothing"},
        ]
    )
    assert [one["id"] for one in reply.json()] == [1, "two"]
    assert reply.json()[1]["error"] == {"code": -32601, "message": "Method not found"}


def test_a_batch_of_more_than_ten_is_refused_as_a_whole(shared: Served) -> None:
    reply = shared.post([{"jsonrpc": "2.0", "id": one, "method": "health"} for one in range(11)])
    error = reply.json()["error"]
    assert (error["code"], error["message"]) == (-32600, "Invalid Request")
    assert error["data"] == "batch request exceeds maximum (10) allowed number of requests"


def test_a_lone_notification_has_an_empty_answer(shared: Served) -> None:
    reply = shared.post({"jsonrpc": "2.0", "method": "health"})
    assert (reply.status_code, reply.content) == (200, b"")


@pytest.mark.parametrize(
    "body",
    [b"{", b"\x00\xff", b"5", b'"x"', b"[5]", b'{"id": true, "method": "health"}', b'{"id": 1, "method": 5}'],
)
def test_what_is_no_request_is_a_parse_error_with_status_200(shared: Served, body: bytes) -> None:
    reply = shared.client.post(shared.rpc_url, content=body)
    assert reply.status_code == 200
    assert reply.json()["error"]["code"] == -32700
    assert reply.json()["error"]["message"] == "Parse error. Invalid JSON"


def test_deep_nesting_is_a_parse_error(shared: Served) -> None:
    body = b'{"id":1,"method":"health","params":' + b"[" * 9_000 + b"]" * 9_000 + b"}"
    assert shared.client.post(shared.rpc_url, content=body).json()["error"]["code"] == -32700


def test_a_body_above_the_limit_is_413_before_it_is_read(shared: Served) -> None:
    reply = shared.client.post(shared.rpc_url, content=b"x" * 20_001)
    assert reply.status_code == 413
    assert reply.json()["error"]["data"] == "the request body is larger than 20000 bytes"
    chunked = shared.client.post(shared.rpc_url, content=(b"x" * 5_000 for _ in range(5)))
    assert chunked.status_code == 413


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("no_such_method", {}, -32601),
        ("subscribe", {"query": "tm.event='Tx'"}, -32601),
        ("block", {"height": "x"}, -32602),
        ("block", {"height": ["1"]}, -32602),
        ("block", {"height": "99999999999999999999"}, -32602),
        ("block", ["1", "2"], -32602),
        ("block", "1", -32602),
        ("tx", {"hash": "not base64!"}, -32602),
        ("abci_query", {"path": "/x", "data": "0xzz"}, -32602),
        ("abci_query", {"path": "/x", "prove": "yes"}, -32602),
        ("block", {"height": "0"}, -32603),
        ("block", {"height": "-1"}, -32603),
        ("block", {"height": "4"}, -32603),
    ],
)
def test_errors_have_the_codes_of_json_rpc_and_status_200(
    shared: Served, method: str, params: object, code: int
) -> None:
    reply = shared.post({"jsonrpc": "2.0", "id": 7, "method": method, "params": params})
    assert (reply.status_code, reply.json()["id"], reply.json()["error"]["code"]) == (200, 7, code)


@pytest.mark.parametrize("params", [{"height": "2"}, {"height": 2}, ["2"]])
def test_arguments_go_by_name_or_by_place_as_text_or_numbers(shared: Served, params: object) -> None:
    reply = shared.post({"jsonrpc": "2.0", "id": 1, "method": "block", "params": params})
    assert reply.json()["result"]["block"]["header"]["height"] == "2"


@pytest.mark.parametrize("value", ["", "?height=3", '?height="3"'])
def test_a_uri_takes_bare_and_quoted_numbers_and_answers_with_id_minus_one(shared: Served, value: str) -> None:
    reply = shared.uri(f"/block{value}")
    assert (reply.status_code, reply.json()["id"]) == (200, -1)
    assert reply.json()["result"]["block"]["header"]["height"] == "3"


def test_a_uri_takes_text_in_quotes_and_bytes_as_hexadecimal_digits(shared: Served) -> None:
    path = "/abci_query?path=%22/dydxprotocol.vault.Query/MegavaultTotalShares%22"
    # num_shares = 0: field 1 of field 1, SerializableInt 02.
    assert shared.uri(f"{path}&data=0x").json()["result"]["response"]["value"] == "CgMSAQI="
    assert shared.uri(f"{path}&data=0xff").json()["result"]["response"]["code"] != 0


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nothing", 404, -32601),
        ("/block/5", 404, -32601),
        ("/%2e%2e/%00", 404, -32601),
        ("/block?height=abc", 500, -32602),
        ("/block?height=0x05", 500, -32602),
        ("/abci_query?path=/unquoted", 500, -32602),
        ("/block?height=77", 500, -32603),
    ],
)
def test_errors_of_a_uri_have_cometbfts_status(shared: Served, path: str, status: int, code: int) -> None:
    reply = shared.uri(path)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)


def test_the_root_lists_what_may_be_asked(shared: Served) -> None:
    listed = shared.uri("/").json()["methods"]
    assert "/status" in listed
    assert "/tx_search?query=_&prove=_&page=_&per_page=_&order_by=_" in listed


def test_a_page_of_another_origin_may_ask(shared: Served) -> None:
    origin = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    reply = shared.client.options(shared.rpc_url, headers=origin)
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "POST" in reply.headers["access-control-allow-methods"]
