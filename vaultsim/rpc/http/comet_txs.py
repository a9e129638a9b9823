"""Methods about transactions: broadcasting, looking up, searching, what waits.

Source: CometBFT 0.38, RPC; client-surfaces §1.2.
"""

from __future__ import annotations

import asyncio
from typing import Any as Json
from typing import Final

from vaultsim.app.results import TxResult, printable
from vaultsim.node.live.blocks import BlockRecord, TxPlace
from vaultsim.node.live.node import Node
from vaultsim.rpc.broadcast import Broadcaster, Refused, Submitted
from vaultsim.rpc.http.comet_arguments import Argument, Arguments, Kind
from vaultsim.rpc.http.comet_blocks import ORDER_BY, QUERY
from vaultsim.rpc.http.comet_failures import RpcFailed
from vaultsim.rpc.http.comet_heights import page_of, per_page_of
from vaultsim.rpc.http.comet_methods import PAGE, PER_PAGE, RpcMethod
from vaultsim.rpc.http.comet_search import EventSearch, in_order
from vaultsim.rpc.http.comet_shapes import base64_text, hex_text, result_json, tx_answer

TX: Final = Argument("tx", Kind.BYTES)
HASH: Final = Argument("hash", Kind.BYTES)
PROVE: Final = Argument("prove", Kind.FLAG)


class TxMethods:
    """broadcast_tx_sync, _async and _commit, check_tx, tx, tx_search, unconfirmed_txs, num_unconfirmed_txs.

    commit_seconds: how long broadcast_tx_commit waits for the block.
    """

    def __init__(self, node: Node, broadcaster: Broadcaster, search: EventSearch, commit_seconds: float) -> None:
        self._node = node
        self._broadcaster = broadcaster
        self._search = search
        self._commit_seconds = commit_seconds
        self._waiting: dict[asyncio.Future[TxPlace], bytes] = {}
        node.listeners.append(self._tell_waiting)

    def methods(self) -> list[RpcMethod]:
        """What is answered here."""
        search = (QUERY, PROVE, PAGE, PER_PAGE, ORDER_BY)
        return [
            RpcMethod("broadcast_tx_sync", (TX,), self.broadcast_sync),
            RpcMethod("broadcast_tx_async", (TX,), self.broadcast_async),
            RpcMethod("broadcast_tx_commit", (TX,), self.broadcast_commit),
            RpcMethod("check_tx", (TX,), self.check),
            RpcMethod("tx", (HASH, PROVE), self.tx),
            RpcMethod("tx_search", search, self.tx_search),
            RpcMethod("unconfirmed_txs", (Argument("limit", Kind.INTEGER),), self.unconfirmed),
            RpcMethod("num_unconfirmed_txs", (), self.unconfirmed_number),
        ]

    # --- in ------------------------------------------------------------------------------------------------------

    def broadcast_sync(self, arguments: Arguments) -> Json:
        """CheckTx of a transaction, and what came of it."""
        submitted = self._submit(arguments)
        return _broadcast_answer(submitted.tx_hash, submitted.check)

    def broadcast_async(self, arguments: Arguments) -> Json:
        """CheckTx of a transaction; only its hash is told."""
        return _broadcast_answer(self._submit(arguments).tx_hash, TxResult())

    async def broadcast_commit(self, arguments: Arguments) -> Json:
        """CheckTx of a transaction, then its result in a block; an error when no block takes it in time."""
        try:
            submitted = self._submit(arguments)
        except RpcFailed as problem:
            raise RpcFailed(f"error on broadcastTxCommit: {problem.text}") from None
        place = await self._committed(submitted) if submitted.check.code == 0 else None
        return {
            "check_tx": result_json(submitted.check),
            "tx_result": result_json(TxResult() if place is None else place.result),
            "hash": hex_text(submitted.tx_hash),
            "height": str(0 if place is None else place.block.height),
        }

    def check(self, arguments: Arguments) -> Json:
        """CheckTx of a transaction that is not put into the mempool."""
        node = self._node
        tx = node.as_received(_bytes(arguments))
        return result_json(node.app.check_tx(node.chain.check_ctx, tx))

    def _submit(self, arguments: Arguments) -> Submitted:
        try:
            return self._broadcaster.submit(_bytes(arguments))
        except Refused as problem:
            raise RpcFailed(str(problem)) from None

    async def _committed(self, submitted: Submitted) -> TxPlace:
        # Instant blocks have taken it already.
        place = self._node.blocks.find_tx(submitted.tx_hash)
        if place is not None:
            return place
        waiting: asyncio.Future[TxPlace] = asyncio.get_running_loop().create_future()
        self._waiting[waiting] = submitted.tx_hash
        try:
            return await asyncio.wait_for(waiting, self._commit_seconds)
        except TimeoutError:
            raise RpcFailed("timed out waiting for tx to be included in a block") from None
        finally:
            del self._waiting[waiting]

    def _tell_waiting(self, _: BlockRecord) -> None:
        for waiting, tx_hash in self._waiting.items():
            place = self._node.blocks.find_tx(tx_hash)
            if place is not None and not waiting.done():
                waiting.set_result(place)

    # --- out -----------------------------------------------------------------------------------------------------

    def tx(self, arguments: Arguments) -> Json:
        """A transaction of a block by its hash."""
        tx_hash = arguments["hash"] or b""
        if not tx_hash:
            raise RpcFailed("transaction hash cannot be empty")
        place = self._node.blocks.find_tx(tx_hash)
        if place is None:
            raise RpcFailed(f"tx ({hex_text(tx_hash[:64])}) not found")
        return tx_answer(place, with_proof=bool(arguments["prove"]))

    async def tx_search(self, arguments: Arguments) -> Json:
        """The transactions whose events a query matches, in the chain's order unless order_by is desc."""
        found = await self._search.txs(arguments["query"] or "")
        ordered = in_order(found, arguments["order_by"], "asc")
        shown = page_of(ordered, arguments["page"], arguments["per_page"])
        txs = [tx_answer(place, with_proof=bool(arguments["prove"])) for place in shown]
        return {"txs": txs, "total_count": str(len(ordered))}

    def unconfirmed(self, arguments: Arguments) -> Json:
        """Transactions that wait for a block, the oldest first."""
        waiting = self._node.waiting_txs()
        shown = waiting[: per_page_of(arguments["limit"])]
        return _mempool_answer(waiting, [base64_text(raw) for raw in shown])

    def unconfirmed_number(self, _: Arguments) -> Json:
        """How many transactions wait for a block."""
        return _mempool_answer(self._node.waiting_txs(), None)


def _bytes(arguments: Arguments) -> bytes:
    raw: bytes = arguments["tx"] or b""
    return raw


def _broadcast_answer(tx_hash: bytes, check: TxResult) -> Json:
    return {
        "code": check.code,
        "data": hex_text(check.data),
        "log": printable(check.log),
        "codespace": check.codespace,
        "hash": hex_text(tx_hash),
    }


def _mempool_answer(waiting: list[bytes], shown: list[str] | None) -> Json:
    count = len(waiting) if shown is None else len(shown)
    size = sum(len(raw) for raw in waiting)
    return {"n_txs": str(count), "total": str(len(waiting)), "total_bytes": str(size), "txs": shown}
