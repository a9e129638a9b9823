"""Transactions: raw bytes to an immutable value, and the bytes of the transactions that a proposer injects.

Source: dydx-modules §§1.2, 1.4, 1.5; client-surfaces (signing).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

from vaultsim.address import InvalidAddress, from_bech32
from vaultsim.app.message_classes import is_message_class
from vaultsim.app.signers import distinct_signers
from vaultsim.errors import ChainPanic
from vaultsim.pb import registry, strict
from vaultsim.pb.cosmos.bank.v1beta1 import MsgMultiSend, MsgSend
from vaultsim.pb.cosmos.tx.v1beta1 import AuthInfo, Fee, TxBody, TxRaw
from vaultsim.pb.dydxprotocol.accountplus import TxExtension
from vaultsim.pb.google.protobuf import Any
from vaultsim.pb.runtime import DecodeError, Message
from vaultsim.x.bank.types import is_amount
from vaultsim.x.sdk_errors import TxDecode

TRUSTED_MARK: Final = b"vaultsim: runs as if signed".ljust(64, b"\x00")
"""Stands where the signature would be in a transaction that runs without one."""

_TRUSTED_END: Final = b"\x1a\x40" + TRUSTED_MARK
"""How the bytes of such a transaction end: the mark as the only or last signature."""

PUBLIC_KEY_TYPES: Final = frozenset(
    {
        "/cosmos.crypto.secp256k1.PubKey",
        "/cosmos.crypto.secp256r1.PubKey",
        "/cosmos.crypto.ed25519.PubKey",
        "/cosmos.crypto.multisig.LegacyAminoPubKey",
    }
)
_EMPTY_FEE_AUTH_INFO: Final = bytes.fromhex("1200")
_NIL_POINTER: Final = "runtime error: invalid memory address or nil pointer dereference"


class RawTx(NamedTuple):
    """What a block or a mempool holds: bytes, and whether they run as if signed (hand-written ones, and those of
    impersonated accounts)."""

    raw: bytes
    is_trusted: bool = False

    @classmethod
    def recorded(cls, raw: bytes) -> RawTx:
        """A transaction of a recorded block: trusted when the mark stands in place of its signature."""
        return cls(raw, raw.endswith(_TRUSTED_END))


@dataclass(frozen=True)
class Tx:
    """A decoded transaction. The signature is over `body_bytes` and `auth_info_bytes` as they came."""

    raw: bytes
    body_bytes: bytes
    auth_info_bytes: bytes
    signatures: tuple[bytes, ...]
    body: TxBody
    auth_info: AuthInfo
    messages: tuple[Message, ...]
    is_trusted: bool = False

    @cached_property
    def hash(self) -> bytes:
        """SHA-256 of the raw bytes."""
        return hashlib.sha256(self.raw).digest()

    @property
    def fee(self) -> Fee:
        """The fee. Panics when the transaction has none, as touching it does on the chain."""
        if self.auth_info.fee is None:
            raise ChainPanic(_NIL_POINTER)
        return self.auth_info.fee

    @cached_property
    def signers(self) -> tuple[bytes, ...]:
        """The addresses that must sign. Raises ChainError for a message whose signer is no address."""
        return distinct_signers(self.messages, self.fee.payer)

    @property
    def fee_payer(self) -> bytes:
        """The address that pays: the named one, else the first signer."""
        return from_bech32(self.fee.payer) if self.fee.payer else self.signers[0]

    @property
    def fee_granter(self) -> bytes | None:
        """The address that shall pay for the payer. Panics when it is no address, as the chain does."""
        if not self.fee.granter:
            return None
        try:
            return from_bech32(self.fee.granter)
        except InvalidAddress as problem:
            raise ChainPanic(f"decoding bech32 failed: {problem}") from None

    @property
    def timeout_height(self) -> int:
        """The last height the transaction may run at; 0 for any."""
        return self.body.timeout_height

    @cached_property
    def selected_authenticators(self) -> tuple[int, ...]:
        """The authenticators that the first TxExtension names; none for the classic flow."""
        for option in self.body.non_critical_extension_options:
            if option.type_url == TxExtension.TYPE_URL:
                return TxExtension.decode(option.value).selected_authenticators
        return ()


def decode_tx(raw: bytes, *, is_trusted: bool = False) -> Tx:
    """The transaction in `raw`. Raises TxDecode [sdk 2] for bytes that the chain's decoder refuses."""
    return _decode(raw, is_trusted)


@lru_cache(maxsize=2_048)
def _decode(raw: bytes, is_trusted: bool) -> Tx:
    try:
        strict.reject_non_adr027(raw)
        registry.reject_unknown_fields(raw, TxRaw, False)
        parts = TxRaw.decode(raw)
        registry.reject_unknown_fields(parts.body_bytes, TxBody, True)
        body = TxBody.decode(parts.body_bytes)
        registry.reject_unknown_fields(parts.auth_info_bytes, AuthInfo, False)
        auth_info = AuthInfo.decode(parts.auth_info_bytes)
        _require_known_types(body, auth_info)
        messages = tuple(_unpack_message(packed) for packed in body.messages)
        _require_amounts(auth_info, messages)
    except DecodeError as problem:
        raise TxDecode(str(problem)) from None
    return Tx(raw, parts.body_bytes, parts.auth_info_bytes, parts.signatures, body, auth_info, messages, is_trusted)


def _unpack_message(packed: Any) -> Message:
    if not is_message_class(packed.type_url):
        raise DecodeError(f"no concrete type registered for type URL {packed.type_url} against interface *types.Msg")
    return registry.unpack(packed)


def _require_known_types(body: TxBody, auth_info: AuthInfo) -> None:
    for option in body.extension_options + body.non_critical_extension_options:
        if option.type_url != TxExtension.TYPE_URL:
            raise DecodeError(f"no concrete type registered for type URL {option.type_url}")
    for signer in auth_info.signer_infos:
        if signer.public_key is not None and signer.public_key.type_url not in PUBLIC_KEY_TYPES:
            raise DecodeError(f"no concrete type registered for type URL {signer.public_key.type_url}")


def _require_amounts(auth_info: AuthInfo, messages: tuple[Message, ...]) -> None:
    coins = list(auth_info.fee.amount) if auth_info.fee is not None else []
    for message in messages:
        if isinstance(message, MsgSend):
            coins += message.amount
        elif isinstance(message, MsgMultiSend):
            coins += [coin for part in message.inputs + message.outputs for coin in part.coins]
    for coin in coins:
        if not is_amount(coin.amount):
            raise DecodeError(f"math/big: cannot unmarshal {coin.amount!r} into a *big.Int")


def injected_tx(message: Message) -> bytes:
    """Bytes of the transaction in which a proposer puts `message`: no signature, a fee that is present and empty."""
    body = TxBody(messages=(registry.pack(message),))
    return TxRaw(body_bytes=body.encode(), auth_info_bytes=_EMPTY_FEE_AUTH_INFO).encode()
