"""The REST door. Expected: grpc-gateway 1.16 and the SDK's REST server, client-surfaces §1.4."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.rpc.http.served import Served, send, served
from vaultsim.pb.cosmos.tx.v1beta1 import Tx
from vaultsim.testing.accounts import ALICE, BOB
from vaultsim.x.assets.types import USDC_DENOM

STRANGER = "dydx1c0m5x87llaunl5sgv3q5vd7j5uha26d2q2r2q0"


@pytest.fixture(scope="module")
def shared() -> Iterator[Served]:
    """A served node with two blocks that no test changes."""
    with served(limits={"request_bytes": 20_000}) as one:
        one.block()
        yield one


def refusal(reply: Any) -> tuple[int, int, str]:
    """HTTP status, gRPC code and message of an error, which has nothing else."""
    body = reply.json()
    assert list(body) == ["code", "message", "details"]
    assert body["details"] == []
    return reply.status_code, body["code"], body["message"]


def test_every_served_method_with_a_route_is_found_under_it(shared: Served) -> None:
    routes = shared.lcd("/").json()["routes"]
    assert len(routes) > 100
    for route in routes:
        path = re.sub(r"\{[^}]*\}", "0", route["path"])
        reply = shared.client.request(route["verb"], shared.lcd_url + path)
        assert reply.status_code != 501 or reply.json()["message"] != "Not Implemented", route
        assert reply.headers["content-type"] == "application/json"


def test_an_account_comes_unpacked_behind_its_type(shared: Served) -> None:
    reply = shared.lcd(f"/cosmos/auth/v1beta1/accounts/{ALICE.address}")
    assert reply.status_code == 200
    assert reply.json() == {
        "account": {
            "@type": "/cosmos.auth.v1beta1.BaseAccount",
            "address": ALICE.address,
            "pub_key": None,
            "account_number": "0",
            "sequence": "0",
        }
    }
    assert reply.headers["grpc-metadata-x-cosmos-block-height"] == "2"


@pytest.mark.parametrize("denom", [USDC_DENOM, quote(USDC_DENOM, safe="")])
def test_a_denomination_with_a_slash_goes_into_the_query(shared: Served, denom: str) -> None:
    reply = shared.lcd(f"/cosmos/bank/v1beta1/balances/{ALICE.address}/by_denom?denom={denom}")
    assert reply.json() == {"balance": {"denom": USDC_DENOM, "amount": "1000000000000"}}


@pytest.mark.parametrize("denom", [USDC_DENOM, quote(USDC_DENOM, safe="")])
def test_a_denomination_with_a_slash_may_end_a_path(shared: Served, denom: str) -> None:
    status, code, message = refusal(shared.lcd(f"/cosmos/bank/v1beta1/denoms_metadata/{denom}"))
    assert (status, code) == (404, 5)
    assert USDC_DENOM in message


def test_enums_in_a_path_go_by_name_or_number(shared: Served) -> None:
    by_name = shared.lcd("/dydxprotocol/vault/vault/VAULT_TYPE_CLOB/0").json()
    assert by_name == shared.lcd("/dydxprotocol/vault/vault/1/0").json()
    assert by_name["vault_id"] == {"type": "VAULT_TYPE_CLOB", "number": 0}
    assert by_name["vault_params"]["status"] == "VAULT_STATUS_QUOTING"
    # 64-bit integers and SerializableInt are text, smaller ones are numbers, an empty list is a list.
    assert by_name["equity"] == "0"
    assert by_name["vault_params"]["quoting_params"]["layers"] == 3
    assert by_name["vault_params"]["quoting_params"]["activation_threshold_quote_quantums"] == "1000000000"
    assert by_name["most_recent_client_ids"] == []


def test_pages_are_asked_for_with_dotted_names_and_a_key_in_base64(shared: Served) -> None:
    path = "/dydxprotocol/clob/clob_pair?pagination.limit=3&pagination.count_total=true"
    first = shared.lcd(path).json()
    assert [pair["id"] for pair in first["clob_pair"]] == [0, 1, 2]
    assert first["pagination"]["total"] == "4"
    key = first["pagination"]["next_key"]
    for text in (quote(key, safe=""), base64.urlsafe_b64encode(base64.b64decode(key)).decode(), key):
        second = shared.lcd(f"/dydxprotocol/clob/clob_pair?pagination.key={text}").json()
        assert [pair["id"] for pair in second["clob_pair"]] == [3]
        assert second["pagination"]["next_key"] is None
    backwards = shared.lcd("/dydxprotocol/clob/clob_pair?pagination.reverse=true&pagination.limit=1").json()
    assert backwards["clob_pair"][0]["id"] == 3


def test_a_huge_limit_is_not_refused(shared: Served) -> None:
    reply = shared.lcd(f"/dydxprotocol/clob/clob_pair?pagination.limit={2**64 - 1}&pagination.count_total=1")
    assert len(reply.json()["clob_pair"]) == 4


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/cosmos/base/tendermint/v1beta1/blocks/abc", "height"),
        ("/dydxprotocol/clob/clob_pair?pagination.limit=-1", "pagination.limit"),
        ("/dydxprotocol/clob/clob_pair?pagination.limit=18446744073709551616", "pagination.limit"),
        ("/dydxprotocol/clob/clob_pair?pagination.reverse=maybe", "pagination.reverse"),
        ("/dydxprotocol/clob/clob_pair?pagination.key=%21%21", "pagination.key"),
        ("/dydxprotocol/vault/vault/VAULT_TYPE_NONE/0", "type"),
    ],
)
def test_a_value_that_does_not_fit_names_its_parameter(shared: Served, path: str, field: str) -> None:
    status, code, message = refusal(shared.lcd(path))
    assert (status, code) == (400, 3)
    assert message.startswith(f"type mismatch, parameter: {field}, error: ")


def test_a_field_cannot_have_two_values_and_unknown_parameters_are_not_looked_at(shared: Served) -> None:
    path = "/dydxprotocol/clob/clob_pair?pagination.limit=1"
    assert refusal(shared.lcd(f"{path}&pagination.limit=2"))[:2] == (400, 3)
    assert shared.lcd(f"{path}&_=1&no.such=2&pagination=3&pagination.limit.x=4").status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"/cosmos/auth/v1beta1/accounts/{STRANGER}", 404, 5),
        ("/cosmos/tx/v1beta1/txs/" + "AB" * 32, 404, 5),
        ("/dydxprotocol/vault/vault/1/77", 404, 5),
        ("/cosmos/auth/v1beta1/accounts/nobody", 400, 3),
        ("/cosmos/base/tendermint/v1beta1/blocks/99", 400, 3),
        ("/no/such/path", 501, 12),
        ("/cosmos", 501, 12),
        ("/cosmos/bank/v1beta1/params/more", 501, 12),
    ],
)
def test_errors_have_the_status_of_their_code(shared: Served, path: str, status: int, code: int) -> None:
    assert refusal(shared.lcd(path))[:2] == (status, code)


def test_a_transaction_that_is_not_there_says_so_in_the_words_that_clients_wait_for(shared: Served) -> None:
    assert re.search(r"tx.*not found", refusal(shared.lcd("/cosmos/tx/v1beta1/txs/" + "AB" * 32))[2])


def test_another_verb_than_the_routes_is_not_allowed(shared: Served) -> None:
    assert refusal(shared.lcd("/cosmos/tx/v1beta1/simulate")) == (501, 12, "Method Not Allowed")
    put = shared.client.put(f"{shared.lcd_url}/cosmos/bank/v1beta1/params")
    assert refusal(put) == (501, 12, "Method Not Allowed")
    assert shared.client.head(f"{shared.lcd_url}/cosmos/bank/v1beta1/params").status_code == 200


TRICKS = [
    "/../../etc/passwd",
    "/cosmos/../../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "//",
    "/cosmos//bank/v1beta1/params",
    "/cosmos/bank/v1beta1/params/",
    "/cosmos/bank/v1beta1/%00",
    "/cosmos/auth/v1beta1/accounts/%00",
    "/cosmos/auth/v1beta1/accounts/%ff%fe",
    "/cosmos/auth/v1beta1/accounts/..%2f..%2fparams",
    "/cosmos/auth/v1beta1/accounts/" + "a" * 20_000,
    "/" + "a/" * 10_000,
    "/cosmos/bank/v1beta1/params?" + "&".join(f"a{one}=1" for one in range(2_000)),
    "*",
]


@pytest.mark.parametrize("target", TRICKS, ids=range(len(TRICKS)))
def test_path_tricks_get_a_clean_refusal(shared: Served, target: str) -> None:
    address = shared.running.lcd
    assert address is not None
    with socket.create_connection(address, timeout=20) as raw:
        raw.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        reply = b""
        while part := raw.recv(65_536):
            reply += part
    status = int(reply.split(b" ", 2)[1])
    assert status in (400, 404, 501)
    assert b"Traceback" not in reply


def test_a_height_is_chosen_by_either_header(door: Served) -> None:
    path = f"/cosmos/bank/v1beta1/balances/{BOB.address}/by_denom?denom={USDC_DENOM}"
    door.chain.submit(send(7), signer=ALICE)
    door.block()
    assert door.lcd(path).json()["balance"]["amount"] == "1000000000007"
    for header in ("x-cosmos-block-height", "Grpc-Metadata-X-Cosmos-Block-Height"):
        older = door.lcd(path, **{header: "1"})
        assert older.json()["balance"]["amount"] == "1000000000000"
        assert older.headers["grpc-metadata-x-cosmos-block-height"] == "1"
    assert door.lcd(path, **{"x-cosmos-block-height": "0"}).json()["balance"]["amount"] == "1000000000007"
    for wrong in ("99", "-1", "abc", "9" * 30):
        assert refusal(door.lcd(path, **{"x-cosmos-block-height": wrong}))[:2] == (400, 3)


def test_a_transaction_is_simulated_broadcast_and_found(door: Served) -> None:
    raw = door.chain.signed(send(7), signer=ALICE)
    text = base64.b64encode(raw).decode()
    for body in ({"txBytes": text}, {"tx_bytes": text}, {"tx": Tx.decode(raw).to_json()}):
        simulated = door.client.post(f"{door.lcd_url}/cosmos/tx/v1beta1/simulate", json=body)
        assert int(simulated.json()["gas_info"]["gas_used"]) > 0
    body = {"txBytes": text, "mode": "BROADCAST_MODE_SYNC"}
    told = door.client.post(f"{door.lcd_url}/cosmos/tx/v1beta1/txs", json=body).json()["tx_response"]
    tx_hash = hashlib.sha256(raw).hexdigest().upper()
    assert (told["code"], told["txhash"]) == (0, tx_hash)
    door.block()
    found = door.lcd(f"/cosmos/tx/v1beta1/txs/{tx_hash}").json()
    assert (found["tx_response"]["height"], found["tx_response"]["code"]) == ("2", 0)
    (message,) = found["tx"]["body"]["messages"]
    assert message == {
        "@type": "/cosmos.bank.v1beta1.MsgSend",
        "from_address": ALICE.address,
        "to_address": BOB.address,
        "amount": [{"denom": USDC_DENOM, "amount": "7"}],
    }


@pytest.mark.parametrize("name", ["shares_to_withdraw", "sharesToWithdraw"])
def test_a_body_takes_both_spellings_of_names(door: Served, name: str) -> None:
    inner = "num_shares" if name.islower() else "numShares"
    reply = door.client.post(f"{door.lcd_url}/dydxprotocol/vault/megavault/withdrawal_info", json={name: {inner: "10"}})
    status, code, message = refusal(reply)
    assert (status, code) == (500, 2)
    assert "10 exceeds total shares 0" in message


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"unknown": 1}', b'{"tx_bytes": 5}', b"[" * 9_000])
def test_a_body_that_is_no_request_is_400(shared: Served, body: bytes) -> None:
    reply = shared.client.post(f"{shared.lcd_url}/cosmos/tx/v1beta1/simulate", content=body)
    assert refusal(reply)[:2] == (400, 3)


def test_a_body_above_the_limit_is_413(shared: Served) -> None:
    reply = shared.client.post(f"{shared.lcd_url}/cosmos/tx/v1beta1/simulate", content=b" " * 20_001)
    assert refusal(reply)[:2] == (413, 8)


def test_a_page_of_another_origin_may_ask(shared: Served) -> None:
    reply = shared.lcd("/cosmos/bank/v1beta1/params", Origin="https://example.org")
    assert reply.headers["access-control-allow-origin"] == "*"
