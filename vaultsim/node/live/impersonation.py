"""Unsigned transactions of impersonated accounts: marked so that they run as if signed, here and in a replay."""

from __future__ import annotations

from collections.abc import Container

from vaultsim.app.tx import TRUSTED_MARK, RawTx, decode_tx
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.cosmos.tx.v1beta1 import TxRaw
from vaultsim.pb.runtime import replace


def marked_if_impersonated(raw: bytes, impersonated: Container[bytes]) -> RawTx:
    """The transaction with the mark as its signature, when it has none and all its signers are impersonated.

    Any other, also one that cannot be decoded, is returned as it came.
    """
    try:
        tx = decode_tx(raw)
        signers = tx.signers
    except (ChainError, ChainPanic):
        return RawTx(raw)
    if any(tx.signatures) or not signers or not all(address in impersonated for address in signers):
        return RawTx(raw)
    marked = TxRaw(body_bytes=tx.body_bytes, auth_info_bytes=tx.auth_info_bytes, signatures=(TRUSTED_MARK,))
    return RawTx(marked.encode(), is_trusted=True)


def unmarked_forms(tx: RawTx) -> list[bytes]:
    """The bytes that a marked transaction may have been sent as: without signatures, or with empty ones."""
    if not tx.is_trusted:
        return []
    parts = TxRaw.decode(tx.raw)
    signer_infos = max(len(decode_tx(tx.raw, is_trusted=True).auth_info.signer_infos), 1)
    return [replace(parts, signatures=signatures).encode() for signatures in ((), (b"",) * signer_infos)]
