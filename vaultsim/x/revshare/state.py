"""What store "revshare" holds. Source: dydx-modules §15.1."""

from __future__ import annotations

from vaultsim.pb.dydxprotocol.revshare import (
    MarketMapperRevenueShareParams,
    MarketMapperRevShareDetails,
    UnconditionalRevShareConfig,
)
from vaultsim.store import codecs
from vaultsim.store.collections import Item, Map
from vaultsim.store.schema import Schema
from vaultsim.x.revshare import keys


class RevshareState:
    """Rows of x/revshare; routers are keyed by address bytes and hold raw u32 ppm."""

    def __init__(self) -> None:
        self.schema = Schema(keys.STORE)
        self.mapper_params: Item[MarketMapperRevenueShareParams] = self.schema.item(
            keys.MAPPER_PARAMS, codecs.message(MarketMapperRevenueShareParams)
        )
        self.mapper_details: Map[int, MarketMapperRevShareDetails] = self.schema.map(
            keys.MAPPER_DETAILS, codecs.U32_BE, codecs.message(MarketMapperRevShareDetails)
        )
        self.unconditional_config: Item[UnconditionalRevShareConfig] = self.schema.item(
            keys.UNCONDITIONAL_CONFIG, codecs.message(UnconditionalRevShareConfig)
        )
        self.routers: Map[bytes, int] = self.schema.map(keys.ORDER_ROUTER, codecs.RAW, codecs.U32_BE)
