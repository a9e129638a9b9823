"""Values of x/perpvault as its keeper counts with them: integers where the wire has decimal text.

Source: perp-vault §§2, 3.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from vaultsim.address import from_bech32
from vaultsim.lib.maths import pow10
from vaultsim.pb.runtime import Message
from vaultsim.pb.vaultsim.perpvault import v1 as pb
from vaultsim.store.codecs import Codec

MODULE_NAME: Final = "perpvault"
ESCROW: Final = "perpvault_escrow"
"""The account that holds what requests and orders wait with."""
USDG: Final = "usdg"
USDG_DECIMALS: Final = 18
ONE_USD: Final = pow10(30)
"""The scale of prices and USD amounts."""
MOST_BITS: Final = 256
"""Of every number but times and counts."""

SAFE, LIQUIDATABLE, OVER_LEVERAGED = 0, 1, 2

T = TypeVar("T", bound=msgspec.Struct)
M = TypeVar("M", bound=Message)


class PositionId(NamedTuple):
    """What tells a position from others."""

    account: str
    collateral_token: str
    index_token: str
    is_long: bool


class Position(msgspec.Struct, frozen=True, gc=False):
    """An open position; the realised profit is negative for a loss. Source: perp-vault §3."""

    account: str
    collateral_token: str
    index_token: str
    is_long: bool
    size: int = 0
    collateral: int = 0
    average_price: int = 0
    entry_funding_rate: int = 0
    reserve_amount: int = 0
    realised_pnl: int = 0
    last_increased_time: int = 0

    @property
    def id(self) -> PositionId:
        """Its key."""
        return PositionId(self.account, self.collateral_token, self.index_token, self.is_long)


class Token(msgspec.Struct, frozen=True, gc=False):
    """Configuration, feed settings, pool, open interest and funding of a token. Source: perp-vault §3."""

    token: str
    whitelisted: bool = False
    decimals: int = 0
    weight: int = 0
    min_profit_bps: int = 0
    max_usdg_amount: int = 0
    max_long_open_interest: int = 0
    max_short_open_interest: int = 0
    is_stable: bool = False
    is_shortable: bool = False
    market_id: int = 0
    buffer_amount: int = 0
    spread_bps: int = 0
    is_strict_stable: bool = False
    adjustment_bps: int = 0
    is_adjustment_additive: bool = False
    last_adjustment_time: int = 0
    pool_amount: int = 0
    reserved_amount: int = 0
    guaranteed_usd: int = 0
    usdg_amount: int = 0
    fee_reserve: int = 0
    router_fee_reserve: int = 0
    token_balance: int = 0
    upgraded_out: int = 0
    long_open_interest: int = 0
    short_open_interest: int = 0
    global_short_size: int = 0
    global_short_average_price: int = 0
    last_funding_time: int = 0
    cumulative_funding_rate_long: int = 0
    cumulative_funding_rate_short: int = 0

    def open_interest(self, is_long: bool) -> int:
        """Open interest of a side in USD."""
        return self.long_open_interest if is_long else self.short_open_interest

    def cumulative_funding_rate(self, is_long: bool) -> int:
        """What a side owes per million of size since the beginning."""
        return self.cumulative_funding_rate_long if is_long else self.cumulative_funding_rate_short


class TokenList(msgspec.Struct, frozen=True):
    """All tokens that ever were whitelisted, and sums over those that are."""

    tokens: tuple[str, ...] = ()
    total_token_weights: int = 0
    whitelisted_token_count: int = 0


class IncreaseRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A queued increase. Source: perp-vault §9."""

    key: str
    account: str
    path: tuple[str, ...]
    index_token: str
    amount_in: int
    min_out: int
    size_delta: int
    is_long: bool
    acceptable_price: int
    execution_fee: int
    execution_fee_denom: str
    block_height: int
    block_time: int
    callback_target: str


class DecreaseRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A queued decrease. Source: perp-vault §9."""

    key: str
    account: str
    path: tuple[str, ...]
    index_token: str
    collateral_delta: int
    size_delta: int
    is_long: bool
    receiver: str
    acceptable_price: int
    min_out: int
    execution_fee: int
    execution_fee_denom: str
    block_height: int
    block_time: int
    callback_target: str


class IncreaseOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A trigger order to increase. Source: perp-vault §11."""

    account: str
    index: int
    purchase_token: str
    purchase_token_amount: int
    collateral_token: str
    index_token: str
    size_delta: int
    is_long: bool
    trigger_price: int
    trigger_above_threshold: bool
    execution_fee: int
    execution_fee_denom: str


class DecreaseOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A trigger order to decrease. Source: perp-vault §11."""

    account: str
    index: int
    collateral_token: str
    collateral_delta: int
    index_token: str
    size_delta: int
    is_long: bool
    trigger_price: int
    trigger_above_threshold: bool
    execution_fee: int
    execution_fee_denom: str


class KeeperPrice(msgspec.Struct, frozen=True):
    """A secondary price and when it was given."""

    token: str
    price: int
    time: int


def from_wire(cls: type[T], message: Message) -> T:
    """The value of a message. Raises ValueError for a text that is no integer."""
    return cls(**{name: read(getattr(message, name)) for name, read in _readers(cls).items()})


def to_wire(message_class: type[M], value: msgspec.Struct) -> M:
    """The message of a value."""
    return message_class(**{name: _written(value, name, kind) for name, kind in _kinds(message_class)})


def row_of(cls: type[T], message_class: type[Message]) -> Codec[T]:
    """A row that is the message of a value."""
    return Codec(
        lambda value: to_wire(message_class, value).encode(), lambda raw: from_wire(cls, message_class.decode(raw))
    )


def position_key(position: PositionId) -> str:
    """The name of a position in events: SHA-256 of its four parts in hex."""
    account, collateral, index, is_long = position
    return hashlib.sha256(f"{account}/{collateral}/{index}/{is_long}".encode()).hexdigest()


def request_key(account: str, index: int) -> str:
    """The key of an account's n-th request: SHA-256 of the address and eight bytes of the number, in hex."""
    return hashlib.sha256(from_bech32(account) + index.to_bytes(8, "big")).hexdigest()


def _same(value: Any) -> Any:
    return value


def _integer(value: str | int) -> int:
    return int(value) if value else 0


@lru_cache(maxsize=64)
def _readers(cls: type[msgspec.Struct]) -> dict[str, Callable[[Any], Any]]:
    return {field.name: _integer if field.type is int else _same for field in msgspec.structs.fields(cls)}


@lru_cache(maxsize=64)
def _kinds(message_class: type[Message]) -> tuple[tuple[str, str], ...]:
    return tuple((row[0], row[2]) for row in message_class.FIELDS)


def _written(value: msgspec.Struct, name: str, kind: str) -> Any:
    found = getattr(value, name)
    return str(found) if kind == "string" and isinstance(found, int) else found


TOKEN: Final = row_of(Token, pb.Token)
TOKEN_LIST: Final = row_of(TokenList, pb.TokenList)
POSITION: Final = row_of(Position, pb.Position)
INCREASE_REQUEST: Final = row_of(IncreaseRequest, pb.IncreaseRequest)
DECREASE_REQUEST: Final = row_of(DecreaseRequest, pb.DecreaseRequest)
INCREASE_ORDER: Final = row_of(IncreaseOrder, pb.IncreaseOrder)
DECREASE_ORDER: Final = row_of(DecreaseOrder, pb.DecreaseOrder)
KEEPER_PRICE: Final = row_of(KeeperPrice, pb.KeeperPrice)
