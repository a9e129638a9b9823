"""Rows of x/prices. Source: dydx-modules §8.1."""

from __future__ import annotations

from vaultsim.pb.dydxprotocol.prices import MarketParam, MarketPrice
from vaultsim.store import codecs
from vaultsim.store.collections import Item, Map
from vaultsim.store.schema import Schema


class PricesState:
    """Market parameters and prices by market id, market ids by currency pair, the next market id."""

    def __init__(self) -> None:
        self.schema = Schema("prices")
        key = codecs.memoized(codecs.U32_BE)
        self.params: Map[int, MarketParam] = self.schema.map(b"Param:", key, codecs.message(MarketParam))
        self.prices: Map[int, MarketPrice] = self.schema.map(b"Price:", key, codecs.message(MarketPrice))
        self.currency_pair_ids: Map[str, int] = self.schema.map(b"CurrencyPairID:", codecs.TEXT, codecs.UINT_VALUE)
        self.next_market_id: Item[int] = self.schema.item(b"NextMarketID", codecs.UINT_VALUE)
