"""Replay protection, public keys, signatures and sequences of a transaction. Source: dydx-modules §§1.5, 1.10."""

from __future__ import annotations

import base64
import hashlib
from typing import Final, NamedTuple

from vaultsim.address import to_bech32
from vaultsim.app.ante.authenticators import Authenticators
from vaultsim.app.ante.keys import SECP256K1, address_of_key, is_signed
from vaultsim.app.message_classes import skips_sequence
from vaultsim.app.tx import Tx
from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.events import Event
from vaultsim.pb.cosmos.crypto.secp256k1 import PubKey
from vaultsim.pb.cosmos.tx.signing.v1beta1 import SignMode
from vaultsim.pb.cosmos.tx.v1beta1 import SignDoc
from vaultsim.pb.google.protobuf import Any
from vaultsim.pb.runtime import replace
from vaultsim.x import sdk_errors
from vaultsim.x.accountplus.formulas import is_timestamp_nonce
from vaultsim.x.accountplus.keeper import AccountplusKeeper
from vaultsim.x.auth.keeper import AccountKeeper
from vaultsim.x.auth.types import base_of, with_base

_SIMULATED_KEY: Final = Any(type_url=SECP256K1, value=PubKey(key=b"\x02".ljust(33, b"\x00")).encode())
"""Stands for the key of an account without one while its first transaction is simulated; only its size counts."""


class TxSequence(Event, frozen=True):
    """A signer and the sequence it used."""

    TYPE = "tx"
    acc_seq: str


class TxSignature(Event, frozen=True):
    """A signature in base64."""

    TYPE = "tx"
    signature: str


class Signature(NamedTuple):
    """One signature with what the transaction says about it; `mode` is None when it says nothing."""

    public_key: Any | None
    mode: int | None
    content: bytes
    sequence: int


def signatures_of(tx: Tx) -> tuple[Signature, ...]:
    """The signatures in the order of the signer infos. Panics when there are fewer signatures than infos."""
    found = []
    for index, info in enumerate(tx.auth_info.signer_infos):
        if info.mode_info is None:
            found.append(Signature(info.public_key, None, b"", 0))
            continue
        if index >= len(tx.signatures):
            raise ChainPanic(f"runtime error: index out of range [{index}] with length {len(tx.signatures)}")
        if info.mode_info.multi is not None:
            raise sdk_errors.Unauthorized("multisignatures are not supported")
        if info.mode_info.single is None:
            raise ChainPanic("unexpected ModeInfo data type <nil>")
        found.append(Signature(info.public_key, info.mode_info.single.mode, tx.signatures[index], info.sequence))
    return tuple(found)


class Signatures:
    """Checks who signed and marks sequences and nonces as used."""

    def __init__(self, accounts: AccountKeeper, accountplus: AccountplusKeeper) -> None:
        self.accounts = accounts
        self.accountplus = accountplus
        self.authenticators = Authenticators(accounts, accountplus)

    def require_few(self, ctx: Context, tx: Tx) -> None:
        """Raises TooManySignatures [sdk 14] above the limit of the parameters."""
        limit = self.accounts.params(ctx).tx_sig_limit
        count = sum(info.public_key is not None for info in tx.auth_info.signer_infos)
        if count > limit:
            raise sdk_errors.TooManySignatures(f"signatures: {count}, limit: {limit}")

    def require_fresh(self, ctx: Context, tx: Tx) -> None:
        """Replay protection: sequences must be the accounts' own, timestamp nonces unused. Raises [sdk 32]."""
        if tx.is_trusted:
            return
        signatures = signatures_of(tx)
        self._require_one_each(tx, signatures)
        if skips_sequence(tx.messages):
            return
        for address, signature in zip(tx.signers, signatures, strict=True):
            account = base_of(self.accounts.get(ctx, address))
            if is_timestamp_nonce(signature.sequence):
                self.accountplus.use_timestamp_nonce(ctx, address, signature.sequence)
            elif signature.sequence != account.sequence:
                raise sdk_errors.WrongSequence(
                    f"account sequence mismatch, expected {account.sequence}, got {signature.sequence}"
                )

    def verify(self, ctx: Context, tx: Tx, is_simulated: bool = False) -> None:
        """Stores missing public keys, emits the `tx` events, charges for and verifies every signature.

        With authenticators, no key is stored and they decide. A simulation pays the same and verifies nothing: any
        key may stand for the signer's.
        """
        if tx.is_trusted:
            self._trust(ctx, tx)
        elif tx.selected_authenticators:
            _emit_anonymous(ctx, signatures_of(tx))
            self.authenticators.authenticate(ctx, tx, is_simulated)
        else:
            signatures = signatures_of(tx)
            self._store_keys(ctx, tx, signatures, is_simulated)
            self._charge(ctx, tx)
            self._require_one_each(tx, signatures)
            if is_simulated:
                for address in tx.signers:
                    self.accounts.get(ctx, address)  # read on the chain all the same, and paid for
                return
            # The chain reads every signer's own key to build what was signed, stored keys or not.
            if any(signature.public_key is None for signature in signatures):
                raise ChainPanic("runtime error: invalid memory address or nil pointer dereference")
            for address, signature in zip(tx.signers, signatures, strict=True):
                self._verify_one(ctx, tx, address, signature)

    def bump_sequences(self, ctx: Context, tx: Tx) -> None:
        """Raises every signer's sequence by 1, unless a timestamp nonce was used instead.

        Raises TxDecode [sdk 2] when one of several signatures carries a timestamp nonce.
        """
        nonces = [is_timestamp_nonce(info.sequence) for info in tx.auth_info.signer_infos]
        if len(nonces) > 1 and any(nonces):
            raise sdk_errors.TxDecode("multi signature contains timestampnonce")
        if nonces == [True]:
            return
        for address in tx.signers:
            account = self.accounts.get(ctx, address)
            base = base_of(account)
            raised = with_base(account, replace(base, sequence=base.sequence + 1))
            self.accounts.set_account(ctx, address, raised)

    def _require_one_each(self, tx: Tx, signatures: tuple[Signature, ...]) -> None:
        if len(signatures) != len(tx.signers):
            raise sdk_errors.Unauthorized(
                f"invalid number of signer;  expected: {len(tx.signers)}, got {len(signatures)}"
            )

    def _trust(self, ctx: Context, tx: Tx) -> None:
        for address in tx.signers:
            account = base_of(self.accounts.get(ctx, address))
            ctx.emit(TxSequence(f"{account.address}/{account.sequence}"))
            ctx.emit(TxSignature(""))

    def _store_keys(self, ctx: Context, tx: Tx, signatures: tuple[Signature, ...], is_simulated: bool) -> None:
        for index, (address, signature) in enumerate(zip(tx.signers, signatures, strict=True)):
            given = _SIMULATED_KEY if is_simulated and signature.public_key is None else signature.public_key
            if given is None:
                continue
            if not is_simulated and address_of_key(given) != address:
                raise sdk_errors.InvalidPubKey(
                    f"pubKey does not match signer address {to_bech32(address)} with signer index: {index}"
                )
            account = self.accounts.get(ctx, address)
            if base_of(account).pub_key is None:
                key = _canonical(given)
                with_key = with_base(account, replace(base_of(account), pub_key=key))
                self.accounts.set_account(ctx, address, with_key)
        for address, signature in zip(tx.signers, signatures, strict=True):
            if signature.mode is None:
                raise ChainError("got empty SignatureData")
            ctx.emit(TxSequence(f"{to_bech32(address)}/{signature.sequence}"))
            ctx.emit(TxSignature(base64.b64encode(signature.content).decode()))

    def _charge(self, ctx: Context, tx: Tx) -> None:
        params = self.accounts.params(ctx)
        for address in tx.signers:
            key = base_of(self.accounts.get(ctx, address)).pub_key
            if key is None or key.type_url != SECP256K1:
                kind = "<nil>" if key is None else key.type_url
                raise sdk_errors.InvalidPubKey(f"unrecognized public key type: {kind}")
            if ctx.gas is not None:
                ctx.gas.consume(params.sig_verify_cost_secp256k1, "ante verify: secp256k1")

    def _verify_one(self, ctx: Context, tx: Tx, address: bytes, signature: Signature) -> None:
        account = base_of(self.accounts.get(ctx, address))
        assert account.pub_key is not None, "charging for the signature refuses accounts without key"
        reason = "unable to verify single signer signature"
        if signature.mode == SignMode.SIGN_MODE_DIRECT:
            document = SignDoc(
                body_bytes=tx.body_bytes,
                auth_info_bytes=tx.auth_info_bytes,
                chain_id=ctx.chain_id,
                account_number=account.account_number,
            )
            key = PubKey.decode(account.pub_key.value).key
            if is_signed(key, hashlib.sha256(document.encode()).digest(), signature.content):
                return
        else:
            reason = f"sign mode {signature.mode} is not supported"
        raise sdk_errors.Unauthorized(
            f"signature verification failed; please verify account number ({account.account_number}) "
            f"and chain-id ({ctx.chain_id}): ({reason})"
        )


def _emit_anonymous(ctx: Context, signatures: tuple[Signature, ...]) -> None:
    """The `tx` events of a transaction that names authenticators; the chain forgets the address in them."""
    for signature in signatures:
        if signature.mode is None:
            raise ChainError("got empty SignatureData")
    for signature in signatures:
        ctx.emit(TxSequence(f"/{signature.sequence}"))
        ctx.emit(TxSignature(base64.b64encode(signature.content).decode()))


def _canonical(packed: Any) -> Any:
    if packed.type_url != SECP256K1:
        return packed
    return Any(type_url=SECP256K1, value=PubKey.decode(packed.value).encode())
