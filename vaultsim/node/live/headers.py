"""Headers, block ids and commits as CometBFT makes them, for a chain with one validator that nobody has the key of.

All hashes are CometBFT's; the signature of a commit is made up and verifies against nothing, the application digest
is ours. Source: CometBFT 0.38 specification, data structures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from vaultsim.app.results import TxResult
from vaultsim.context import NANOSECONDS
from vaultsim.lib.merkle import EMPTY_ROOT, merkle_root
from vaultsim.pb.google.protobuf import Duration, Timestamp
from vaultsim.pb.runtime import signed_varint, sized, sized_text
from vaultsim.pb.tendermint.abci import ExecTxResult
from vaultsim.pb.tendermint.crypto import PublicKey
from vaultsim.pb.tendermint.types import (
    ABCIParams,
    Block,
    BlockID,
    BlockIDFlag,
    BlockParams,
    Commit,
    CommitSig,
    ConsensusParams,
    Data,
    EvidenceParams,
    Header,
    PartSetHeader,
    Validator,
    ValidatorParams,
    VersionParams,
)
from vaultsim.pb.tendermint.version import Consensus

BLOCK_PROTOCOL: Final = 11
PART_BYTES: Final = 65_536
"""Size of the parts that a block is split into to be passed on."""
VOTING_POWER: Final = 10

VALIDATOR_KEY: Final = hashlib.sha256(b"vaultsim validator").digest()
"""Stands where the ed25519 key of the only validator would be; nobody has its private half."""
VALIDATOR: Final = Validator(
    address=hashlib.sha256(VALIDATOR_KEY).digest()[:20],
    pub_key=PublicKey(ed25519=VALIDATOR_KEY),
    voting_power=VOTING_POWER,
)


class HeaderParts(NamedTuple):
    """What a block's header is made from.

    previous_app_hash: digest of the state that the block runs on; previous_results: of the block before, by order.
    """

    height: int
    time_ns: int
    raw_txs: Sequence[bytes]
    previous_app_hash: bytes
    previous_results: Sequence[TxResult]
    previous_block_id: BlockID
    previous_commit: Commit


class HeaderMaker:
    """Makes headers of one chain. parameters: the consensus parameters, the same at all heights."""

    def __init__(self, chain_id: str, parameters: ConsensusParams) -> None:
        self.chain_id = chain_id
        self.parameters = parameters
        self._validators_hash = merkle_root([_simple_validator(VALIDATOR)])
        self._consensus_hash = _consensus_hash(parameters)

    def header(self, parts: HeaderParts) -> Header:
        """The header of a block."""
        return Header(
            version=Consensus(block=BLOCK_PROTOCOL),
            chain_id=self.chain_id,
            height=parts.height,
            time=timestamp(parts.time_ns),
            last_block_id=parts.previous_block_id,
            last_commit_hash=merkle_root([signature.encode() for signature in parts.previous_commit.signatures]),
            data_hash=merkle_root([hashlib.sha256(raw).digest() for raw in parts.raw_txs]),
            validators_hash=self._validators_hash,
            next_validators_hash=self._validators_hash,
            consensus_hash=self._consensus_hash,
            app_hash=parts.previous_app_hash,
            last_results_hash=merkle_root([_result_bytes(result) for result in parts.previous_results]),
            evidence_hash=EMPTY_ROOT,
            proposer_address=VALIDATOR.address,
        )


def header_hash(header: Header) -> bytes:
    """What CometBFT calls the hash of the block: the Merkle root over its header's fields."""
    return merkle_root(
        [
            header.version.encode(),
            _text_value(header.chain_id),
            _int_value(header.height),
            header.time.encode(),
            header.last_block_id.encode(),
            _bytes_value(header.last_commit_hash),
            _bytes_value(header.data_hash),
            _bytes_value(header.validators_hash),
            _bytes_value(header.next_validators_hash),
            _bytes_value(header.consensus_hash),
            _bytes_value(header.app_hash),
            _bytes_value(header.last_results_hash),
            _bytes_value(header.evidence_hash),
            _bytes_value(header.proposer_address),
        ]
    )


def block_message(header: Header, raw_txs: Sequence[bytes], last_commit: Commit) -> Block:
    """The block as CometBFT sends and stores it."""
    return Block(header=header, data=Data(txs=tuple(raw_txs)), last_commit=last_commit)


def block_id_of(block: Block) -> BlockID:
    """What names a block: its header's hash and the Merkle root over the parts of its bytes."""
    raw = block.encode()
    parts = [raw[at : at + PART_BYTES] for at in range(0, len(raw), PART_BYTES)]
    return BlockID(
        hash=header_hash(block.header), part_set_header=PartSetHeader(total=len(parts), hash=merkle_root(parts))
    )


def commit_of(height: int, time_ns: int, block_id: BlockID) -> Commit:
    """The validator's commit of a block, signed at the block's own time with 64 made-up bytes."""
    voted = CommitSig(
        block_id_flag=BlockIDFlag.BLOCK_ID_FLAG_COMMIT,
        validator_address=VALIDATOR.address,
        timestamp=timestamp(time_ns),
        signature=hashlib.sha512(b"vaultsim: made up" + height.to_bytes(8, "big") + block_id.hash).digest(),
    )
    return Commit(height=height, block_id=block_id, signatures=(voted,))


def timestamp(time_ns: int) -> Timestamp:
    """A time as protobuf has it."""
    seconds, nanos = divmod(time_ns, NANOSECONDS)
    return Timestamp(seconds=seconds, nanos=nanos)


def consensus_parameters(others: Mapping[str, Any]) -> ConsensusParams:
    """The consensus parameters of a genesis document (`others`: its fields beside app_state), else the chain's usual
    ones. Numbers of old and new documents are read; what does not fit is taken as absent."""
    section = others.get("consensus_params") or (others.get("consensus") or {}).get("params") or {}
    block, evidence = section.get("block") or {}, section.get("evidence") or {}
    kinds = (section.get("validator") or {}).get("pub_key_types") or ["ed25519"]
    seconds, nanos = divmod(_number(evidence, "max_age_duration", 172_800 * NANOSECONDS), NANOSECONDS)
    return ConsensusParams(
        block=BlockParams(
            max_bytes=_number(block, "max_bytes", 4_194_304),
            max_gas=_number(block, "max_gas", -1),
        ),
        evidence=EvidenceParams(
            max_age_num_blocks=_number(evidence, "max_age_num_blocks", 100_000),
            max_age_duration=Duration(seconds=seconds, nanos=nanos),
            max_bytes=_number(evidence, "max_bytes", 1_048_576),
        ),
        validator=ValidatorParams(pub_key_types=tuple(str(kind) for kind in kinds)),
        version=VersionParams(),
        abci=ABCIParams(),
    )


def _number(section: Mapping[str, Any], name: str, usual: int) -> int:
    try:
        return int(section[name])
    except (KeyError, TypeError, ValueError):
        return usual


def _consensus_hash(parameters: ConsensusParams) -> bytes:
    block = parameters.block or BlockParams()
    raw = b""
    if block.max_bytes:
        raw += b"\x08" + signed_varint(block.max_bytes)
    if block.max_gas:
        raw += b"\x10" + signed_varint(block.max_gas)
    return hashlib.sha256(raw).digest()


def _simple_validator(validator: Validator) -> bytes:
    return b"\x0a" + sized(validator.pub_key.encode()) + b"\x10" + signed_varint(validator.voting_power)


def _result_bytes(result: TxResult) -> bytes:
    """The part of a result that the chain agrees on: no log, no events."""
    return ExecTxResult(
        code=result.code, data=result.data, gas_wanted=result.gas_wanted, gas_used=result.gas_used
    ).encode()


# Header fields are hashed as google.protobuf wrapper values: nothing for an empty one.


def _text_value(text: str) -> bytes:
    return b"\x0a" + sized_text(text) if text else b""


def _bytes_value(raw: bytes) -> bytes:
    return b"\x0a" + sized(raw) if raw else b""


def _int_value(number: int) -> bytes:
    return b"\x08" + signed_varint(number) if number else b""
