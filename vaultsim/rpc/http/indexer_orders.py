"""Open orders and books in the indexer's shapes, out of the node's own books and the state.

Source: client-surfaces §§1.1, 1.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any as Json
from typing import Final

from vaultsim.context import NANOSECONDS
from vaultsim.node.live.node import Node
from vaultsim.pb.dydxprotocol.clob import LongTermOrderPlacement, Order
from vaultsim.rpc.http.indexer_markets import Market, Markets
from vaultsim.rpc.http.indexer_names import order_uuid, subaccount_uuid
from vaultsim.rpc.http.indexer_numbers import iso_time, text
from vaultsim.x.clob.types import (
    CONDITION_STOP_LOSS,
    CONDITION_TAKE_PROFIT,
    SHORT_TERM,
    SIDE_BUY,
    TIME_IN_FORCE_FILL_OR_KILL,
    TIME_IN_FORCE_IOC,
    TIME_IN_FORCE_POST_ONLY,
    TWAP,
    TWAP_SUBORDER,
)

MOST_LEVELS: Final = 100
_TIMES_IN_FORCE: Final = {TIME_IN_FORCE_IOC: "IOC", TIME_IN_FORCE_FILL_OR_KILL: "FOK"}
_CONDITIONAL_KINDS: Final = {CONDITION_STOP_LOSS: "STOP_LIMIT", CONDITION_TAKE_PROFIT: "TAKE_PROFIT"}
_KINDS_OF_FLAGS: Final = {TWAP: "TWAP", TWAP_SUBORDER: "TWAP_SUBORDER"}


class Orders:
    """Reads the books of a node and the orders in its state."""

    def __init__(self, node: Node, markets: Markets) -> None:
        self._node = node
        self._markets = markets

    def orderbook(self, market: Market) -> dict[str, Json]:
        """The price levels of a market's book, the best first, at most 100 a side."""
        book = self._node.app.modules.memclob.books.get(market.pair.id)
        if book is None:
            return {"bids": [], "asks": []}
        return {
            "bids": self._levels(book.bids.orders(), market),
            "asks": self._levels(book.asks.orders(), market),
        }

    def open(self, address: str, has: Callable[[int], bool]) -> Iterator[dict[str, Json]]:
        """The open orders of an address' subaccounts, also untriggered conditional ones."""
        for book in self._node.app.modules.memclob.books.values():
            for order in book.orders.values():
                owner = order.order_id.subaccount_id
                if owner.owner == address and has(owner.number):
                    shown = self._order_json(order, "BEST_EFFORT_OPENED" if _is_short_term(order) else "OPEN")
                    if shown is not None:
                        yield shown
        for placement in self._node.app.modules.clob.state.untriggered.values(self._node.app.query_context()):
            owner = placement.order.order_id.subaccount_id
            if owner.owner == address and has(owner.number):
                shown = self._order_json(placement.order, "UNTRIGGERED")
                if shown is not None:
                    yield shown

    def _levels(self, orders: Iterable[Order], market: Market) -> list[dict[str, str]]:
        sizes: dict[int, int] = {}
        for order in orders:
            left = self._node.app.modules.clob.remaining(self._node.chain.check_ctx, order)
            if left is None:
                continue
            if order.subticks not in sizes and len(sizes) == MOST_LEVELS:
                break
            sizes[order.subticks] = sizes.get(order.subticks, 0) + left
        return [{"price": text(market.price(at)), "size": text(market.size(size))} for at, size in sizes.items()]

    def _order_json(self, order: Order, status: str) -> dict[str, Json] | None:
        order_id = order.order_id
        market = self._markets.of_pair(order_id.clob_pair_id)
        if market is None:
            return None
        filled = self._node.app.modules.clob.fill_amount(self._node.chain.check_ctx, order_id)
        owner = order_id.subaccount_id
        shown: dict[str, Json] = {
            "id": order_uuid(order_id),
            "subaccountId": subaccount_uuid(owner.owner, owner.number),
            "clientId": str(order_id.client_id),
            "clobPairId": str(order_id.clob_pair_id),
            "side": "BUY" if order.side == SIDE_BUY else "SELL",
            "size": text(market.size(order.quantums)),
            "totalFilled": text(market.size(filled)),
            "price": text(market.price(order.subticks)),
            "type": _kind(order),
            "status": status,
            "timeInForce": _TIMES_IN_FORCE.get(order.time_in_force, "GTT"),
            "postOnly": order.time_in_force == TIME_IN_FORCE_POST_ONLY,
            "reduceOnly": order.reduce_only,
            "orderFlags": str(order_id.order_flags),
            "clientMetadata": str(order.client_metadata),
            "ticker": market.ticker,
            "subaccountNumber": owner.number,
            **_good_til(order),
            **self._placed(order),
        }
        if order.conditional_order_trigger_subticks:
            shown["triggerPrice"] = text(market.price(order.conditional_order_trigger_subticks))
        if order.order_router_address:
            shown["orderRouterAddress"] = order.order_router_address
        return shown

    def _placed(self, order: Order) -> dict[str, Json]:
        """Since when a stateful order is there; the time only while its block is remembered."""
        placement = None if _is_short_term(order) else self._placement(order)
        if placement is None:
            return {}
        height = placement.placement_index.block_height
        record = self._node.blocks.get(height)
        shown: dict[str, Json] = {"createdAtHeight": str(height), "updatedAtHeight": str(height)}
        if record is not None:
            shown["createdAt"] = shown["updatedAt"] = iso_time(record.time_ns)
        return shown

    def _placement(self, order: Order) -> LongTermOrderPlacement | None:
        if order.order_id.order_flags == TWAP:
            return None
        return self._node.app.modules.clob.find_long_term_placement(self._node.app.query_context(), order.order_id)


def _is_short_term(order: Order) -> bool:
    return order.order_id.order_flags == SHORT_TERM


def _kind(order: Order) -> str:
    kind = _KINDS_OF_FLAGS.get(order.order_id.order_flags)
    return kind or _CONDITIONAL_KINDS.get(order.condition_type, "LIMIT")


def _good_til(order: Order) -> dict[str, str]:
    if order.good_til_block is not None:
        return {"goodTilBlock": str(order.good_til_block)}
    return {"goodTilBlockTime": iso_time((order.good_til_block_time or 0) * NANOSECONDS)}
