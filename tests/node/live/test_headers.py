"""Headers and block ids of a running node, against CometBFT's test vector and its rules."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from vaultsim.lib.merkle import merkle_root
from vaultsim.node.live.headers import consensus_parameters, header_hash
from vaultsim.node.live.node import Node
from vaultsim.pb.google.protobuf import Duration, Timestamp
from vaultsim.pb.tendermint.types import BlockID, Header, PartSetHeader
from vaultsim.pb.tendermint.version import Consensus

LOCALNET = Path(__file__).parents[3] / "genesis" / "localnet" / "genesis.json"


def _sum(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def test_the_hash_of_a_header_is_that_of_the_reference() -> None:
    # CometBFT, types/block_test.go, TestHeaderHash.
    header = Header(
        version=Consensus(block=1, app=2),
        chain_id="chainId",
        height=3,
        time=Timestamp(seconds=int(datetime(2019, 10, 13, 16, 14, 44, tzinfo=UTC).timestamp())),
        last_block_id=BlockID(hash=bytes(32), part_set_header=PartSetHeader(total=6, hash=bytes(32))),
        last_commit_hash=_sum("last_commit_hash"),
        data_hash=_sum("data_hash"),
        validators_hash=_sum("validators_hash"),
        next_validators_hash=_sum("next_validators_hash"),
        consensus_hash=_sum("consensus_hash"),
        app_hash=_sum("app_hash"),
        last_results_hash=_sum("last_results_hash"),
        evidence_hash=_sum("evidence_hash"),
        proposer_address=_sum("proposer_address")[:20],
    )
    assert header_hash(header).hex().upper() == "F740121F553B5418C3EFBD343C2DBFE9E007BB67B0D020A0741374BAB65242A4"


def test_blocks_point_to_the_block_before_and_commit_to_their_content() -> None:
    node = Node.from_file(LOCALNET)
    first = node.blocks.latest
    assert first is not None
    second, third = node.produce_block(), node.produce_block()
    assert first.header.last_block_id == BlockID()
    assert second.header.last_block_id == first.block_id
    assert third.header.last_block_id == second.block_id
    assert third.last_commit == second.commit
    assert third.header.app_hash == second.app_hash != third.app_hash
    assert third.header.data_hash == merkle_root([hashlib.sha256(tx.raw).digest() for tx in third.txs])
    # What a result is hashed as: code 1, data 2, gas_wanted 5, gas_used 6; injected transactions have gas -1 and data.
    assert third.header.last_results_hash != first.header.last_results_hash
    assert node.blocks.find_block(second.block_hash) is second
    assert node.blocks.find_block(bytes(32)) is None


def test_consensus_parameters_come_from_the_genesis_document_old_or_new() -> None:
    block = {"max_bytes": "1000", "max_gas": "7"}
    old = consensus_parameters({"consensus_params": {"block": block}})
    new = consensus_parameters({"consensus": {"params": {"block": block}}})
    assert old == new
    assert old.block is not None
    assert (old.block.max_bytes, old.block.max_gas) == (1000, 7)
    usual = consensus_parameters({})
    assert usual.evidence is not None
    assert usual.evidence.max_age_duration == Duration(seconds=172_800)
