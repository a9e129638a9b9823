"""What store "delaymsg" holds. Source: dydx-modules §12."""

from __future__ import annotations

from vaultsim.pb.dydxprotocol.delaymsg import BlockMessageIds, DelayedMessage
from vaultsim.store import codecs
from vaultsim.store.collections import Item, Map
from vaultsim.store.schema import Schema
from vaultsim.x.delaymsg import keys


class DelaymsgState:
    """Rows of x/delaymsg: messages by id, ids by height, the next id."""

    def __init__(self) -> None:
        self.schema = Schema(keys.STORE)
        self.block_ids: Map[int, BlockMessageIds] = self.schema.map(
            keys.BLOCK_MESSAGE_IDS, codecs.U32_BE, codecs.message(BlockMessageIds)
        )
        self.messages: Map[int, DelayedMessage] = self.schema.map(
            keys.MESSAGE, codecs.U32_BE, codecs.message(DelayedMessage)
        )
        self.next_id: Item[int] = self.schema.item(keys.NEXT_ID, codecs.UINT_VALUE)
