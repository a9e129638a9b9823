"""A block of the node as CometBFT's and the SDK's messages."""

from __future__ import annotations

from typing import Final

from vaultsim.address import to_bech32
from vaultsim.node.live.blocks import BlockRecord
from vaultsim.node.live.headers import block_message
from vaultsim.pb.cosmos.base.tendermint import v1beta1 as sdk
from vaultsim.pb.tendermint.types import Block

CONSENSUS_PREFIX: Final = "dydxvalcons"


def block_of(record: BlockRecord) -> Block:
    """The whole block."""
    return block_message(record.header, [tx.raw for tx in record.txs], record.last_commit)


def sdk_block_of(block: Block) -> sdk.Block:
    """The block as the SDK shows it: the proposer in bech32."""
    header = block.header
    return sdk.Block(
        header=sdk.Header(
            version=header.version,
            chain_id=header.chain_id,
            height=header.height,
            time=header.time,
            last_block_id=header.last_block_id,
            last_commit_hash=header.last_commit_hash,
            data_hash=header.data_hash,
            validators_hash=header.validators_hash,
            next_validators_hash=header.next_validators_hash,
            consensus_hash=header.consensus_hash,
            app_hash=header.app_hash,
            last_results_hash=header.last_results_hash,
            evidence_hash=header.evidence_hash,
            proposer_address=to_bech32(header.proposer_address, CONSENSUS_PREFIX),
        ),
        data=block.data,
        evidence=block.evidence,
        last_commit=block.last_commit,
    )
