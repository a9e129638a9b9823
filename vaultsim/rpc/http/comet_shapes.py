"""Blocks, results and events as CometBFT's JSON: 64-bit integers as text, hashes in upper-case hexadecimal digits,
bytes in base64. Source: CometBFT 0.38, RPC; client-surfaces §1.2.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any as Json

from vaultsim.app.results import TxResult, printable
from vaultsim.events import AnyEvent
from vaultsim.lib.merkle import merkle_proof, merkle_root
from vaultsim.node.live.blocks import BlockRecord, TxPlace
from vaultsim.node.live.headers import VALIDATOR, block_message
from vaultsim.node.times import format_time
from vaultsim.pb.google.protobuf import Timestamp
from vaultsim.pb.tendermint.types import (
    BlockID,
    BlockParams,
    Commit,
    CommitSig,
    ConsensusParams,
    EvidenceParams,
    Header,
    ValidatorParams,
)
from vaultsim.x.clock import duration_ns, timestamp_ns


def hex_text(raw: bytes) -> str:
    """Upper-case hexadecimal digits."""
    return raw.hex().upper()


def base64_text(raw: bytes) -> str:
    """Base64."""
    return base64.b64encode(raw).decode()


# --- blocks ----------------------------------------------------------------------------------------------------------


def block_id_json(block_id: BlockID) -> dict[str, Json]:
    """What names a block."""
    parts = block_id.part_set_header
    return {"hash": hex_text(block_id.hash), "parts": {"total": parts.total, "hash": hex_text(parts.hash)}}


def header_json(header: Header) -> dict[str, Json]:
    """A block's header."""
    return {
        "version": {"block": str(header.version.block)},
        "chain_id": header.chain_id,
        "height": str(header.height),
        "time": _time_text(header.time),
        "last_block_id": block_id_json(header.last_block_id),
        "last_commit_hash": hex_text(header.last_commit_hash),
        "data_hash": hex_text(header.data_hash),
        "validators_hash": hex_text(header.validators_hash),
        "next_validators_hash": hex_text(header.next_validators_hash),
        "consensus_hash": hex_text(header.consensus_hash),
        "app_hash": hex_text(header.app_hash),
        "last_results_hash": hex_text(header.last_results_hash),
        "evidence_hash": hex_text(header.evidence_hash),
        "proposer_address": hex_text(header.proposer_address),
    }


def commit_json(commit: Commit) -> dict[str, Json]:
    """A commit; that of no block has height 0 and no signatures."""
    return {
        "height": str(commit.height),
        "round": commit.round,
        "block_id": block_id_json(commit.block_id),
        "signatures": [_signature_json(one) for one in commit.signatures],
    }


def _signature_json(signature: CommitSig) -> dict[str, Json]:
    return {
        "block_id_flag": signature.block_id_flag,
        "validator_address": hex_text(signature.validator_address),
        "timestamp": _time_text(signature.timestamp),
        "signature": base64_text(signature.signature),
    }


def block_json(record: BlockRecord) -> dict[str, Json]:
    """A block with its transactions."""
    return {
        "header": header_json(record.header),
        "data": {"txs": [base64_text(tx.raw) for tx in record.txs]},
        "evidence": {"evidence": []},
        "last_commit": commit_json(record.last_commit),
    }


def block_answer(record: BlockRecord | None) -> dict[str, Json]:
    """A block with what names it; null when there is none."""
    if record is None:
        return {"block_id": block_id_json(BlockID()), "block": None}
    return {"block_id": block_id_json(record.block_id), "block": block_json(record)}


def block_meta_json(record: BlockRecord) -> dict[str, Json]:
    """A block without its transactions, and its size in bytes."""
    message = block_message(record.header, [tx.raw for tx in record.txs], record.last_commit)
    return {
        "block_id": block_id_json(record.block_id),
        "block_size": str(len(message.encode())),
        "header": header_json(record.header),
        "num_txs": str(len(record.txs)),
    }


# --- results ---------------------------------------------------------------------------------------------------------


def event_json(event: AnyEvent) -> dict[str, Json]:
    """An event; all attributes are indexed."""
    attributes = [{"key": key, "value": printable(value), "index": True} for key, value in event.attributes()]
    return {"type": event.type, "attributes": attributes}


def events_json(events: Iterable[AnyEvent]) -> list[dict[str, Json]]:
    """Events in order."""
    return [event_json(event) for event in events]


def result_json(result: TxResult) -> dict[str, Json]:
    """A result with all its fields, empty ones too."""
    return {
        "code": result.code,
        "data": base64_text(result.data) if result.data else None,
        "log": printable(result.log),
        "info": "",
        "gas_wanted": str(result.gas_wanted),
        "gas_used": str(result.gas_used),
        "events": events_json(result.events),
        "codespace": result.codespace,
    }


def sparse_result_json(result: TxResult) -> dict[str, Json]:
    """A result as subscriptions show it: empty fields are left out."""
    whole = result_json(result)
    empty: tuple[Json, ...] = ("", "0", 0, None, [])
    return {name: value for name, value in whole.items() if value not in empty}


def tx_answer(place: TxPlace, *, with_proof: bool) -> dict[str, Json]:
    """A transaction in its block."""
    block = place.block
    out = {
        "hash": hex_text(block.tx_hashes[place.position]),
        "height": str(block.height),
        "index": place.position,
        "tx_result": result_json(place.result),
        "tx": base64_text(place.raw),
    }
    if with_proof:
        out["proof"] = _proof_json(place)
    return out


def _proof_json(place: TxPlace) -> dict[str, Json]:
    hashes = place.block.tx_hashes
    proof = merkle_proof(hashes, place.position)
    shown: dict[str, Json] = {
        "total": str(proof.total),
        "index": str(proof.position),
        "leaf_hash": base64_text(proof.leaf_hash),
    }
    if proof.aunts:
        shown["aunts"] = [base64_text(aunt) for aunt in proof.aunts]
    return {"root_hash": hex_text(merkle_root(hashes)), "data": base64_text(place.raw), "proof": shown}


# --- validators and parameters ---------------------------------------------------------------------------------------


def validator_key_json() -> dict[str, Json]:
    """The validator's public key."""
    return {"type": "tendermint/PubKeyEd25519", "value": base64_text(VALIDATOR.pub_key.ed25519 or b"")}


def validator_json() -> dict[str, Json]:
    """The one validator."""
    return {
        "address": hex_text(VALIDATOR.address),
        "pub_key": validator_key_json(),
        "voting_power": str(VALIDATOR.voting_power),
        "proposer_priority": "0",
    }


def consensus_params_json(params: ConsensusParams) -> dict[str, Json]:
    """The consensus parameters, all fields."""
    block, evidence = params.block or BlockParams(), params.evidence or EvidenceParams()
    return {
        "block": {"max_bytes": str(block.max_bytes), "max_gas": str(block.max_gas)},
        "evidence": {
            "max_age_num_blocks": str(evidence.max_age_num_blocks),
            "max_age_duration": str(duration_ns(evidence.max_age_duration)),
            "max_bytes": str(evidence.max_bytes),
        },
        "validator": {"pub_key_types": list((params.validator or ValidatorParams()).pub_key_types)},
        "version": {"app": str(params.version.app if params.version else 0)},
        "abci": {"vote_extensions_enable_height": str(params.abci.vote_extensions_enable_height if params.abci else 0)},
    }


def params_update_json(params: ConsensusParams) -> dict[str, Json]:
    """The consensus parameters as a block's results repeat them: empty fields are left out."""
    whole = consensus_params_json(params)
    return {name: {key: value for key, value in part.items() if value not in ("0", [])} for name, part in whole.items()}


def _time_text(moment: Timestamp) -> str:
    return format_time(timestamp_ns(moment))
