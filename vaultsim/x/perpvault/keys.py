"""Keys of store "perpvault". Texts of a composite key are separated by a zero byte."""

from __future__ import annotations

from typing import Final

from vaultsim.store.codecs import Codec, memoized
from vaultsim.x.perpvault.types import PositionId

STORE: Final = "perpvault"
TRANSIENT_STORE: Final = "tmp_perpvault"

PARAMS: Final = b"Params"
TOKEN_LIST: Final = b"TokenList"
TOKENS: Final = b"Token:"
POSITIONS: Final = b"Position:"
ROLES: Final = b"Role:"
APPROVED_ROUTERS: Final = b"ApprovedRouter:"
INCREASE_REQUESTS: Final = b"IncreaseRequest:"
DECREASE_REQUESTS: Final = b"DecreaseRequest:"
INCREASE_QUEUE: Final = b"IncreaseQueue:"
DECREASE_QUEUE: Final = b"DecreaseQueue:"
INCREASE_QUEUE_BOUNDS: Final = b"IncreaseQueueBounds"
DECREASE_QUEUE_BOUNDS: Final = b"DecreaseQueueBounds"
REQUEST_INDEXES: Final = b"RequestIndexes:"
INCREASE_ORDERS: Final = b"IncreaseOrder:"
DECREASE_ORDERS: Final = b"DecreaseOrder:"
ORDER_INDEXES: Final = b"OrderIndexes:"
KEEPER_PRICES: Final = b"KeeperPrice:"
PRICE_ROUNDS: Final = b"PriceRounds:"
UPDATED_MARKETS: Final = b"UpdatedMarket:"

TextPair = tuple[str, str]
Numbered = tuple[str, int]

_SIDES: Final = ("S", "L")


def _encode_position(key: PositionId) -> bytes:
    account, collateral, index, is_long = key
    return f"{account}\0{collateral}\0{index}\0{_SIDES[is_long]}".encode()


def _decode_position(raw: bytes) -> PositionId:
    account, collateral, index, side = raw.decode().split("\0")
    return PositionId(account, collateral, index, bool(_SIDES.index(side)))


def _decode_pair(raw: bytes) -> TextPair:
    first, second = raw.decode().split("\0")
    return first, second


def _decode_numbered(raw: bytes) -> Numbered:
    text, number = raw[:-9], raw[-8:]
    return text.decode(), int.from_bytes(number, "big")


def _decode_role(raw: bytes) -> tuple[int, str]:
    return raw[0], raw[1:].decode()


def _decode_bounds(raw: bytes) -> tuple[int, int]:
    return int.from_bytes(raw[:8], "big"), int.from_bytes(raw[8:], "big")


POSITION: Final[Codec[PositionId]] = memoized(Codec(_encode_position, _decode_position))
"""Account, collateral token, index token, L or S."""
TEXT_PAIR: Final[Codec[TextPair]] = Codec(lambda pair: f"{pair[0]}\0{pair[1]}".encode(), _decode_pair)
"""Two texts."""
NUMBERED: Final[Codec[Numbered]] = Codec(
    lambda key: key[0].encode() + b"\0" + key[1].to_bytes(8, "big"), _decode_numbered
)
"""A text and a number of eight bytes, big endian."""
ROLE: Final[Codec[tuple[int, str]]] = Codec(lambda key: bytes([key[0]]) + key[1].encode(), _decode_role)
"""A byte for the role, then the address."""
BOUNDS: Final[Codec[tuple[int, int]]] = Codec(
    lambda bounds: bounds[0].to_bytes(8, "big") + bounds[1].to_bytes(8, "big"), _decode_bounds
)
"""Start and end of a queue, eight bytes each, big endian."""
