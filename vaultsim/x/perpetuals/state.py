"""Rows of x/perpetuals. Source: dydx-modules §9.1."""

from __future__ import annotations

from vaultsim.pb.dydxprotocol.perpetuals import LiquidityTier, Params, Perpetual, PremiumStore
from vaultsim.store import codecs
from vaultsim.store.collections import Item, Map
from vaultsim.store.schema import Schema


class PerpetualsState:
    """Perpetuals, liquidity tiers, parameters, premium votes and samples, the next perpetual id."""

    def __init__(self) -> None:
        self.schema = Schema("perpetuals")
        key = codecs.memoized(codecs.U32_BE)
        self.perpetuals: Map[int, Perpetual] = self.schema.map(b"Perp:", key, codecs.message(Perpetual))
        self.liquidity_tiers: Map[int, LiquidityTier] = self.schema.map(b"LiqTier:", key, codecs.message(LiquidityTier))
        self.params: Item[Params] = self.schema.item(b"Params", codecs.message(Params))
        self.premium_votes: Item[PremiumStore] = self.schema.item(b"PremVotes", codecs.message(PremiumStore))
        self.premium_samples: Item[PremiumStore] = self.schema.item(b"PremSamples", codecs.message(PremiumStore))
        self.next_perpetual_id: Item[int] = self.schema.item(b"NextPerpetualID", codecs.UINT_VALUE)
