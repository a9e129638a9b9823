"""Public keys and signatures of secp256k1. Source: dydx-modules §1.5, client-surfaces."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final

import coincurve

from vaultsim.errors import ChainPanic
from vaultsim.lib.ripemd160 import ripemd160
from vaultsim.pb.cosmos.crypto.ed25519 import PubKey as Ed25519PubKey
from vaultsim.pb.cosmos.crypto.secp256k1 import PubKey
from vaultsim.pb.google.protobuf import Any

SECP256K1: Final = PubKey.TYPE_URL
_ED25519: Final = Ed25519PubKey.TYPE_URL
_KEY_BYTES: Final = 33
_ED25519_KEY_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64
_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_HALF_ORDER: Final = _ORDER // 2


@lru_cache(maxsize=65_536)
def address_of_key(packed: Any) -> bytes:
    """The address that belongs to a public key; no bytes for kinds that this chain does not verify.

    Panics when a secp256k1 key is not 33 bytes long or an ed25519 key not 32, as the chain does.
    """
    if packed.type_url == SECP256K1:
        key = PubKey.decode(packed.value).key
        if len(key) != _KEY_BYTES:
            raise ChainPanic("length of pubkey is incorrect")
        return ripemd160(hashlib.sha256(key).digest())
    if packed.type_url == _ED25519:
        key = Ed25519PubKey.decode(packed.value).key
        if len(key) != _ED25519_KEY_BYTES:
            raise ChainPanic("pubkey is incorrect size")
        return hashlib.sha256(key).digest()[:20]
    return b""


@lru_cache(maxsize=65_536)
def is_signed(key: bytes, digest: bytes, signature: bytes) -> bool:
    """Whether `signature` (r and s, 32 bytes each, s in the lower half) over a SHA-256 digest is by `key`."""
    if len(signature) != _SIGNATURE_BYTES:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not 0 < r < _ORDER or not 0 < s <= _HALF_ORDER:
        return False
    public = _public_key(key)
    return public is not None and public.verify(_der(r, s), digest, None)


@lru_cache(maxsize=65_536)
def _public_key(key: bytes) -> coincurve.PublicKey | None:
    try:
        return coincurve.PublicKey(key)
    except ValueError:
        return None


def _der(r: int, s: int) -> bytes:
    content = _der_integer(r) + _der_integer(s)
    return b"\x30" + bytes([len(content)]) + content


def _der_integer(number: int) -> bytes:
    raw = number.to_bytes((number.bit_length() >> 3) + 1, "big")
    return b"\x02" + bytes([len(raw)]) + raw
