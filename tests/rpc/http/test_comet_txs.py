"""Transactions and queries over the CometBFT door. Expected: client-surfaces §§1.2, 1.5; CometBFT 0.38."""

from __future__ import annotations

import base64
import hashlib
from threading import Thread
from typing import Any

from tests.rpc.http.served import Served, send, served
from vaultsim.node.live.node import BlockMode
from vaultsim.pb.cosmos.auth.v1beta1 import QueryAccountRequest
from vaultsim.pb.cosmos.bank.v1beta1 import QueryBalanceRequest, QueryBalanceResponse
from vaultsim.testing.accounts import ALICE, BOB
from vaultsim.x.assets.types import USDC_DENOM


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def hash_of(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest().upper()


def test_a_transaction_is_broadcast_committed_and_found_by_its_hash(door: Served) -> None:
    raw = door.chain.signed(send(7), signer=ALICE)
    told = door.rpc("broadcast_tx_sync", tx=b64(raw))
    assert told == {"code": 0, "data": "", "log": "[]", "codespace": "", "hash": hash_of(raw)}
    digest = hashlib.sha256(raw).digest()
    assert door.problem("tx", hash=b64(digest)) == (-32603, f"tx ({hash_of(raw)}) not found")
    door.block()
    found = door.rpc("tx", hash=b64(digest))
    assert (found["hash"], found["height"], found["index"], found["tx"]) == (hash_of(raw), "2", 1, b64(raw))
    result = found["tx_result"]
    assert (result["code"], result["log"], result["codespace"]) == (0, "", "")
    assert int(result["gas_wanted"]) >= int(result["gas_used"]) > 0
    told_recipients = [
        attribute
        for event in result["events"]
        for attribute in event["attributes"]
        if (event["type"], attribute["key"]) == ("transfer", "recipient")
    ]
    assert {"key": "recipient", "value": BOB.address, "index": True} in told_recipients
    assert "proof" not in found
    assert door.uri(f"/tx?hash=0x{hash_of(raw)}").json()["result"] == found


def test_a_proof_of_a_transaction_belongs_to_its_blocks_data_hash(door: Served) -> None:
    raw = door.chain.signed(send(7), signer=ALICE)
    door.rpc("broadcast_tx_sync", tx=b64(raw))
    door.block()
    proof = door.rpc("tx", hash=b64(hashlib.sha256(raw).digest()), prove=True)["proof"]
    assert proof["root_hash"] == door.rpc("header", height="2")["header"]["data_hash"]
    assert (proof["data"], proof["proof"]["total"], proof["proof"]["index"]) == (b64(raw), "5", "1")
    leaf = hashlib.sha256(b"\x00" + hashlib.sha256(raw).digest()).digest()
    assert base64.b64decode(proof["proof"]["leaf_hash"]) == leaf
    # Five leaves: beside the second stands the first, then the pair of the next two, then the fifth alone.
    beside, pair, fifth = (base64.b64decode(aunt) for aunt in proof["proof"]["aunts"])
    level = hashlib.sha256(b"\x01" + beside + leaf).digest()
    level = hashlib.sha256(b"\x01" + level + pair).digest()
    assert hashlib.sha256(b"\x01" + level + fifth).hexdigest().upper() == proof["root_hash"]


def test_a_refused_transaction_tells_code_codespace_and_log(door: Served) -> None:
    raw = door.chain.signed(send(7), signer=ALICE, sequence=9)
    told = door.rpc("broadcast_tx_sync", tx=b64(raw))
    assert (told["code"], told["codespace"], told["hash"]) == (32, "sdk", hash_of(raw))
    assert told["log"].startswith("account sequence mismatch, expected 0, got 9")
    garbage = door.rpc("broadcast_tx_sync", tx=b64(b"garbage"))
    assert (garbage["code"], garbage["codespace"]) == (2, "sdk")


def test_async_tells_only_the_hash(door: Served) -> None:
    raw = door.chain.signed(send(7), signer=ALICE, sequence=9)
    told = door.rpc("broadcast_tx_async", tx=b64(raw))
    assert told == {"code": 0, "data": "", "log": "", "codespace": "", "hash": hash_of(raw)}


def test_a_repeat_is_in_the_mempools_cache(door: Served) -> None:
    raw = b64(door.chain.signed(send(7), signer=ALICE))
    door.rpc("broadcast_tx_sync", tx=raw)
    in_cache = (-32603, "tx already exists in cache")
    assert door.problem("broadcast_tx_sync", tx=raw) == in_cache
    assert door.problem("broadcast_tx_async", tx=raw) == in_cache
    assert door.problem("broadcast_tx_commit", tx=raw) == (-32603, f"error on broadcastTxCommit: {in_cache[1]}")
    door.block()
    assert door.problem("broadcast_tx_sync", tx=raw) == in_cache


def test_what_waits_for_a_block_is_listed(door: Served) -> None:
    raws = [door.chain.signed(send(1), signer=ALICE, sequence=one) for one in range(3)]
    for raw in raws:
        door.rpc("broadcast_tx_sync", tx=b64(raw))
    size = str(sum(len(raw) for raw in raws))
    some = door.rpc("unconfirmed_txs", limit="2")
    assert some == {"n_txs": "2", "total": "3", "total_bytes": size, "txs": [b64(raw) for raw in raws[:2]]}
    assert door.rpc("num_unconfirmed_txs") == {"n_txs": "3", "total": "3", "total_bytes": size, "txs": None}
    door.block()
    assert door.rpc("num_unconfirmed_txs")["total"] == "0"


def test_check_tx_does_not_put_a_transaction_into_the_mempool(door: Served) -> None:
    raw = door.chain.signed(send(7), signer=ALICE)
    told = door.rpc("check_tx", tx=b64(raw))
    assert (told["code"], told["codespace"]) == (0, "")
    assert int(told["gas_used"]) > 0
    assert door.rpc("num_unconfirmed_txs")["total"] == "0"


def test_commit_waits_for_the_block(door: Served) -> None:
    raw = door.chain.signed(send(7), signer=ALICE)
    told: list[dict[str, Any]] = []
    asking = Thread(target=lambda: told.append(door.rpc("broadcast_tx_commit", tx=b64(raw))))
    asking.start()
    while door.rpc("num_unconfirmed_txs")["total"] == "0":
        assert asking.is_alive()
    door.block()
    asking.join()
    (answer,) = told
    assert (answer["hash"], answer["height"]) == (hash_of(raw), "2")
    assert answer["check_tx"]["code"] == answer["tx_result"]["code"] == 0
    assert any(event["type"] == "transfer" for event in answer["tx_result"]["events"])


def test_commit_ends_at_once_when_checktx_refuses() -> None:
    with served() as door:
        answer = door.rpc("broadcast_tx_commit", tx=b64(b"garbage"))
        assert (answer["check_tx"]["code"], answer["tx_result"]["code"], answer["height"]) == (2, 0, "0")


def test_commit_gives_up_when_no_block_comes() -> None:
    with served(limits={"commit_seconds": 0.05}) as door:
        raw = b64(door.chain.signed(send(7), signer=ALICE))
        late = (-32603, "timed out waiting for tx to be included in a block")
        assert door.problem("broadcast_tx_commit", tx=raw) == late


def test_commit_finds_its_block_in_instant_mode() -> None:
    with served(BlockMode.INSTANT) as door:
        raw = door.chain.signed(send(7), signer=ALICE)
        assert door.rpc("broadcast_tx_commit", tx=b64(raw))["height"] == "2"


def test_tx_search_finds_transactions_by_their_events(door: Served) -> None:
    for number in range(3):
        raw = door.chain.signed(send(number + 1), signer=ALICE)
        door.rpc("broadcast_tx_sync", tx=b64(raw))
        door.block()
    mine = f"transfer.recipient='{BOB.address}' AND message.action='/cosmos.bank.v1beta1.MsgSend'"
    found = door.rpc("tx_search", query=mine)
    assert (found["total_count"], [one["height"] for one in found["txs"]]) == ("3", ["2", "3", "4"])
    assert [one["height"] for one in door.rpc("tx_search", query=mine, order_by="desc")["txs"]] == ["4", "3", "2"]
    for page in ("2", 2):
        second = door.rpc("tx_search", query=mine, page=page, per_page="2")
        assert (second["total_count"], [one["height"] for one in second["txs"]]) == ("3", ["4"])
    narrowed = door.rpc("tx_search", query=f"{mine} AND tx.height>2 AND tx.height<=3", prove=True)
    assert [one["height"] for one in narrowed["txs"]] == ["3"]
    assert narrowed["txs"][0]["proof"]["root_hash"]
    by_hash = door.rpc("tx_search", query=f"tm.event='Tx' AND tx.hash='{hash_of(raw)}'")
    assert [one["height"] for one in by_hash["txs"]] == ["4"]
    assert door.rpc("tx_search", query="tx.hash='00'")["txs"] == []
    assert door.rpc("tx_search", query="nothing.at_all EXISTS")["total_count"] == "0"


def test_tx_search_tells_what_is_wrong_with_a_request(door: Served) -> None:
    assert door.problem("tx_search", query="tx.height=1", page="5") == (
        -32603,
        "page should be within [1, 1] range, given 5",
    )
    assert door.problem("tx_search", query="")[1].startswith("failed to parse query")
    assert door.problem("tx_search", query="x.y='" + "z" * 600 + "'")[1] == "maximum query length exceeded"
    assert door.problem("tx_search", query="tx.hash='zz'")[1].endswith("expected hexadecimal digits")


def test_abci_query_answers_every_method_by_its_path(door: Served) -> None:
    door.block()
    request = QueryBalanceRequest(address=ALICE.address, denom=USDC_DENOM).encode().hex()
    answer = door.rpc("abci_query", path="/cosmos.bank.v1beta1.Query/Balance", data=request, prove=False)["response"]
    assert (answer["code"], answer["log"], answer["height"]) == (0, "", "2")
    balance = QueryBalanceResponse.decode(base64.b64decode(answer["value"])).balance
    assert balance is not None
    assert (balance.denom, balance.amount) == (USDC_DENOM, "1000000000000")
    proven = door.rpc("abci_query", path="/cosmos.bank.v1beta1.Query/Balance", data=request, prove=True)["response"]
    assert proven["value"] == answer["value"]
    assert proven["log"].startswith("prove is ignored")


def test_abci_query_selects_an_older_height(door: Served) -> None:
    request = QueryBalanceRequest(address=BOB.address, denom=USDC_DENOM).encode().hex()
    path = "/cosmos.bank.v1beta1.Query/Balance"
    before = door.rpc("abci_query", path=path, data=request)["response"]["value"]
    door.chain.submit(send(7), signer=ALICE)
    door.block()
    assert door.rpc("abci_query", path=path, data=request)["response"]["value"] != before
    older = door.rpc("abci_query", path=path, data=request, height="1")["response"]
    assert (older["value"], older["height"]) == (before, "1")


def test_abci_query_failures_carry_code_codespace_log_and_a_height(door: Served) -> None:
    unknown = door.rpc("abci_query", path="/no.such.Query/Method", data="")["response"]
    assert (unknown["code"], unknown["codespace"], unknown["height"]) == (6, "sdk", "1")
    stranger = QueryAccountRequest(address="dydx1c0m5x87llaunl5sgv3q5vd7j5uha26d2q2r2q0").encode().hex()
    missing = door.rpc("abci_query", path="/cosmos.auth.v1beta1.Query/Account", data=stranger)["response"]
    assert (missing["code"], missing["codespace"]) == (22, "sdk")
    assert "not found" in missing["log"]
    future = door.rpc("abci_query", path="/dydxprotocol.vault.Query/Params", data="", height="50")["response"]
    assert future["code"] != 0
    assert future["height"] == "1"
    negative = door.rpc("abci_query", path="/dydxprotocol.vault.Query/Params", data="", height="-5")["response"]
    assert negative["code"] != 0
