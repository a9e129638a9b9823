"""The blocks of a running node: what was in them, what became of it, and where each transaction is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

import msgspec

from vaultsim.app.gov import ProposalOutcome
from vaultsim.app.results import TxResult
from vaultsim.app.tx import RawTx
from vaultsim.events import AnyEvent, PlainEvent
from vaultsim.node.chain import BlockOutcome
from vaultsim.node.live.headers import HeaderMaker, HeaderParts, block_id_of, block_message, commit_of
from vaultsim.node.live.impersonation import unmarked_forms
from vaultsim.pb.tendermint.types import BlockID, Commit, Header


def hash_of_tx(raw: bytes) -> bytes:
    """The SHA-256 that names a transaction."""
    return hashlib.sha256(raw).digest()


class BlockRecord(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A committed block.

    header, block_id, last_commit: as CometBFT has them, the commit being that of the block before; app_hash: digest
    after this block (its header carries the one before); events: of its begin and end hooks; proposals: what
    became of those that passed in it.
    """

    height: int
    time_ns: int
    header: Header
    block_id: BlockID
    last_commit: Commit
    app_hash: bytes
    txs: tuple[RawTx, ...]
    results: tuple[TxResult, ...]
    events: tuple[AnyEvent, ...]
    proposals: tuple[ProposalOutcome, ...] = ()

    @property
    def block_hash(self) -> bytes:
        """Names the block: the hash of its header."""
        return self.block_id.hash

    @property
    def previous_app_hash(self) -> bytes:
        """Digest before this block, which its header carries."""
        return self.header.app_hash

    @cached_property
    def commit(self) -> Commit:
        """The commit of this block."""
        return commit_of(self.height, self.time_ns, self.block_id)

    @cached_property
    def tx_names(self) -> tuple[tuple[bytes, int], ...]:
        """Every hash under which a transaction of the block is found, with the transaction's number in it.

        Those of impersonated accounts are also found under the hash of what was sent, before they were marked.
        """
        names = [(tx_hash, position) for position, tx_hash in enumerate(self.tx_hashes)]
        for position, tx in enumerate(self.txs):
            names += [(hash_of_tx(raw), position) for raw in unmarked_forms(tx)]
        return tuple(names)

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

    keep: how many blocks are remembered; older ones are forgotten with their transactions; headers: makes theirs.
    """

    def __init__(self, keep: int, headers: HeaderMaker) -> None:
        self._keep = keep
        self._headers = headers
        self._records: dict[int, BlockRecord] = {}
        self._places: dict[bytes, TxPlace] = {}
        self._heights: dict[bytes, int] = {}
        # By height, the places (height and number) that its transactions had before: what a cut brings back.
        self._replaced: dict[int, dict[bytes, tuple[int, int]]] = {}

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

    def find_block(self, block_hash: bytes) -> BlockRecord | None:
        """The block with this hash, None when it is not remembered."""
        height = self._heights.get(block_hash)
        return None if height is None else self._records[height]

    def oldest_first(self) -> Iterator[BlockRecord]:
        """Remembered blocks, the first one first."""
        return iter(list(self._records.values()))

    def append(self, outcome: BlockOutcome, previous_app_hash: bytes) -> BlockRecord:
        """Remembers a block that was just committed."""
        record = self._record(outcome, previous_app_hash)
        self._add(record)
        if len(self._records) > self._keep:
            self._forget(self.earliest_height)
        return record

    def cut_after(self, height: int) -> None:
        """Forgets every block above `height`."""
        while self._records and next(reversed(self._records)) > height:
            self._forget(next(reversed(self._records)))

    def go_back_to(self, record: BlockRecord | None) -> None:
        """Forgets every block above `record`, which is the last one then; None: a log without blocks."""
        self.cut_after(0 if record is None else record.height)
        if record is not None and not self._records:
            self._add(record)

    def _add(self, record: BlockRecord) -> None:
        self._records[record.height] = record
        self._heights[record.block_hash] = record.height
        replaced: dict[bytes, tuple[int, int]] = {}
        for tx_hash, position in record.tx_names:
            before = self._places.get(tx_hash)
            if before is not None:
                replaced[tx_hash] = (before.block.height, before.position)
            self._places[tx_hash] = TxPlace(record, position)
        self._replaced[record.height] = replaced

    def _forget(self, height: int) -> None:
        record = self._records.pop(height)
        del self._heights[record.block_hash]
        replaced = self._replaced.pop(height)
        for tx_hash, _ in record.tx_names:
            place = self._places.get(tx_hash)
            if place is None or place.block is not record:
                continue
            before_height, position = replaced.get(tx_hash, (0, 0))
            before = self._records.get(before_height)
            if before is None:
                del self._places[tx_hash]
            else:
                self._places[tx_hash] = TxPlace(before, position)

    def _record(self, outcome: BlockOutcome, previous_app_hash: bytes) -> BlockRecord:
        latest = self.latest
        raw_txs = outcome.raw_txs
        parts = HeaderParts(
            height=outcome.height,
            time_ns=outcome.time_ns,
            raw_txs=raw_txs,
            previous_app_hash=previous_app_hash,
            previous_results=() if latest is None else latest.results,
            previous_block_id=BlockID() if latest is None else latest.block_id,
            previous_commit=Commit() if latest is None else latest.commit,
        )
        header = self._headers.header(parts)
        txs, results = _shared_with(latest, outcome)
        return BlockRecord(
            height=outcome.height,
            time_ns=outcome.time_ns,
            header=header,
            block_id=block_id_of(block_message(header, raw_txs, parts.previous_commit)),
            last_commit=parts.previous_commit,
            app_hash=outcome.app_hash,
            txs=txs,
            results=results,
            events=(*_in_mode("BeginBlock", outcome.events.begin), *_in_mode("EndBlock", outcome.events.end)),
            proposals=outcome.proposals,
        )


def _shared_with(latest: BlockRecord | None, outcome: BlockOutcome) -> tuple[tuple[RawTx, ...], tuple[TxResult, ...]]:
    """The block's transactions and results; those that the block before had as well are the very same values.

    What a proposer injects is mostly the same in every block, and there are many blocks.
    """
    if latest is None:
        return outcome.txs, outcome.results
    before = {tx.raw: (tx, result) for tx, result in zip(latest.txs, latest.results, strict=True)}
    txs, results = list(outcome.txs), list(outcome.results)
    for index, tx in enumerate(txs):
        same_tx, same_result = before.get(tx.raw, (None, None))
        if same_tx == tx:
            txs[index] = same_tx
            results[index] = same_result if same_result == results[index] else results[index]
    return tuple(txs), tuple(results)


def _in_mode(mode: str, events: Iterable[AnyEvent]) -> Iterator[AnyEvent]:
    """Events of hooks as the chain shows them: with the phase as their last attribute. Source: dydx-modules §1.2."""
    for event in events:
        yield PlainEvent(event.type, (*event.attributes(), ("mode", mode)))
