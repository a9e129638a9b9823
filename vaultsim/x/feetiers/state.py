"""What store "feetiers" holds. Source: dydx-modules §16.1."""

from __future__ import annotations

from vaultsim.pb.dydxprotocol.feetiers import PerMarketFeeDiscountParams, PerpetualFeeParams, StakingTier
from vaultsim.store import codecs
from vaultsim.store.collections import Item, Map
from vaultsim.store.schema import Schema
from vaultsim.x.feetiers import keys


class FeetiersState:
    """Rows of x/feetiers: tiers, discounts by clob pair id, staking levels by tier name."""

    def __init__(self) -> None:
        self.schema = Schema(keys.STORE)
        self.params: Item[PerpetualFeeParams] = self.schema.item(keys.PARAMS, codecs.message(PerpetualFeeParams))
        self.discounts: Map[int, PerMarketFeeDiscountParams] = self.schema.map(
            keys.MARKET_DISCOUNT, codecs.U32_BE, codecs.message(PerMarketFeeDiscountParams)
        )
        self.staking_tiers: Map[str, StakingTier] = self.schema.map(
            keys.STAKING_TIER, codecs.memoized(codecs.TEXT), codecs.message(StakingTier)
        )
