"""Key prefixes of store "bank" and the codecs of its composite keys. Source: dydx-modules §4."""

from __future__ import annotations

from typing import Final

from vaultsim.store.codecs import Codec, memoized

STORE: Final = "bank"
SUPPLY: Final = b"\x00"
DENOM_METADATA: Final = b"\x01"
BALANCES: Final = b"\x02"
HOLDERS: Final = b"\x03"
SEND_ENABLED: Final = b"\x04"
PARAMS: Final = b"\x05"

BalanceKey = tuple[bytes, str]
"""Address and denomination."""


def _encode_balance(key: BalanceKey) -> bytes:
    address, denom = key
    return bytes([len(address)]) + address + denom.encode()


def _decode_balance(raw: bytes) -> BalanceKey:
    end = 1 + raw[0]
    return raw[1:end], raw[end:].decode()


def _encode_holder(key: BalanceKey) -> bytes:
    address, denom = key
    return denom.encode() + b"\x00" + bytes([len(address)]) + address


def _decode_holder(raw: bytes) -> BalanceKey:
    denom, _, rest = raw.partition(b"\x00")
    return rest[1:], denom.decode()


BALANCE_KEY: Final[Codec[BalanceKey]] = memoized(Codec(_encode_balance, _decode_balance))
"""Length of the address, address, denomination."""
HOLDER_KEY: Final[Codec[BalanceKey]] = memoized(Codec(_encode_holder, _decode_holder))
"""Denomination, a zero byte, length of the address, address."""
