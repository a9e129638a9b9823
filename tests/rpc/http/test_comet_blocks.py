"""Blocks over the CometBFT door: what clients read, and that all answers about one block agree.

Expected shapes: client-surfaces §1.2, CometBFT 0.38's OpenAPI document.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

import httpx
import pytest

from tests.rpc.http.served import Served, send, served
from vaultsim.lib.merkle import merkle_root
from vaultsim.node.genesis_document import parse_genesis
from vaultsim.node.live.node import BlockMode, Node
from vaultsim.rpc.server import run_in_thread
from vaultsim.testing.accounts import ALICE

EMPTY_ROOT = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"


@pytest.fixture(scope="module")
def shared() -> Iterator[Served]:
    """A served node whose block 3 holds a transfer; no test changes it."""
    with served() as one:
        one.block()
        one.chain.submit(send(5), signer=ALICE)
        one.block()
        one.block()
        yield one


def test_status_tells_the_version_that_clients_choose_their_dialect_by(shared: Served) -> None:
    status = shared.rpc("status")
    assert status["node_info"]["version"].startswith("0.38.")
    assert status["node_info"]["network"] == "localdydxprotocol"
    sync = status["sync_info"]
    assert (sync["latest_block_height"], sync["earliest_block_height"], sync["catching_up"]) == ("4", "1", False)
    assert sync["latest_block_hash"] == shared.rpc("block")["block_id"]["hash"]
    assert sync["latest_block_time"] == "2024-11-21T00:00:03Z"


def test_a_block_has_every_field_that_clients_read(shared: Served) -> None:
    found = shared.rpc("block", height="3")
    assert len(found["block_id"]["hash"]) == 64
    assert found["block_id"]["parts"]["total"] == 1
    assert len(found["block_id"]["parts"]["hash"]) == 64
    header = found["block"]["header"]
    assert header["version"] == {"block": "11"}
    assert (header["chain_id"], header["height"]) == ("localdydxprotocol", "3")
    assert header["time"] == "2024-11-21T00:00:02Z"
    assert len(header["proposer_address"]) == 40
    hashes = [name for name in header if name.endswith("_hash")]
    assert sorted(hashes) == [
        "app_hash",
        "consensus_hash",
        "data_hash",
        "evidence_hash",
        "last_commit_hash",
        "last_results_hash",
        "next_validators_hash",
        "validators_hash",
    ]
    assert all(len(header[name]) == 64 for name in hashes)
    assert found["block"]["evidence"] == {"evidence": []}
    assert found["block"]["last_commit"]["height"] == "2"


def test_the_first_block_comes_after_nothing(shared: Served) -> None:
    block = shared.rpc("block", height="1")["block"]
    nothing = {"hash": "", "parts": {"total": 0, "hash": ""}}
    assert block["header"]["last_block_id"] == nothing
    assert block["header"]["data_hash"] == EMPTY_ROOT
    assert block["last_commit"] == {"height": "0", "round": 0, "block_id": nothing, "signatures": []}


def test_all_answers_about_a_block_agree(shared: Served) -> None:
    block = shared.rpc("block", height="3")
    header, block_id = block["block"]["header"], block["block_id"]
    assert shared.rpc("header", height="3")["header"] == header
    assert shared.rpc("commit", height="3")["signed_header"]["header"] == header
    meta = next(one for one in shared.rpc("blockchain")["block_metas"] if one["header"]["height"] == "3")
    assert (meta["header"], meta["block_id"], meta["num_txs"]) == (header, block_id, "5")
    raw_hash = bytes.fromhex(block_id["hash"])
    assert shared.rpc("block_by_hash", hash=base64.b64encode(raw_hash).decode()) == block
    assert shared.uri(f"/block_by_hash?hash=0x{block_id['hash']}").json()["result"] == block
    assert shared.rpc("header_by_hash", hash=block_id["hash"])["header"] == header
    after = shared.rpc("block", height="4")["block"]
    assert after["header"]["last_block_id"] == block_id
    assert after["last_commit"] == shared.rpc("commit", height="3")["signed_header"]["commit"]
    assert after["last_commit"]["block_id"] == block_id


def test_the_data_hash_is_the_merkle_root_over_the_transactions(shared: Served) -> None:
    block = shared.rpc("block", height="3")["block"]
    hashes = [hashlib.sha256(base64.b64decode(raw)).digest() for raw in block["data"]["txs"]]
    assert block["header"]["data_hash"] == merkle_root(hashes).hex().upper()


def test_a_commit_has_the_signature_of_the_one_validator(shared: Served) -> None:
    validators = shared.rpc("validators", height="3")
    (validator,) = validators["validators"]
    assert (validators["count"], validators["total"], validators["block_height"]) == ("1", "1", "3")
    assert validator["pub_key"]["type"] == "tendermint/PubKeyEd25519"
    key = base64.b64decode(validator["pub_key"]["value"])
    assert validator["address"] == hashlib.sha256(key).digest()[:20].hex().upper()
    found = shared.rpc("commit", height="3")
    (signature,) = found["signed_header"]["commit"]["signatures"]
    assert signature["block_id_flag"] == 2
    assert signature["validator_address"] == validator["address"]
    assert len(base64.b64decode(signature["signature"])) == 64
    assert found["canonical"] is True
    assert shared.rpc("commit")["canonical"] is False


def test_block_results_are_in_the_order_of_the_transactions(shared: Served) -> None:
    results = shared.rpc("block_results", height="3")
    assert results["height"] == "3"
    txs = results["txs_results"]
    # Operations, the transfer, bridges, votes, prices.
    actions = [
        attribute["value"]
        for result in txs
        for event in result["events"]
        for attribute in event["attributes"]
        if (event["type"], attribute["key"]) == ("message", "action")
    ]
    assert [one.rpartition(".")[2] for one in actions] == [
        "MsgProposedOperations",
        "MsgSend",
        "MsgAcknowledgeBridges",
        "MsgAddPremiumVotes",
        "MsgUpdateMarketPrices",
    ]
    assert [result["gas_wanted"] for result in txs] == ["-1", txs[1]["gas_wanted"], "-1", "-1", "-1"]
    assert int(txs[1]["gas_used"]) > 0
    assert list(txs[1]) == ["code", "data", "log", "info", "gas_wanted", "gas_used", "events", "codespace"]
    assert results["consensus_param_updates"]["block"] == {"max_bytes": "4194304", "max_gas": "-1"}
    assert shared.rpc("block_results", height="1")["txs_results"] is None
    # The digest after a block is in the header of the next one.
    after = shared.rpc("header", height="4")["header"]
    assert base64.b64decode(results["app_hash"]).hex().upper() == after["app_hash"]


def test_blockchain_gives_the_highest_first_and_at_most_twenty(door: Served) -> None:
    door.chain.advance(blocks=24)
    whole = door.rpc("blockchain")
    assert whole["last_height"] == "25"
    assert [meta["header"]["height"] for meta in whole["block_metas"]] == [str(one) for one in range(25, 5, -1)]
    some = door.rpc("blockchain", minHeight="3", maxHeight="4")
    assert [meta["header"]["height"] for meta in some["block_metas"]] == ["4", "3"]
    assert door.problem("blockchain", minHeight="9", maxHeight="4") == (
        -32603,
        "min height 9 can't be greater than max height 4",
    )


def test_consensus_parameters_are_those_of_the_chain(shared: Served) -> None:
    found = shared.rpc("consensus_params")
    assert found["block_height"] == "5"
    assert found["consensus_params"]["evidence"]["max_age_duration"] == "172800000000000"
    assert found["consensus_params"]["validator"] == {"pub_key_types": ["ed25519"]}


def test_the_genesis_document_is_whole_or_in_chunks(shared: Served) -> None:
    whole = shared.rpc("genesis")["genesis"]
    assert (whole["chain_id"], whole["initial_height"]) == ("localdydxprotocol", "1")
    assert "vault" in whole["app_state"]
    chunk = shared.rpc("genesis_chunked", chunk="0")
    assert (chunk["chunk"], chunk["total"]) == ("0", "1")
    assert b'"chain_id":"localdydxprotocol"' in base64.b64decode(chunk["data"])
    assert shared.problem("genesis_chunked", chunk="1") == (-32603, "there are 0 chunks, 1 is invalid")


def test_block_search_finds_blocks_by_height_the_last_first(shared: Served) -> None:
    found = shared.rpc("block_search", query="block.height > 1 AND block.height < 4")
    assert found["total_count"] == "2"
    assert [one["block"]["header"]["height"] for one in found["blocks"]] == ["3", "2"]
    ascending = shared.rpc("block_search", query="block.height <= 2", order_by="asc", per_page="1", page="2")
    assert [one["block"]["header"]["height"] for one in ascending["blocks"]] == ["2"]
    assert shared.problem("block_search", query="block.height")[0] == -32603
    assert shared.problem("block_search", query="block.height=1", order_by="up") == (
        -32603,
        "expected order_by to be either `asc` or `desc` or empty",
    )


def test_net_info_and_abci_info_are_those_of_a_node_alone(shared: Served) -> None:
    assert shared.rpc("net_info")["n_peers"] == "0"
    info = shared.rpc("abci_info")["response"]
    assert info["last_block_height"] == "4"
    assert len(base64.b64decode(info["last_block_app_hash"])) == 32


def test_older_blocks_than_the_first_are_told_as_such(shared: Served) -> None:
    assert shared.problem("block", height="0") == (-32603, "height must be greater than 0, but got 0")
    assert shared.problem("block", height="9") == (
        -32603,
        "height 9 must be less than or equal to the current blockchain height 4",
    )


def test_a_chain_that_goes_on_from_an_export_has_no_block_yet(door: Served) -> None:
    door.chain.advance(blocks=3)
    node = Node(parse_genesis(door.chain.export(), "export"), block_mode=BlockMode.MANUAL)
    with run_in_thread(node) as running, httpx.Client(trust_env=False) as client:
        assert running.rpc is not None
        assert running.indexer is not None
        url = running.rpc.url
        sync = client.get(f"{url}/status").json()["result"]["sync_info"]
        assert (sync["latest_block_height"], sync["latest_block_hash"]) == ("4", "")
        assert client.get(f"{url}/block").json()["result"]["block"] is None
        assert client.get(f"{url}/header").json()["result"] == {"header": None}
        assert client.get(f"{url}/commit").json()["result"] is None
        assert client.get(f"{url}/block_results").json()["error"]["code"] == -32603
        assert client.get(f"{url}/blockchain").json()["result"]["block_metas"] == []
        assert client.get(f"{url}/tx_search?query=%22tx.height%3E0%22").json()["result"]["total_count"] == "0"
        assert client.get(f"{running.indexer.url}/v4/height").json()["height"] == "4"
        running.call(node.produce_block)
        first = client.get(f"{url}/block").json()["result"]["block"]
        assert (first["header"]["height"], first["header"]["last_block_id"]["hash"]) == ("5", "")
        assert client.get(f"{url}/status").json()["result"]["sync_info"]["earliest_block_height"] == "5"
