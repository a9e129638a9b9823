"""Rows of x/vault. Source: dydx-vault §2."""

from __future__ import annotations

from vaultsim.pb.dydxprotocol.vault import NumShares, OperatorParams, OwnerShareUnlocks, QuotingParams, VaultParams
from vaultsim.store import codecs
from vaultsim.store.collections import Item, KeySet, Map
from vaultsim.store.schema import Schema
from vaultsim.x.vault import keys


class VaultState:
    """Shares and unlocks by owner (bech32); parameters and remembered client ids by vault text; vault addresses."""

    def __init__(self) -> None:
        schema = self.schema = Schema(keys.STORE)
        vault_key = codecs.memoized(codecs.TEXT)
        self.total_shares: Item[NumShares] = schema.item(keys.TOTAL_SHARES, codecs.message(NumShares))
        self.owner_shares: Map[str, NumShares] = schema.map(keys.OWNER_SHARES, codecs.TEXT, codecs.message(NumShares))
        self.owner_share_unlocks: Map[str, OwnerShareUnlocks] = schema.map(
            keys.OWNER_SHARE_UNLOCKS, codecs.TEXT, codecs.message(OwnerShareUnlocks)
        )
        self.default_quoting_params: Item[QuotingParams] = schema.item(
            keys.DEFAULT_QUOTING_PARAMS, codecs.message(QuotingParams)
        )
        self.vault_params: Map[str, VaultParams] = schema.map(keys.VAULT_PARAMS, vault_key, codecs.message(VaultParams))
        self.addresses: KeySet[str] = schema.key_set(keys.VAULT_ADDRESS, codecs.TEXT)
        self.client_ids: Map[str, tuple[int, ...]] = schema.map(keys.MOST_RECENT_CLIENT_IDS, vault_key, codecs.U32_LIST)
        self.operator_params: Item[OperatorParams] = schema.item(keys.OPERATOR_PARAMS, codecs.message(OperatorParams))
