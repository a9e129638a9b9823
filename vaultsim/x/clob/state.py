"""The three stores of x/clob. Source: dydx-modules §20.1."""

from __future__ import annotations

from typing import Final

from vaultsim.lib.ints import U64_MAX, wrap_u64
from vaultsim.pb.dydxprotocol.clob import (
    BlockRateLimitConfiguration,
    ClobPair,
    ClobStagedFinalizeBlockEvent,
    EquityTierLimitConfiguration,
    LiquidationsConfig,
    LongTermOrderPlacement,
    MsgCancelOrder,
    OrderFillState,
    OrderId,
    ProcessProposerMatchesEvents,
    SubaccountLiquidationInfo,
    TwapOrderPlacement,
)
from vaultsim.store.codecs import RAW, U32_BE, UINT_VALUE, Codec, message
from vaultsim.store.schema import Lifetime, Schema
from vaultsim.x.clob import keys

# Order ids in the order they came, newest first: (id, the ids before it). Appending costs the same however many there
# are, and a rolled-back branch forgets its own; the chain keeps a counter and one row an id, which nobody can see.
IdChain = tuple[OrderId, "IdChain | None"]


def ids_in_order(chain: IdChain | None) -> list[OrderId]:
    """The ids of a chain, oldest first."""
    ids: list[OrderId] = []
    while chain is not None:
        order_id, chain = chain
        ids.append(order_id)
    ids.reverse()
    return ids


def _encode_chain(chain: IdChain) -> bytes:
    return b"".join(keys.ORDER_ID.encode(order_id) for order_id in ids_in_order(chain))


def _decode_chain(raw: bytes) -> IdChain:
    raise NotImplementedError("delivered ids live in memory only")


def _encode_int32(number: int) -> bytes:
    return UINT_VALUE.encode(wrap_u64(number))


def _decode_int32(raw: bytes) -> int:
    number = UINT_VALUE.decode(raw)
    return number - (U64_MAX + 1) if number > I64_MAX else number


I64_MAX: Final = U64_MAX >> 1
_ID_CHAIN: Final[Codec[IdChain]] = Codec(_encode_chain, _decode_chain)
_INT32_VALUE: Final[Codec[int]] = Codec(_encode_int32, _decode_int32)


class ClobState:
    """Collections of the persistent store, the memory store and the transient store of x/clob."""

    def __init__(self) -> None:
        self.schema = Schema(keys.STORE)
        self.memory_schema = Schema(keys.MEMORY_STORE, Lifetime.MEMORY)
        self.transient_schema = Schema(keys.TRANSIENT_STORE, Lifetime.TRANSIENT)
        self._declare_persistent(self.schema)
        self._declare_memory(self.memory_schema)
        self._declare_transient(self.transient_schema)

    def _declare_persistent(self, schema: Schema) -> None:
        order_id = keys.ORDER_ID
        placement: Codec[LongTermOrderPlacement] = message(LongTermOrderPlacement)
        fill: Codec[OrderFillState] = message(OrderFillState)
        pair: Codec[ClobPair] = message(ClobPair)
        parent: Codec[TwapOrderPlacement] = message(TwapOrderPlacement)
        liquidations: Codec[LiquidationsConfig] = message(LiquidationsConfig)
        tiers: Codec[EquityTierLimitConfiguration] = message(EquityTierLimitConfiguration)
        limits: Codec[BlockRateLimitConfiguration] = message(BlockRateLimitConfiguration)
        self.clob_pairs = schema.map(keys.CLOB_PAIR, U32_BE, pair)
        self.fills = schema.map(keys.FILL, order_id, fill)
        self.prunable = schema.map(keys.PRUNABLE, keys.PRUNABLE_KEY, order_id)
        self.long_term = schema.map(keys.LONG_TERM, order_id, placement)
        self.triggered = schema.map(keys.TRIGGERED, order_id, placement)
        self.untriggered = schema.map(keys.UNTRIGGERED, order_id, placement)
        self.expirations = schema.map(keys.EXPIRATION, keys.EXPIRATION_KEY, order_id)
        self.twap_parents = schema.map(keys.TWAP_PARENT, order_id, parent)
        self.twap_triggers = schema.key_set(keys.TWAP_TRIGGER, keys.TWAP_TRIGGER_KEY)
        self.liquidations_config = schema.item(keys.LIQUIDATIONS_CONFIG, liquidations)
        self.equity_tiers = schema.item(keys.EQUITY_TIERS, tiers)
        self.rate_limits = schema.item(keys.RATE_LIMITS, limits)
        self.next_clob_pair_id = schema.item(keys.NEXT_CLOB_PAIR_ID, UINT_VALUE)

    def _declare_memory(self, schema: Schema) -> None:
        events: Codec[ProcessProposerMatchesEvents] = message(ProcessProposerMatchesEvents)
        self.memory_ready = schema.item(keys.MEMORY_READY, RAW)
        self.proposer_events = schema.item(keys.PROPOSER_EVENTS, events)
        self.delivered_long_term = schema.item(keys.DELIVERED_LONG_TERM, _ID_CHAIN)
        self.delivered_conditional = schema.item(keys.DELIVERED_CONDITIONAL, _ID_CHAIN)
        self.delivered_cancellations = schema.map(keys.DELIVERED_CANCEL, keys.ORDER_ID, keys.ORDER_ID)
        self.stateful_counts = schema.map(keys.STATEFUL_COUNT, keys.SUBACCOUNT_ID, UINT_VALUE)

    def _declare_transient(self, schema: Schema) -> None:
        record: Codec[SubaccountLiquidationInfo] = message(SubaccountLiquidationInfo)
        placement: Codec[LongTermOrderPlacement] = message(LongTermOrderPlacement)
        cancel: Codec[MsgCancelOrder] = message(MsgCancelOrder)
        staged: Codec[ClobStagedFinalizeBlockEvent] = message(ClobStagedFinalizeBlockEvent)
        self.next_transaction_index = schema.item(keys.NEXT_TRANSACTION_INDEX, UINT_VALUE)
        self.liquidation_records = schema.map(keys.LIQUIDATION_RECORD, keys.SUBACCOUNT_ID, record)
        self.min_trades = schema.map(keys.MIN_TRADE, U32_BE, UINT_VALUE)
        self.max_trades = schema.map(keys.MAX_TRADE, U32_BE, UINT_VALUE)
        self.uncommitted_orders = schema.map(keys.UNCOMMITTED_ORDER, keys.ORDER_ID, placement)
        self.uncommitted_cancels = schema.map(keys.UNCOMMITTED_CANCEL, keys.ORDER_ID, cancel)
        self.uncommitted_counts = schema.map(keys.UNCOMMITTED_COUNT, keys.SUBACCOUNT_ID, _INT32_VALUE)
        self.staged_count = schema.item(keys.STAGED_COUNT, U32_BE)
        self.staged = schema.map(keys.STAGED, U32_BE, staged)
