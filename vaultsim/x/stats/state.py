"""What stores "stats" and "tmp_stats" hold. Source: dydx-modules §13."""

from __future__ import annotations

from vaultsim.pb.dydxprotocol.stats import (
    BlockStats,
    CachedStakedBaseTokens,
    EpochStats,
    GlobalStats,
    Params,
    StatsMetadata,
    UserStats,
)
from vaultsim.store import codecs
from vaultsim.store.collections import Item, Map
from vaultsim.store.schema import Lifetime, Schema
from vaultsim.x.stats import keys


class StatsState:
    """Rows of x/stats; users are bech32 texts."""

    def __init__(self) -> None:
        self.schema = Schema(keys.STORE)
        self.params: Item[Params] = self.schema.item(keys.PARAMS, codecs.message(Params))
        self.metadata: Item[StatsMetadata] = self.schema.item(keys.METADATA, codecs.message(StatsMetadata))
        self.totals: Item[GlobalStats] = self.schema.item(keys.GLOBAL, codecs.message(GlobalStats))
        self.epochs: Map[int, EpochStats] = self.schema.map(keys.EPOCH, codecs.U32_BE, codecs.message(EpochStats))
        self.users: Map[str, UserStats] = self.schema.map(
            keys.USER, codecs.memoized(codecs.TEXT), codecs.message(UserStats)
        )
        self.cached_stakes: Map[str, CachedStakedBaseTokens] = self.schema.map(
            keys.CACHED_STAKE, codecs.memoized(codecs.TEXT), codecs.message(CachedStakedBaseTokens)
        )
        self.transient = Schema(keys.TRANSIENT_STORE, Lifetime.TRANSIENT)
        self.block: Item[BlockStats] = self.transient.item(keys.BLOCK, codecs.message(BlockStats))
