"""Rows of x/assets. Source: dydx-modules §7."""

from __future__ import annotations

from vaultsim.pb.dydxprotocol.assets import Asset
from vaultsim.store import codecs
from vaultsim.store.collections import Map
from vaultsim.store.schema import Schema


class AssetsState:
    """Assets by id."""

    def __init__(self) -> None:
        self.schema = Schema("assets")
        self.assets: Map[int, Asset] = self.schema.map(b"Asset:", codecs.memoized(codecs.U32_BE), codecs.message(Asset))
