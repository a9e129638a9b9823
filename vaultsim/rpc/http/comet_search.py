"""Searching remembered blocks and transactions by their events, in the loop but a slice at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

from vaultsim.app.results import TxResult, printable
from vaultsim.events import AnyEvent
from vaultsim.node.live.blocks import BlockRecord, TxPlace
from vaultsim.node.live.node import Node
from vaultsim.rpc.http.comet_failures import RpcFailed
from vaultsim.rpc.http.comet_query import EventQuery, parse_query

T = TypeVar("T")
_EVENTS_A_SLICE: Final = 2_000
_SEARCHES_AT_ONCE: Final = 2
_TX_TYPES: Final = ("tx", "tm")
_BLOCK_TYPES: Final = ("block", "tm")


def event_values(events: Iterable[AnyEvent]) -> dict[str, list[str]]:
    """The values of events by type and attribute; those without a key are left out."""
    values: dict[str, list[str]] = {}
    for event in events:
        for key, value in event.attributes():
            if key and event.type:
                values.setdefault(f"{event.type}.{key}", []).append(printable(value))
    return values


def tx_values(record: BlockRecord, position: int) -> dict[str, list[str]]:
    """What a query about a transaction looks at."""
    values = event_values(record.results[position].events)
    values.setdefault("tm.event", []).append("Tx")
    values.setdefault("tx.hash", []).append(record.tx_hashes[position].hex().upper())
    values.setdefault("tx.height", []).append(str(record.height))
    return values


def block_values(record: BlockRecord, name: str = "NewBlock") -> dict[str, list[str]]:
    """What a query about a block looks at."""
    values = event_values(record.events)
    values.setdefault("tm.event", []).append(name)
    return values


def in_order(found: Sequence[T], asked: str | None, usual: str) -> Sequence[T]:
    """What was found in ascending order, in the order that was asked for. Raises RpcFailed."""
    order = asked or usual
    if order not in ("asc", "desc"):
        raise RpcFailed("expected order_by to be either `asc` or `desc` or empty")
    return found if order == "asc" else found[::-1]


class EventSearch:
    """Looks through the remembered blocks of a node; a few searches at a time, others wait."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._turns = asyncio.Semaphore(_SEARCHES_AT_ONCE)

    async def txs(self, text: str) -> list[TxPlace]:
        """The transactions that a query matches, in the chain's order. Raises RpcFailed."""
        query = parse_query(text)
        wanted_hash = query.text_of("tx.hash")
        if wanted_hash is not None:
            return self._tx_by_hash(query, wanted_hash)
        found: list[TxPlace] = []
        pause = _Pauses()
        async with self._turns:
            for record in self._records(query.heights("tx.height", self._node.height)):
                for position, result in enumerate(record.results):
                    await pause.after(len(result.events) + 1)
                    if _tx_may_match(query, result) and query.matches(tx_values(record, position)):
                        found.append(TxPlace(record, position))
        return found

    async def blocks(self, text: str) -> list[BlockRecord]:
        """The blocks that a query matches, in the chain's order. Raises RpcFailed."""
        query = parse_query(text)
        found: list[BlockRecord] = []
        pause = _Pauses()
        async with self._turns:
            for record in self._records(query.heights("block.height", self._node.height)):
                await pause.after(len(record.events) + 1)
                if not query.can_match({*_BLOCK_TYPES, *(event.type for event in record.events)}):
                    continue
                if query.matches({**block_values(record), "block.height": [str(record.height)]}):
                    found.append(record)
        return found

    def _tx_by_hash(self, query: EventQuery, wanted: str) -> list[TxPlace]:
        try:
            place = self._node.blocks.find_tx(bytes.fromhex(wanted))
        except ValueError:
            raise RpcFailed(f"tx.hash {wanted[:80]!r}: expected hexadecimal digits") from None
        if place is None:
            return []
        values = {**tx_values(place.block, place.position), "tx.hash": [wanted]}
        return [place] if query.matches(values) else []

    def _records(self, heights: range) -> list[BlockRecord]:
        """Blocks of these heights as they are now: a search does not see what comes meanwhile."""
        if len(heights) < len(self._node.blocks):
            found = (self._node.blocks.get(height) for height in heights)
            return [record for record in found if record is not None]
        return [record for record in self._node.blocks.oldest_first() if record.height in heights]


class _Pauses:
    """Lets others run after each slice of work."""

    def __init__(self) -> None:
        self._done = 0

    async def after(self, work: int) -> None:
        self._done += work
        if self._done >= _EVENTS_A_SLICE:
            self._done = 0
            await asyncio.sleep(0)


def _tx_may_match(query: EventQuery, result: TxResult) -> bool:
    return query.can_match({*_TX_TYPES, *(event.type for event in result.events)})
