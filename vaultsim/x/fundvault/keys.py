"""Keys of the store "fundvault". Source: fund-vault §3."""

from __future__ import annotations

from typing import Final

from vaultsim.store.codecs import Codec, memoized

STORE: Final = "fundvault"

PARAMS: Final = b"Params"
NEXT_VAULT_SEQUENCE: Final = b"NextVaultSequence"
NEXT_REQUEST_ID: Final = b"NextRequestId"
VAULT: Final = b"Vault:"
ARCHIVE: Final = b"Archive:"
UNITS: Final = b"Units:"
OPEN_REQUEST: Final = b"OpenRequest:"
DONE_REQUEST: Final = b"DoneRequest:"
EPOCH_COUNT: Final = b"EpochCount:"

_PARTING: Final = "/"


def under(vault_id: str) -> bytes:
    """The bytes that the keys of all rows of a vault begin with, after the prefix."""
    return vault_id.encode() + _PARTING.encode()


def _encode_holder(key: tuple[str, str]) -> bytes:
    return f"{key[0]}{_PARTING}{key[1]}".encode()


def _decode_holder(raw: bytes) -> tuple[str, str]:
    vault_id, _, party = raw.decode().partition(_PARTING)
    return vault_id, party


def _encode_request(key: tuple[str, int]) -> bytes:
    return under(key[0]) + key[1].to_bytes(8, "big")


def _decode_request(raw: bytes) -> tuple[str, int]:
    return raw[:-9].decode(), int.from_bytes(raw[-8:], "big")


HOLDER: Final[Codec[tuple[str, str]]] = memoized(Codec(_encode_holder, _decode_holder))
"""(vault id, party): both as text, parted by a slash."""
REQUEST: Final[Codec[tuple[str, int]]] = Codec(_encode_request, _decode_request)
"""(vault id, request id): text, a slash, eight bytes."""
