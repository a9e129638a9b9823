"""How a transaction from a client gets to the node: size limit, the cache that refuses repeats, CheckTx.

One for all doors, as the mempool in front of an application is. Source: client-surfaces §1.5.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from vaultsim.app.results import TxResult
from vaultsim.node.live.blocks import BlockRecord, hash_of_tx
from vaultsim.node.live.node import Node

CACHE_SIZE: Final = 200_000
MOST_WAITING: Final = 100_000
MOST_TX_BYTES: Final = 1_048_576


class Refused(Exception):
    """A transaction that did not even reach CheckTx. code: the SDK's for the reason."""

    code = 1


class InCache(Refused):
    """Seen already, and accepted then."""

    code = 19


class MempoolFull(Refused):
    """Too many transactions wait for a block."""

    code = 20


class TooLarge(Refused):
    """More bytes than a transaction may have."""

    code = 21


class Submitted(NamedTuple):
    """The hash of a transaction and its CheckTx result."""

    tx_hash: bytes
    check: TxResult


class Broadcaster:
    """Takes transactions for a node. A repeat of an accepted one is refused for as long as the cache remembers it.

    Unlike on the chain's nodes, one that failed may be sent again: what it lacked may be there by then.
    """

    def __init__(
        self,
        node: Node,
        *,
        cache_size: int = CACHE_SIZE,
        most_waiting: int = MOST_WAITING,
        most_tx_bytes: int = MOST_TX_BYTES,
    ) -> None:
        self._node = node
        self._cache_size = cache_size
        self._most_waiting = most_waiting
        self._most_tx_bytes = most_tx_bytes
        self._seen: dict[bytes, None] = {}
        node.listeners.append(self._forget_failed)
        node.revert_listeners.append(self._forget_all)

    def submit(self, raw: bytes) -> Submitted:
        """Puts a transaction through CheckTx. Raises Refused, and ChainHalted where a block follows at once."""
        if len(raw) > self._most_tx_bytes:
            raise TooLarge(f"tx too large. Max size is {self._most_tx_bytes}, but got {len(raw)}")
        waiting = self._node.chain.mempool.size
        if waiting >= self._most_waiting:
            raise MempoolFull(f"mempool is full: number of txs {waiting} (max: {self._most_waiting})")
        tx_hash = hash_of_tx(raw)
        if tx_hash in self._seen:
            raise InCache("tx already exists in cache")
        self._remember(tx_hash)
        check = self._node.submit(raw)
        if check.code != 0:
            self._seen.pop(tx_hash, None)
        return Submitted(tx_hash, check)

    def hash_text(self, raw: bytes) -> str:
        """The hash of a transaction as clients see it."""
        return hash_of_tx(raw).hex().upper()

    def _remember(self, tx_hash: bytes) -> None:
        self._seen[tx_hash] = None
        if len(self._seen) > self._cache_size:
            del self._seen[next(iter(self._seen))]

    def _forget_failed(self, record: BlockRecord) -> None:
        for tx_hash, position in record.tx_names:
            if record.results[position].code != 0:
                self._seen.pop(tx_hash, None)

    def _forget_all(self, _: int) -> None:
        self._seen.clear()
