"""The blocks of a running node: what was in them, what became of it, and where each transaction is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

import msgspec

from vaultsim.app.results import TxResult
from vaultsim.app.tx import RawTx
from vaultsim.events import AnyEvent
from vaultsim.node.chain import BlockOutcome


def hash_of_tx(raw: bytes) -> bytes:
    """The SHA-256 that names a transaction."""
    return hashlib.sha256(raw).digest()


class BlockRecord(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A committed block.

    block_hash: names the block; previous_hash: the block before, empty for the first; app_hash: digest after this
    block; previous_app_hash: digest before it, which the block's header carries; events: of its begin and end hooks.
    """

    height: int
    time_ns: int
    block_hash: bytes
    previous_hash: bytes
    app_hash: bytes
    previous_app_hash: bytes
    txs: tuple[RawTx, ...]
    results: tuple[TxResult, ...]
    events: tuple[AnyEvent, ...]

    @cached_property
    def tx_hashes(self) -> tuple[bytes, ...]:
        """SHA-256 of each transaction."""
        return tuple(hash_of_tx(tx.raw) for tx in self.txs)


class TxPlace(NamedTuple):
    """Where a transaction was executed: the block and its number in it."""

    block: BlockRecord
    position: int

    @property
    def raw(self) -> bytes:
        """The transaction's bytes."""
        return self.block.txs[self.position].raw

    @property
    def result(self) -> TxResult:
        """What became of it."""
        return self.block.results[self.position]


class BlockLog:
    """The last blocks by height, and their transactions by hash.

    keep: how many blocks are remembered; older ones are forgotten with their transactions.
    """

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._records: dict[int, BlockRecord] = {}
        self._places: dict[bytes, TxPlace] = {}

    def __len__(self) -> int:
        return len(self._records)

    @property
    def earliest_height(self) -> int:
        """Height of the oldest remembered block, 0 when there is none."""
        return next(iter(self._records), 0)

    @property
    def latest(self) -> BlockRecord | None:
        """The last block."""
        return self._records[next(reversed(self._records))] if self._records else None

    def get(self, height: int) -> BlockRecord | None:
        """The block of a height, None when it is not remembered."""
        return self._records.get(height)

    def find_tx(self, tx_hash: bytes) -> TxPlace | None:
        """Where a transaction was executed (the last place when it was executed more than once)."""
        return self._places.get(tx_hash)

    def newest_first(self) -> Iterator[BlockRecord]:
        """Remembered blocks, the last one first."""
        return reversed(list(self._records.values()))

    def oldest_first(self) -> Iterator[BlockRecord]:
        """Remembered blocks, the first one first."""
        return iter(list(self._records.values()))

    def append(self, outcome: BlockOutcome, previous_app_hash: bytes) -> BlockRecord:
        """Remembers a block that was just committed."""
        latest = self.latest
        previous_hash = latest.block_hash if latest else b""
        record = BlockRecord(
            height=outcome.height,
            time_ns=outcome.time_ns,
            block_hash=_block_hash(outcome, previous_hash, previous_app_hash),
            previous_hash=previous_hash,
            app_hash=outcome.app_hash,
            previous_app_hash=previous_app_hash,
            txs=outcome.txs,
            results=outcome.results,
            events=outcome.events,
        )
        self._records[record.height] = record
        for position, tx_hash in enumerate(record.tx_hashes):
            self._places[tx_hash] = TxPlace(record, position)
        if len(self._records) > self._keep:
            self._forget(self.earliest_height)
        return record

    def cut_after(self, height: int) -> None:
        """Forgets every block above `height`."""
        for above in [one for one in self._records if one > height]:
            self._forget(above)

    def _forget(self, height: int) -> None:
        record = self._records.pop(height)
        for tx_hash in record.tx_hashes:
            place = self._places.get(tx_hash)
            if place is not None and place.block is record:
                del self._places[tx_hash]


def _block_hash(outcome: BlockOutcome, previous_hash: bytes, previous_app_hash: bytes) -> bytes:
    """Our own digest of a header: height, time, the block before, the state before, the transactions."""
    digest = hashlib.sha256(outcome.height.to_bytes(8, "big") + outcome.time_ns.to_bytes(16, "big"))
    digest.update(len(previous_hash).to_bytes(1, "big") + previous_hash + previous_app_hash)
    for tx in outcome.txs:
        digest.update(hashlib.sha256(tx.raw).digest())
    return digest.digest()
