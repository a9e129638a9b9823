"""Private keys of the named accounts and transactions signed with them, as a wallet would make them.

Source: client-surfaces (signing): secp256k1, SIGN_MODE_DIRECT, path m/44'/118'/0'/0/0.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from functools import lru_cache
from typing import Final

import coincurve

from vaultsim.pb import registry
from vaultsim.pb.cosmos.base.v1beta1 import Coin
from vaultsim.pb.cosmos.crypto.secp256k1 import PubKey
from vaultsim.pb.cosmos.tx.signing.v1beta1 import SignMode
from vaultsim.pb.cosmos.tx.v1beta1 import AuthInfo, Fee, ModeInfo, ModeInfo_Single, SignDoc, SignerInfo, TxBody, TxRaw
from vaultsim.pb.google.protobuf import Any
from vaultsim.pb.runtime import Message
from vaultsim.testing.accounts import NamedAccount, account, address_of_key, private_key_of
from vaultsim.x.assets.types import USDC_DENOM

ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Order of the curve: private keys and both halves of a signature count modulo this."""
_HARDENED: Final = 1 << 31
_COSMOS_PATH: Final = (44 + _HARDENED, 118 + _HARDENED, _HARDENED, 0, 0)


Signer = str | NamedAccount
"""Who signs: an account, or the name of one."""


def account_from_mnemonic(mnemonic: str, name: str = "") -> NamedAccount:
    """The account of a BIP 39 mnemonic without passphrase."""
    key = coincurve.PrivateKey(key_of_mnemonic(mnemonic))
    address = address_of_key(key.public_key.format(compressed=True))
    return NamedAccount(name or address, address, mnemonic)


@lru_cache(maxsize=1_024)
def signing_key(by: Signer) -> coincurve.PrivateKey:
    """The key of an account: of its mnemonic when it has one, else of the name itself."""
    signer = account(by) if isinstance(by, str) else by
    secret = key_of_mnemonic(signer.mnemonic) if signer.mnemonic else private_key_of(signer.name)
    return coincurve.PrivateKey(secret)


def key_of_mnemonic(mnemonic: str) -> bytes:
    """The 32-byte key of a BIP 39 mnemonic without passphrase, at the BIP 32 path m/44'/118'/0'/0/0."""
    words = unicodedata.normalize("NFKD", mnemonic).encode()
    seed = hashlib.pbkdf2_hmac("sha512", words, b"mnemonic", 2048)
    digest = hmac.digest(b"Bitcoin seed", seed, "sha512")
    key, chain_code = digest[:32], digest[32:]
    for index in _COSMOS_PATH:
        key, chain_code = _child(key, chain_code, index)
    return key


def _child(key: bytes, chain_code: bytes, index: int) -> tuple[bytes, bytes]:
    parent = b"\x00" + key if index >= _HARDENED else coincurve.PrivateKey(key).public_key.format()
    digest = hmac.digest(chain_code, parent + index.to_bytes(4, "big"), "sha512")
    number = (int.from_bytes(digest[:32], "big") + int.from_bytes(key, "big")) % ORDER
    return number.to_bytes(32, "big"), digest[32:]


def public_key(by: Signer) -> Any:
    """The packed public key of an account."""
    return registry.pack(PubKey(key=signing_key(by).public_key.format()))


def signed_tx(
    *messages: Message,
    by: Signer,
    chain_id: str,
    account_number: int,
    sequence: int,
    fee: int = 50_000,
    gas_limit: int = 1_000_000,
    memo: str = "",
    timeout_height: int = 0,
) -> bytes:
    """Raw bytes of a transaction with one signature; fee: quantums of USDC."""
    packed = tuple(registry.pack(message) for message in messages)
    body = TxBody(messages=packed, memo=memo, timeout_height=timeout_height).encode()
    coins = (Coin(denom=USDC_DENOM, amount=str(fee)),) if fee else ()
    mode = ModeInfo(single=ModeInfo_Single(mode=SignMode.SIGN_MODE_DIRECT))
    signer = SignerInfo(public_key=public_key(by), mode_info=mode, sequence=sequence)
    auth_info = AuthInfo(signer_infos=(signer,), fee=Fee(amount=coins, gas_limit=gas_limit)).encode()
    document = SignDoc(
        body_bytes=body, auth_info_bytes=auth_info, chain_id=chain_id, account_number=account_number
    ).encode()
    signature = signing_key(by).sign_recoverable(document)[:64]
    return TxRaw(body_bytes=body, auth_info_bytes=auth_info, signatures=(signature,)).encode()
