"""What store "affiliates" holds. Source: dydx-modules §14."""

from __future__ import annotations

from vaultsim.pb.dydxprotocol.affiliates import (
    AffiliateOverrides,
    AffiliateParameters,
    AffiliateTiers,
    AffiliateWhitelist,
)
from vaultsim.store import codecs
from vaultsim.store.collections import Item, Map
from vaultsim.store.schema import Schema
from vaultsim.x.affiliates import keys


class AffiliatesState:
    """Rows of x/affiliates; `referred_by` maps a referee's bech32 text to its affiliate's."""

    def __init__(self) -> None:
        self.schema = Schema(keys.STORE)
        self.referred_by: Map[str, str] = self.schema.map(keys.REFERRED_BY, codecs.memoized(codecs.TEXT), codecs.TEXT)
        self.tiers: Item[AffiliateTiers] = self.schema.item(keys.TIERS, codecs.message(AffiliateTiers))
        self.whitelist: Item[AffiliateWhitelist] = self.schema.item(keys.WHITELIST, codecs.message(AffiliateWhitelist))
        self.parameters: Item[AffiliateParameters] = self.schema.item(
            keys.PARAMETERS, codecs.message(AffiliateParameters)
        )
        self.overrides: Item[AffiliateOverrides] = self.schema.item(keys.OVERRIDES, codecs.message(AffiliateOverrides))
