"""What store "blocktime" holds. Source: dydx-modules §6."""

from __future__ import annotations

from vaultsim.pb.dydxprotocol.blocktime import AllDowntimeInfo, BlockInfo, DowntimeParams, SynchronyParams
from vaultsim.store import codecs
from vaultsim.store.collections import Item
from vaultsim.store.schema import Schema
from vaultsim.x.blocktime import keys


class BlocktimeState:
    """Rows of x/blocktime."""

    def __init__(self) -> None:
        self.schema = Schema(keys.STORE)
        self.downtime_params: Item[DowntimeParams] = self.schema.item(
            keys.DOWNTIME_PARAMS, codecs.message(DowntimeParams)
        )
        self.all_downtime_info: Item[AllDowntimeInfo] = self.schema.item(
            keys.ALL_DOWNTIME_INFO, codecs.message(AllDowntimeInfo)
        )
        self.previous_block_info: Item[BlockInfo] = self.schema.item(
            keys.PREVIOUS_BLOCK_INFO, codecs.message(BlockInfo)
        )
        self.synchrony_params: Item[SynchronyParams] = self.schema.item(
            keys.SYNCHRONY_PARAMS, codecs.message(SynchronyParams)
        )
