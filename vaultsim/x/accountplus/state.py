"""Rows of store "dydxaccountplus". Source: dydx-modules §1.11."""

from __future__ import annotations

from vaultsim.pb.dydxprotocol.accountplus import AccountAuthenticator, AccountState, Params
from vaultsim.store import codecs
from vaultsim.store.codecs import Codec
from vaultsim.store.collections import Map
from vaultsim.store.schema import Schema
from vaultsim.x.accountplus import keys

AuthenticatorKey = tuple[str, int]
"""Account (bech32) and authenticator id."""


def _encode(key: AuthenticatorKey) -> bytes:
    return f"{key[0]}/{key[1]}/".encode()


def _decode(raw: bytes) -> AuthenticatorKey:
    account, number, _ = raw.decode().split("/")
    return account, int(number)


class AccountplusState:
    """Timestamp nonces per account, authenticators per account, parameters."""

    def __init__(self) -> None:
        self.schema = Schema(keys.STORE)
        self.account_states = self.schema.map(keys.ACCOUNT_STATES, codecs.RAW, codecs.message(AccountState))
        self.next_authenticator_id = self.schema.item(keys.NEXT_AUTHENTICATOR_ID, codecs.UINT_VALUE)
        self.params = self.schema.item(keys.PARAMS, codecs.message(Params))
        self.authenticators: Map[AuthenticatorKey, AccountAuthenticator] = self.schema.map(
            keys.AUTHENTICATORS, Codec(_encode, _decode), codecs.message(AccountAuthenticator)
        )
