"""Rows of x/mmvault. Source: mm-vault §2."""

from __future__ import annotations

from vaultsim.pb.vaultsim.mmvault.v1 import PairQuoteParams, PositionCost, Snapshot, UnlockQueue
from vaultsim.store import codecs
from vaultsim.store.collections import Item, KeySet, Map
from vaultsim.store.schema import Schema
from vaultsim.x.mmvault import keys
from vaultsim.x.mmvault.params import PARAMS, VaultParams


class MmvaultState:
    """Parameters, of the vault and by pair id; shares and unlocks by owner (bech32); snapshots by day.

    unlock_times: (end time, owner) of each owner's oldest unlock. position_costs: what was paid for open positions, by
    perpetual. A chain without parameters has no such vault.
    """

    def __init__(self) -> None:
        schema = self.schema = Schema(keys.STORE)
        self.params: Item[VaultParams] = schema.item(keys.PARAMS, PARAMS)
        self.pairs: Map[int, PairQuoteParams] = schema.map(keys.PAIR, codecs.U32_BE, codecs.message(PairQuoteParams))
        self.share_supply: Item[int] = schema.item(keys.SHARE_SUPPLY, codecs.DECIMAL)
        self.shares: Map[str, int] = schema.map(keys.SHARES, codecs.TEXT, codecs.DECIMAL)
        self.unlocks: Map[str, UnlockQueue] = schema.map(keys.UNLOCKS, codecs.TEXT, codecs.message(UnlockQueue))
        self.unlock_times: KeySet[tuple[int, str]] = schema.key_set(keys.UNLOCK_TIME, keys.UNLOCK_TIME_KEY)
        self.last_quote_refresh_height: Item[int] = schema.item(keys.LAST_QUOTE_REFRESH_HEIGHT, codecs.UINT_VALUE)
        self.snapshots: Map[int, Snapshot] = schema.map(keys.SNAPSHOT, codecs.U64_BE, codecs.message(Snapshot))
        self.position_costs: Map[int, PositionCost] = schema.map(
            keys.POSITION_COST, codecs.U32_BE, codecs.message(PositionCost)
        )
