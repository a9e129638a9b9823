"""What store "vest" holds: the entries, by the name of the vester."""

from __future__ import annotations

from vaultsim.pb.dydxprotocol.vest import VestEntry
from vaultsim.store import codecs
from vaultsim.store.collections import Map
from vaultsim.store.schema import Schema
from vaultsim.x.vest import keys


class VestState:
    """Rows of x/vest."""

    def __init__(self) -> None:
        self.schema = Schema(keys.STORE)
        self.entries: Map[str, VestEntry] = self.schema.map(keys.ENTRIES, codecs.TEXT, codecs.message(VestEntry))
