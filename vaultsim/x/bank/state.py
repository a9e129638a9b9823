"""Rows of store "bank". Source: dydx-modules §4."""

from __future__ import annotations

from vaultsim.pb.cosmos.bank.v1beta1 import Metadata, Params
from vaultsim.store import codecs
from vaultsim.store.codecs import Codec
from vaultsim.store.schema import Schema
from vaultsim.x.bank import keys

_BOOL: Codec[bool] = Codec(lambda value: b"\x01" if value else b"\x00", lambda raw: raw == b"\x01")


class BankState:
    """Balances with their reverse index, supply, metadata, what may be sent, parameters."""

    def __init__(self) -> None:
        self.schema = Schema(keys.STORE)
        self.supply = self.schema.map(keys.SUPPLY, codecs.TEXT, codecs.DECIMAL)
        self.denom_metadata = self.schema.map(keys.DENOM_METADATA, codecs.TEXT, codecs.message(Metadata))
        self.balances = self.schema.map(keys.BALANCES, keys.BALANCE_KEY, codecs.DECIMAL)
        self.holders = self.schema.key_set(keys.HOLDERS, keys.HOLDER_KEY)
        self.send_enabled = self.schema.map(keys.SEND_ENABLED, codecs.TEXT, _BOOL)
        self.params = self.schema.item(keys.PARAMS, codecs.message(Params))
