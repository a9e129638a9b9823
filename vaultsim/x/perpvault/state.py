"""Rows of x/perpvault. Source: perp-vault §3."""

from __future__ import annotations

from vaultsim.pb.vaultsim.perpvault.v1 import AccountIndexes, PriceRounds
from vaultsim.store import codecs
from vaultsim.store.collections import Item, KeySet, Map
from vaultsim.store.schema import Lifetime, Schema
from vaultsim.x.perpvault import keys, types
from vaultsim.x.perpvault.params import PARAMS, Params
from vaultsim.x.perpvault.types import (
    DecreaseOrder,
    DecreaseRequest,
    IncreaseOrder,
    IncreaseRequest,
    KeeperPrice,
    Position,
    PositionId,
    Token,
    TokenList,
)


class PerpvaultState:
    """Settings, tokens by denomination, positions, roles, routers, the queue, orders, prices.

    A queue's keys are by their place; `updated_markets` holds, within a block, the markets whose price was set.
    """

    def __init__(self) -> None:
        schema = self.schema = Schema(keys.STORE)
        self.transient = Schema(keys.TRANSIENT_STORE, Lifetime.TRANSIENT)
        text = codecs.memoized(codecs.TEXT)
        self.params: Item[Params] = schema.item(keys.PARAMS, PARAMS)
        self.token_list: Item[TokenList] = schema.item(keys.TOKEN_LIST, types.TOKEN_LIST)
        self.tokens: Map[str, Token] = schema.map(keys.TOKENS, text, types.TOKEN)
        self.positions: Map[PositionId, Position] = schema.map(keys.POSITIONS, keys.POSITION, types.POSITION)
        self.roles: KeySet[tuple[int, str]] = schema.key_set(keys.ROLES, keys.ROLE)
        self.approved_routers: KeySet[tuple[str, str]] = schema.key_set(keys.APPROVED_ROUTERS, keys.TEXT_PAIR)
        self.increase_requests: Map[str, IncreaseRequest] = schema.map(
            keys.INCREASE_REQUESTS, codecs.TEXT, types.INCREASE_REQUEST
        )
        self.decrease_requests: Map[str, DecreaseRequest] = schema.map(
            keys.DECREASE_REQUESTS, codecs.TEXT, types.DECREASE_REQUEST
        )
        self.increase_queue: Map[int, str] = schema.map(keys.INCREASE_QUEUE, codecs.U64_BE, codecs.TEXT)
        self.decrease_queue: Map[int, str] = schema.map(keys.DECREASE_QUEUE, codecs.U64_BE, codecs.TEXT)
        self.increase_bounds: Item[tuple[int, int]] = schema.item(keys.INCREASE_QUEUE_BOUNDS, keys.BOUNDS)
        self.decrease_bounds: Item[tuple[int, int]] = schema.item(keys.DECREASE_QUEUE_BOUNDS, keys.BOUNDS)
        self.request_indexes: Map[str, AccountIndexes] = schema.map(
            keys.REQUEST_INDEXES, codecs.TEXT, codecs.message(AccountIndexes)
        )
        self.increase_orders: Map[tuple[str, int], IncreaseOrder] = schema.map(
            keys.INCREASE_ORDERS, keys.NUMBERED, types.INCREASE_ORDER
        )
        self.decrease_orders: Map[tuple[str, int], DecreaseOrder] = schema.map(
            keys.DECREASE_ORDERS, keys.NUMBERED, types.DECREASE_ORDER
        )
        self.order_indexes: Map[str, AccountIndexes] = schema.map(
            keys.ORDER_INDEXES, codecs.TEXT, codecs.message(AccountIndexes)
        )
        self.keeper_prices: Map[str, KeeperPrice] = schema.map(keys.KEEPER_PRICES, codecs.TEXT, types.KEEPER_PRICE)
        self.rounds: Map[int, PriceRounds] = schema.map(keys.PRICE_ROUNDS, codecs.U32_BE, codecs.message(PriceRounds))
        self.updated_markets: KeySet[int] = self.transient.key_set(keys.UPDATED_MARKETS, codecs.U32_BE)
