"""Key prefixes of the clob stores and how order ids and times become key bytes. Source: dydx-modules §§3, 20.1."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from vaultsim.context import NANOSECONDS
from vaultsim.lib.maths import floor_div, floor_mod
from vaultsim.pb.dydxprotocol.clob import OrderId
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.store.codecs import Codec, memoized, message

STORE: Final = "clob"
MEMORY_STORE: Final = "mem_clob"
TRANSIENT_STORE: Final = "tmp_clob"

CLOB_PAIR: Final = b"Clob:"
FILL: Final = b"Fill:"
PRUNABLE: Final = b"PO/"
LONG_TERM: Final = b"SO/P/L:"
TRIGGERED: Final = b"SO/P/T:"
UNTRIGGERED: Final = b"SO/U:"
EXPIRATION: Final = b"Exp/"
TWAP_PARENT: Final = b"TWAP:"
TWAP_TRIGGER: Final = b"TWAP/T:"
LIQUIDATIONS_CONFIG: Final = b"LiqCfg"
EQUITY_TIERS: Final = b"EqTierCfg"
RATE_LIMITS: Final = b"RateLimCfg"
NEXT_CLOB_PAIR_ID: Final = b"NextClobPairID"

MEMORY_READY: Final = b"MemstoreInit"
PROPOSER_EVENTS: Final = b"ProposerEvents"
DELIVERED_LONG_TERM: Final = b"DLTO"
DELIVERED_CONDITIONAL: Final = b"DCO"
DELIVERED_CANCEL: Final = b"DCancel:"
STATEFUL_COUNT: Final = b"NumSO:"

NEXT_TRANSACTION_INDEX: Final = b"NextTxIdx"
LIQUIDATION_RECORD: Final = b"SaLiqInfo:"
MIN_TRADE: Final = b"MinTrade:"
MAX_TRADE: Final = b"MaxTrade:"
UNCOMMITTED_ORDER: Final = b"UncmtSO:"
UNCOMMITTED_CANCEL: Final = b"UncmtSOCxl:"
UNCOMMITTED_COUNT: Final = b"NumUncmtSO:"
STAGED_COUNT: Final = b"StgEvtCnt"
STAGED: Final = b"StgEvt:"

_EPOCH: Final = datetime(1970, 1, 1)

_MOST_KNOWN_IDS: Final = 1 << 17


class _BytesOfIds(dict[OrderId, bytes]):
    """Bytes of recent order ids; the look-up of a known one runs no Python code."""

    def __missing__(self, order_id: OrderId) -> bytes:
        raw = order_id.encode()
        _remember(order_id, raw)
        return raw


class _IdsOfBytes(dict[bytes, OrderId]):
    """Recent order ids by their bytes."""

    def __missing__(self, raw: bytes) -> OrderId:
        order_id = OrderId.decode(raw)
        _remember(order_id, raw)
        return order_id


_bytes_of: Final = _BytesOfIds()
_id_of: Final = _IdsOfBytes()
_order_id_bytes: Final = _bytes_of.__getitem__
_order_id_of: Final = _id_of.__getitem__


def _remember(order_id: OrderId, raw: bytes) -> None:
    if len(_id_of) >= _MOST_KNOWN_IDS:
        _bytes_of.clear()
        _id_of.clear()
    _bytes_of[order_id] = raw
    _id_of[raw] = order_id


# The bytes of an order id serve as key under five prefixes and as value under three: they are made once.
ORDER_ID: Final[Codec[OrderId]] = Codec(_order_id_bytes, _order_id_of)
SUBACCOUNT_ID: Final[Codec[SubaccountId]] = memoized(message(SubaccountId))


@lru_cache(maxsize=1_024)
def seconds_text(seconds: int) -> bytes:
    """Sortable time text of whole unix seconds, with nine fraction digits, as bytes."""
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.000000000").encode()


def time_text(time_ns: int) -> bytes:
    """Sortable time text of unix nanoseconds, as bytes."""
    whole = seconds_text(floor_div(time_ns, NANOSECONDS))
    return whole[:-9] + f"{floor_mod(time_ns, NANOSECONDS):09d}".encode()


@lru_cache(maxsize=1_024)
def _seconds_of(text: bytes) -> int:
    moment = datetime.strptime(text.decode(), "%Y-%m-%dT%H:%M:%S")
    delta = moment - _EPOCH
    return delta.days * 86_400 + delta.seconds


def _encode_expiration(key: tuple[int, OrderId]) -> bytes:
    return seconds_text(key[0]) + b":" + _order_id_bytes(key[1])


def _decode_expiration(raw: bytes) -> tuple[int, OrderId]:
    return _seconds_of(raw[:19]), _order_id_of(raw[30:])


def _encode_prunable(key: tuple[int, OrderId]) -> bytes:
    return key[0].to_bytes(4, "big") + b":" + _order_id_bytes(key[1])


def _decode_prunable(raw: bytes) -> tuple[int, OrderId]:
    return int.from_bytes(raw[:4], "big"), _order_id_of(raw[5:])


def _encode_twap_trigger(key: tuple[int, OrderId]) -> bytes:
    return key[0].to_bytes(8, "big") + _order_id_bytes(key[1])


def _decode_twap_trigger(raw: bytes) -> tuple[int, OrderId]:
    return int.from_bytes(raw[:8], "big"), _order_id_of(raw[8:])


EXPIRATION_KEY: Final[Codec[tuple[int, OrderId]]] = Codec(_encode_expiration, _decode_expiration)
"""(good-til time in unix seconds, order id): time text, colon, id."""
PRUNABLE_KEY: Final[Codec[tuple[int, OrderId]]] = Codec(_encode_prunable, _decode_prunable)
"""(height, order id): four bytes, colon, id."""
TWAP_TRIGGER_KEY: Final[Codec[tuple[int, OrderId]]] = Codec(_encode_twap_trigger, _decode_twap_trigger)
"""(unix seconds, order id): eight bytes, id."""
