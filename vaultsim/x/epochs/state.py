"""What store "epochs" holds. Source: dydx-modules §5."""

from __future__ import annotations

from vaultsim.pb.dydxprotocol.epochs import EpochInfo
from vaultsim.store import codecs
from vaultsim.store.collections import Map
from vaultsim.store.schema import Schema
from vaultsim.x.epochs import keys


class EpochsState:
    """Rows of x/epochs."""

    def __init__(self) -> None:
        self.schema = Schema(keys.STORE)
        self.epochs: Map[str, EpochInfo] = self.schema.map(keys.EPOCH_INFO, codecs.TEXT, codecs.message(EpochInfo))
