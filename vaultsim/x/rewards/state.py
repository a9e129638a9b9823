"""What stores "rewards" and "tmp_rewards" hold. Source: dydx-modules §17."""

from __future__ import annotations

from vaultsim.pb.dydxprotocol.rewards import Params, RewardShare
from vaultsim.store import codecs
from vaultsim.store.collections import Item, Map
from vaultsim.store.schema import Lifetime, Schema
from vaultsim.x.rewards import keys


class RewardsState:
    """Rows of x/rewards; shares are by bech32 text."""

    def __init__(self) -> None:
        self.schema = Schema(keys.STORE)
        self.params: Item[Params] = self.schema.item(keys.PARAMS, codecs.message(Params))
        self.transient = Schema(keys.TRANSIENT_STORE, Lifetime.TRANSIENT)
        self.shares: Map[str, RewardShare] = self.transient.map(
            keys.SHARES, codecs.memoized(codecs.TEXT), codecs.message(RewardShare)
        )
