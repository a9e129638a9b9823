"""Keys of the store "mmvault": ASCII texts without length prefixes. Source: mm-vault §2."""

from __future__ import annotations

from typing import Final

from vaultsim.store.codecs import Codec

STORE: Final = "mmvault"

PARAMS: Final = b"Params"
PAIR: Final = b"Pair:"
SHARE_SUPPLY: Final = b"ShareSupply"
SHARES: Final = b"Shares:"
UNLOCKS: Final = b"Unlocks:"
UNLOCK_TIME: Final = b"UnlockTime:"
LAST_QUOTE_REFRESH_HEIGHT: Final = b"LastQuoteRefreshHeight"
SNAPSHOT: Final = b"Snapshot:"
POSITION_COST: Final = b"PositionCost:"


def _encode_unlock_time(key: tuple[int, str]) -> bytes:
    return key[0].to_bytes(8, "big") + key[1].encode()


def _decode_unlock_time(raw: bytes) -> tuple[int, str]:
    return int.from_bytes(raw[:8], "big"), raw[8:].decode()


UNLOCK_TIME_KEY: Final[Codec[tuple[int, str]]] = Codec(_encode_unlock_time, _decode_unlock_time)
"""(unix seconds, owner): eight bytes, text."""
