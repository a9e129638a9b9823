"""A block of the node as CometBFT's messages: header, transactions, id, the node's one validator.

The header's hashes are the node's own (see docs/RPC.md); signatures are absent: no consensus ran.
"""

from __future__ import annotations

import hashlib
from typing import Final

from vaultsim.address import to_bech32
from vaultsim.node.live.blocks import BlockRecord
from vaultsim.pb.cosmos.base.tendermint import v1beta1 as sdk
from vaultsim.pb.tendermint.types import Block, BlockID, Commit, Data, EvidenceList, Header, PartSetHeader
from vaultsim.pb.tendermint.version import Consensus
from vaultsim.x.clock import timestamp_of

BLOCK_PROTOCOL: Final = 11
"""CometBFT's number for the layout of its blocks."""
VALIDATOR_KEY: Final = hashlib.sha256(b"vaultsim validator").digest()
"""Stands where the ed25519 key of the only validator would be; nobody has its private half."""
VALIDATOR_ADDRESS: Final = hashlib.sha256(VALIDATOR_KEY).digest()[:20]
VALIDATOR_POWER: Final = 1
CONSENSUS_PREFIX: Final = "dydxvalcons"


def block_id(block_hash: bytes) -> BlockID:
    """The id of a block; of no block when the hash is empty."""
    if not block_hash:
        return BlockID()
    return BlockID(hash=block_hash, part_set_header=PartSetHeader(total=1, hash=block_hash))


def header_of(record: BlockRecord, chain_id: str) -> Header:
    """The header: it carries the digest of the state before the block, as CometBFT's does."""
    return Header(
        version=Consensus(block=BLOCK_PROTOCOL),
        chain_id=chain_id,
        height=record.height,
        time=timestamp_of(record.time_ns),
        last_block_id=block_id(record.previous_hash),
        data_hash=_digest(*(tx.raw for tx in record.txs)),
        validators_hash=_digest(VALIDATOR_KEY),
        next_validators_hash=_digest(VALIDATOR_KEY),
        app_hash=record.previous_app_hash,
        proposer_address=VALIDATOR_ADDRESS,
    )


def block_of(record: BlockRecord, chain_id: str) -> Block:
    """The whole block."""
    return Block(
        header=header_of(record, chain_id),
        data=Data(txs=tuple(tx.raw for tx in record.txs)),
        evidence=EvidenceList(),
        last_commit=Commit(height=max(record.height - 1, 0), block_id=block_id(record.previous_hash)),
    )


def sdk_block_of(block: Block) -> sdk.Block:
    """The block as the SDK shows it: the proposer in bech32."""
    assert block.header is not None
    header = block.header
    return sdk.Block(
        header=sdk.Header(
            version=header.version,
            chain_id=header.chain_id,
            height=header.height,
            time=header.time,
            last_block_id=header.last_block_id,
            data_hash=header.data_hash,
            validators_hash=header.validators_hash,
            next_validators_hash=header.next_validators_hash,
            app_hash=header.app_hash,
            proposer_address=to_bech32(header.proposer_address, CONSENSUS_PREFIX),
        ),
        data=block.data,
        evidence=block.evidence,
        last_commit=block.last_commit,
    )


def _digest(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()
