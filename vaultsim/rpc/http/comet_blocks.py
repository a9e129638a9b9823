"""Methods about blocks: whole ones, headers, commits, results, and searching them by their events.

Source: CometBFT 0.38, RPC.
"""

from __future__ import annotations

from typing import Any as Json
from typing import Final

from vaultsim.node.live.headers import consensus_parameters
from vaultsim.node.live.node import Node
from vaultsim.rpc.http.comet_arguments import Argument, Arguments, Kind
from vaultsim.rpc.http.comet_failures import RpcFailed
from vaultsim.rpc.http.comet_heights import chosen_block, chosen_height, last_height, page_of
from vaultsim.rpc.http.comet_methods import HEIGHT, PAGE, PER_PAGE, RpcMethod
from vaultsim.rpc.http.comet_search import EventSearch, in_order
from vaultsim.rpc.http.comet_shapes import (
    base64_text,
    block_answer,
    block_meta_json,
    commit_json,
    events_json,
    header_json,
    params_update_json,
    result_json,
)

MOST_HEADERS: Final = 20
QUERY: Final = Argument("query", Kind.TEXT)
ORDER_BY: Final = Argument("order_by", Kind.TEXT)


class BlockMethods:
    """block, block_by_hash, header, header_by_hash, commit, block_results, blockchain, block_search."""

    def __init__(self, node: Node, search: EventSearch) -> None:
        self._node = node
        self._search = search
        self._parameters = consensus_parameters(node.document.others)

    def methods(self) -> list[RpcMethod]:
        """What is answered here."""
        bounds = (Argument("minHeight", Kind.INTEGER), Argument("maxHeight", Kind.INTEGER))
        return [
            RpcMethod("block", (HEIGHT,), self.block),
            RpcMethod("block_by_hash", (Argument("hash", Kind.BYTES),), self.block_by_hash),
            RpcMethod("header", (HEIGHT,), self.header),
            RpcMethod("header_by_hash", (Argument("hash", Kind.HEX),), self.header_by_hash),
            RpcMethod("commit", (HEIGHT,), self.commit),
            RpcMethod("block_results", (HEIGHT,), self.block_results),
            RpcMethod("blockchain", bounds, self.blockchain),
            RpcMethod("block_search", (QUERY, PAGE, PER_PAGE, ORDER_BY), self.block_search),
        ]

    def block(self, arguments: Arguments) -> Json:
        """A block by its height."""
        return block_answer(chosen_block(self._node, arguments["height"]))

    def block_by_hash(self, arguments: Arguments) -> Json:
        """A block by its hash; null when there is none."""
        return block_answer(self._node.blocks.find_block(arguments["hash"] or b""))

    def header(self, arguments: Arguments) -> Json:
        """A block's header by the block's height."""
        record = chosen_block(self._node, arguments["height"])
        return {"header": None if record is None else header_json(record.header)}

    def header_by_hash(self, arguments: Arguments) -> Json:
        """A block's header by the block's hash; null when there is none."""
        record = self._node.blocks.find_block(arguments["hash"] or b"")
        return {"header": None if record is None else header_json(record.header)}

    def commit(self, arguments: Arguments) -> Json:
        """The header and the commit of a block; canonical once the next block holds it."""
        record = chosen_block(self._node, arguments["height"])
        if record is None:
            return None
        signed = {"header": header_json(record.header), "commit": commit_json(record.commit)}
        return {"signed_header": signed, "canonical": record.height < self._node.height}

    def block_results(self, arguments: Arguments) -> Json:
        """What became of a block's transactions, and the events of its hooks."""
        height = chosen_height(self._node, arguments["height"], last_height(self._node))
        record = self._node.blocks.get(height)
        if record is None:
            raise RpcFailed(f"could not find results for height #{height}")
        return {
            "height": str(height),
            "txs_results": [result_json(result) for result in record.results] or None,
            "finalize_block_events": events_json(record.events) or None,
            "validator_updates": None,
            "consensus_param_updates": params_update_json(self._parameters),
            "app_hash": base64_text(record.app_hash),
        }

    def blockchain(self, arguments: Arguments) -> Json:
        """At most 20 headers between two heights, the highest first."""
        last = last_height(self._node)
        low, high = _bounds(arguments, self._node.blocks.earliest_height, last)
        found = [self._node.blocks.get(height) for height in range(high, low - 1, -1)]
        metas = [block_meta_json(record) for record in found if record is not None]
        return {"last_height": str(last), "block_metas": metas}

    async def block_search(self, arguments: Arguments) -> Json:
        """The blocks whose hooks emitted what a query asks for, the highest first unless order_by is asc."""
        found = await self._search.blocks(arguments["query"] or "")
        ordered = in_order(found, arguments["order_by"], "desc")
        shown = page_of(ordered, arguments["page"], arguments["per_page"])
        return {"blocks": [block_answer(record) for record in shown], "total_count": str(len(ordered))}


def _bounds(arguments: Arguments, earliest: int, last: int) -> tuple[int, int]:
    low, high = arguments["minHeight"] or 0, arguments["maxHeight"] or 0
    if low < 0 or high < 0:
        raise RpcFailed("heights must be non-negative")
    high = min(high or last, last)
    low = max(low, earliest, high - MOST_HEADERS + 1, 1)
    if low > high:
        raise RpcFailed(f"min height {low} can't be greater than max height {high}")
    return low, high
