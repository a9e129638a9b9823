"""Transactions of a chain in this process: signed by an account whose key is known, or run as an impersonated one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict, Unpack

from vaultsim.address import from_bech32, to_bech32
from vaultsim.app.app import App
from vaultsim.app.signers import distinct_signers
from vaultsim.app.tx_json import DEFAULT_GAS_LIMIT
from vaultsim.context import Context
from vaultsim.errors import ChainError, UserError
from vaultsim.pb import registry
from vaultsim.pb.cosmos.base.v1beta1 import Coin
from vaultsim.pb.cosmos.tx.v1beta1 import AuthInfo, Fee, TxBody, TxRaw
from vaultsim.pb.runtime import Message
from vaultsim.testing.accounts import NAMED, NamedAccount, account
from vaultsim.testing.keys import Signer, signed_tx
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.auth.types import base_of


class TxParts(TypedDict, total=False):
    """What may be said about a transaction besides its messages.

    fee: quantums of USDC; the other parts as on the wire, by default what the chain expects next.
    """

    fee: int
    gas_limit: int
    memo: str
    timeout_height: int
    sequence: int
    account_number: int
    chain_id: str


def signed_for(
    app: App, check_ctx: Context, messages: Iterable[Message], by: Signer, **parts: Unpack[TxParts]
) -> bytes:
    """A transaction signed with the account's number and next sequence in the check state, unless `parts` says
    otherwise. An account that is not there yet signs with number 0 and sequence 0."""
    signer = account(by) if isinstance(by, str) else by
    found = app.modules.keepers.accounts.find(check_ctx, from_bech32(signer.address))
    base = None if found is None else base_of(found)
    parts.setdefault("chain_id", app.chain_id)
    parts.setdefault("account_number", base.account_number if base else 0)
    parts.setdefault("sequence", base.sequence if base else 0)
    return signed_tx(*messages, by=signer, **parts)


def unsigned(messages: Iterable[Message], parts: TxParts) -> bytes:
    """A transaction without signatures, for accounts that are impersonated; without a fee unless one is given."""
    body = TxBody(
        messages=tuple(registry.pack(message) for message in messages),
        memo=parts.get("memo", ""),
        timeout_height=parts.get("timeout_height", 0),
    )
    fee = parts.get("fee", 0)
    coins = (Coin(denom=USDC_DENOM, amount=str(fee)),) if fee else ()
    auth_info = AuthInfo(fee=Fee(amount=coins, gas_limit=parts.get("gas_limit", DEFAULT_GAS_LIMIT)))
    return TxRaw(body_bytes=body.encode(), auth_info_bytes=auth_info.encode()).encode()


class KnownSigners:
    """Who signs without being named: alice, bob, carl, dave, the operator of the shipped chains, and who was added."""

    def __init__(self) -> None:
        self._by_address = {one.address: one for one in (*NAMED, account("operator"))}

    def add(self, one: NamedAccount) -> None:
        """Knows one more account."""
        self._by_address[one.address] = one

    def signer_of(self, messages: tuple[Message, ...], impersonated: Iterable[bytes]) -> NamedAccount | None:
        """The account that must sign these messages; None when all that must are impersonated. Raises UserError."""
        try:
            required = distinct_signers(messages)
        except ChainError as problem:
            raise UserError(f"it cannot be told who signs: {problem.log}; name a signer") from None
        if required and set(required) <= set(impersonated):
            return None
        known = [self._by_address.get(to_bech32(raw)) for raw in required]
        if len(known) == 1 and known[0] is not None:
            return known[0]
        names = " and ".join(to_bech32(raw) for raw in required) or "nobody"
        raise UserError(f"{names} must sign; name a signer whose key is known, or impersonate the account")
