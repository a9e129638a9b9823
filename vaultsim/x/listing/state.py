"""What store "listing" holds. Source: dydx-modules §18."""

from __future__ import annotations

from vaultsim.pb.dydxprotocol.listing import ListingVaultDepositParams
from vaultsim.store import codecs
from vaultsim.store.collections import Item
from vaultsim.store.schema import Schema
from vaultsim.x.listing import keys


class ListingState:
    """Rows of x/listing."""

    def __init__(self) -> None:
        self.schema = Schema(keys.STORE)
        self.hard_cap: Item[int] = self.schema.item(keys.HARD_CAP, codecs.UINT_VALUE)
        self.deposit_params: Item[ListingVaultDepositParams] = self.schema.item(
            keys.DEPOSIT_PARAMS, codecs.message(ListingVaultDepositParams)
        )
