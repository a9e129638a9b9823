"""How a transaction from a client gets to the node: size limit, the cache that refuses repeats, CheckTx.

One for all doors, as the mempool in front of an application is. Source: client-surfaces §1.5.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from vaultsim.app.results import TxResult
from vaultsim.node.live.blocks import BlockRecord, hash_of_tx
from vaultsim.node.live.node import Node

CACHE_SIZE: Final = 10_000
MOST_TX_BYTES: Final = 1_048_576
IN_CACHE: Final = "tx already exists in cache"
TOO_LARGE: Final = "tx too large"


class Refused(Exception):
    """A transaction that did not even reach CheckTx: too large, or seen already."""


class Submitted(NamedTuple):
    """The hash of a transaction and its CheckTx result."""

    tx_hash: bytes
    check: TxResult


class Broadcaster:
    """Takes transactions for a node. A repeat of an accepted one is refused for as long as the cache remembers it."""

    def __init__(self, node: Node, *, cache_size: int = CACHE_SIZE, most_tx_bytes: int = MOST_TX_BYTES) -> None:
        self._node = node
        self._cache_size = cache_size
        self._most_tx_bytes = most_tx_bytes
        self._seen: dict[bytes, None] = {}
        node.listeners.append(self._forget_failed)
        node.revert_listeners.append(self._forget_all)

    def submit(self, raw: bytes) -> Submitted:
        """Puts a transaction through CheckTx. Raises Refused, and ChainHalted where a block follows at once."""
        if len(raw) > self._most_tx_bytes:
            raise Refused(f"{TOO_LARGE}. Max size is {self._most_tx_bytes}, but got {len(raw)}")
        tx_hash = hash_of_tx(raw)
        if tx_hash in self._seen:
            raise Refused(IN_CACHE)
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
