"""Rows of x/fundvault. Source: fund-vault §3."""

from __future__ import annotations

from vaultsim.pb.vaultsim.fundvault.v1 import EpochCount, Params, RedemptionRequest, Vault
from vaultsim.store import codecs
from vaultsim.store.collections import Item, Map
from vaultsim.store.schema import Schema
from vaultsim.x.fundvault import keys


class FundVaultState:
    """Vaults by id (bech32), living and archived ones apart; units by vault and holder; requests by vault and id while
    open, by id once completed; counts of the epoch by party."""

    def __init__(self) -> None:
        schema = self.schema = Schema(keys.STORE)
        vault_id = codecs.memoized(codecs.TEXT)
        self.params: Item[Params] = schema.item(keys.PARAMS, codecs.message(Params))
        self.next_vault_sequence: Item[int] = schema.item(keys.NEXT_VAULT_SEQUENCE, codecs.U64_BE)
        self.next_request_id: Item[int] = schema.item(keys.NEXT_REQUEST_ID, codecs.U64_BE)
        self.vaults: Map[str, Vault] = schema.map(keys.VAULT, vault_id, codecs.message(Vault))
        self.archive: Map[str, Vault] = schema.map(keys.ARCHIVE, vault_id, codecs.message(Vault))
        self.units: Map[tuple[str, str], int] = schema.map(keys.UNITS, keys.HOLDER, codecs.DECIMAL)
        self.open_requests: Map[tuple[str, int], RedemptionRequest] = schema.map(
            keys.OPEN_REQUEST, keys.REQUEST, codecs.message(RedemptionRequest)
        )
        self.done_requests: Map[int, RedemptionRequest] = schema.map(
            keys.DONE_REQUEST, codecs.U64_BE, codecs.message(RedemptionRequest)
        )
        self.epoch_counts: Map[str, EpochCount] = schema.map(keys.EPOCH_COUNT, codecs.TEXT, codecs.message(EpochCount))
