"""Which markets were switched on or off since genesis. Source: dydx-modules §8.3."""

from __future__ import annotations

from vaultsim.store.codecs import TEXT, UINT_VALUE
from vaultsim.store.collections import Map
from vaultsim.store.schema import Lifetime, Schema


class MarketMapState:
    """Switched markets by pair: 1 for on, 0 for off. Kept in memory, as it shows in gas only."""

    def __init__(self) -> None:
        self.schema = Schema("mem_marketmap", Lifetime.MEMORY)
        self.switched: Map[str, int] = self.schema.map(b"enabled:", TEXT, UINT_VALUE)
