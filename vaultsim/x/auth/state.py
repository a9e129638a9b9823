"""Rows of store "acc". Source: dydx-modules §1.11."""

from __future__ import annotations

from vaultsim.pb.cosmos.auth.v1beta1 import Params
from vaultsim.store import codecs
from vaultsim.store.schema import Schema
from vaultsim.x.auth import keys
from vaultsim.x.auth.types import ACCOUNT


class AuthState:
    """Parameters, accounts by address, addresses by account number, the next number."""

    def __init__(self) -> None:
        self.schema = Schema(keys.STORE)
        self.params = self.schema.item(keys.PARAMS, codecs.message(Params))
        self.accounts = self.schema.map(keys.ACCOUNTS, codecs.RAW, ACCOUNT)
        self.next_account_number = self.schema.item(keys.NEXT_ACCOUNT_NUMBER, codecs.U64_BE)
        self.addresses_by_number = self.schema.map(keys.ADDRESSES_BY_NUMBER, codecs.U64_BE, codecs.RAW)
