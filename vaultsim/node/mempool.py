"""Transactions that passed CheckTx and wait for a block, in the order of their acceptance.

Source: dydx-modules §1.4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from vaultsim.app.tx import RawTx, decode_tx
from vaultsim.x.clob.check_mode import is_short_term_message


class Mempool:
    """Waiting transactions. Short-term orders and cancels are done once they reached the books; they do not wait."""

    def __init__(self) -> None:
        self._waiting: list[RawTx] = []

    def add(self, tx: RawTx) -> None:
        """Keeps an accepted transaction, unless it is a short-term one."""
        messages = decode_tx(tx.raw, is_trusted=tx.is_trusted).messages
        if not any(is_short_term_message(message) for message in messages):
            self._waiting.append(tx)

    @property
    def size(self) -> int:
        """How many transactions wait."""
        return len(self._waiting)

    def waiting(self) -> list[RawTx]:
        """All waiting transactions, oldest first."""
        return list(self._waiting)

    def restore(self, kept: list[RawTx]) -> None:
        """Goes back to transactions that waited."""
        self._waiting = list(kept)

    def remove(self, included: Iterable[RawTx]) -> None:
        """Forgets the transactions of a block, one for each time they are in it."""
        if not self._waiting:
            return
        gone = Counter(included)
        left: list[RawTx] = []
        for tx in self._waiting:
            if gone[tx]:
                gone[tx] -= 1
            else:
                left.append(tx)
        self._waiting = left
