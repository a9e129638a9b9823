"""Values of x/clob that are no wire types, and plain questions about orders. Source: dydx-modules §§20.3, 20.10."""

from __future__ import annotations

import hashlib
from enum import IntEnum
from typing import Final, NamedTuple

from vaultsim.errors import ChainError, ChainPanic
from vaultsim.lib.ints import U32_MAX
from vaultsim.lib.maths import floor_div
from vaultsim.pb.dydxprotocol.affiliates import AffiliateParameters
from vaultsim.pb.dydxprotocol.clob import (
    ClobPair,
    LongTermOrderPlacement,
    Order,
    OrderId,
    PerpetualLiquidationInfo,
)
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.x.clob.errors import AssetOrdersNotImplemented
from vaultsim.x.subaccounts.types import UpdateResult

SHORT_TERM: Final = 0
CONDITIONAL: Final = 32
LONG_TERM: Final = 64
TWAP: Final = 128
TWAP_SUBORDER: Final = 256
STATEFUL_FLAGS: Final = frozenset({CONDITIONAL, LONG_TERM, TWAP, TWAP_SUBORDER})

SIDE_UNSPECIFIED: Final = 0
SIDE_BUY: Final = 1
SIDE_SELL: Final = 2

TIME_IN_FORCE_UNSPECIFIED: Final = 0
TIME_IN_FORCE_IOC: Final = 1
TIME_IN_FORCE_POST_ONLY: Final = 2
TIME_IN_FORCE_FILL_OR_KILL: Final = 3

CONDITION_UNSPECIFIED: Final = 0
CONDITION_STOP_LOSS: Final = 1
CONDITION_TAKE_PROFIT: Final = 2

STATUS_ACTIVE: Final = 1
STATUS_INITIALIZING: Final = 5
STATUS_FINAL_SETTLEMENT: Final = 6

SHORT_BLOCK_WINDOW: Final = 40
STATEFUL_ORDER_TIME_WINDOW_SECONDS: Final = 95 * 86_400
MOST_BATCH_CANCELS: Final = 100
CONDITIONAL_TRIGGER_MULTIPLIER: Final = 5
NEVER_PRUNED: Final = U32_MAX


class RemovalReason(IntEnum):
    """Why a stateful order is removed by an operation; numbers as on the wire."""

    UNSPECIFIED = 0
    UNDERCOLLATERALIZED = 1
    INVALID_REDUCE_ONLY = 2
    POST_ONLY_WOULD_CROSS = 3
    SELF_TRADE = 4
    CONDITIONAL_FOK = 5
    IOC_WOULD_REST = 6
    FULLY_FILLED = 7
    ISOLATED_CONSTRAINTS = 8
    PERMISSIONED_KEY_EXPIRED = 9


class OrderStatus(IntEnum):
    """How the placement of an order on the book ended."""

    SUCCESS = 0
    UNDERCOLLATERALIZED = 1
    INTERNAL_ERROR = 2
    IOC_WOULD_REST = 3
    REDUCE_ONLY_RESIZED = 4
    LIQUIDATION_REQUIRES_DELEVERAGING = 5
    LIQUIDATION_EXCEEDED_MAX_NOTIONAL = 6
    LIQUIDATION_EXCEEDED_MAX_INSURANCE_LOST = 7
    ISOLATED_CONSTRAINTS = 8
    POST_ONLY_WOULD_CROSS = 9


def is_short_term(order_id: OrderId) -> bool:
    """Whether the order lives in books only."""
    return order_id.order_flags == SHORT_TERM


def is_stateful(order_id: OrderId) -> bool:
    """Whether the order is written to state: conditional, long-term, TWAP or TWAP suborder."""
    return order_id.order_flags in STATEFUL_FLAGS


def is_conditional(order_id: OrderId) -> bool:
    """Whether the order waits for a trigger price."""
    return order_id.order_flags == CONDITIONAL


def must_be_stateful(order_id: OrderId) -> None:
    """A chain panic unless the order is stateful."""
    if order_id.order_flags not in STATEFUL_FLAGS:
        raise ChainPanic(f"called with non-stateful order id {order_id}")


def is_buy(order: Order) -> bool:
    """Whether the order buys."""
    return order.side == SIDE_BUY


def is_post_only(order: Order) -> bool:
    """Whether the order must not take."""
    return order.time_in_force == TIME_IN_FORCE_POST_ONLY


def requires_immediate_execution(order: Order) -> bool:
    """Whether the order is immediate-or-cancel or fill-or-kill."""
    return order.time_in_force in (TIME_IN_FORCE_IOC, TIME_IN_FORCE_FILL_OR_KILL)


def good_til(order: Order) -> int:
    """Good-til block of a short-term order, good-til unix seconds of a stateful one."""
    if order.order_id.order_flags == SHORT_TERM:
        return order.good_til_block or 0
    return order.good_til_block_time or 0


def order_hash(order: Order) -> bytes:
    """SHA-256 of the order's bytes."""
    return hashlib.sha256(order.encode()).digest()


def compare_replacement(order: Order, other: Order) -> int:
    """+1 when `order` outranks `other` of the same id, -1 when it is outranked, 0 when they are the same order.

    The later good-til wins, then the larger hash. Source: dydx-modules §20.7.2.
    """
    if order.order_id != other.order_id:
        raise ChainPanic("replacement of an order with another id")
    mine, theirs = good_til(order), good_til(other)
    if mine != theirs:
        return 1 if mine > theirs else -1
    left, right = order_hash(order), order_hash(other)
    return (left > right) - (left < right)


def order_id_order(order_id: OrderId) -> tuple[str, int, int, int, int]:
    """Sort key of order ids: owner, subaccount number, client id, flags, pair. Source: dydx-modules §22-17."""
    subaccount = order_id.subaccount_id
    return subaccount.owner, subaccount.number, order_id.client_id, order_id.order_flags, order_id.clob_pair_id


def subaccount_order(subaccount_id: SubaccountId) -> tuple[str, int]:
    """Sort key of subaccount ids: owner as text, number."""
    return subaccount_id.owner, subaccount_id.number


def placement_order(placement: LongTermOrderPlacement) -> tuple[int, int]:
    """Sort key of placements: height, then index within the block."""
    index = placement.placement_index
    return index.block_height, index.transaction_index


def twap_legs(order: Order) -> int:
    """Number of legs of a TWAP parent: duration over interval, floored; 0 for other orders."""
    parameters = order.twap_parameters
    if order.order_id.order_flags != TWAP or parameters is None:
        return 0
    return floor_div(parameters.duration, parameters.interval)


def perpetual_of(pair: ClobPair) -> int:
    """The perpetual a pair trades. Raises AssetOrdersNotImplemented [9000] when it trades none."""
    metadata = pair.perpetual_clob_metadata
    if metadata is None:
        raise AssetOrdersNotImplemented(f"clob pair {pair.id}")
    return metadata.perpetual_id


def must_perpetual_of(pair: ClobPair) -> int:
    """The perpetual a pair trades; a chain panic when it trades none."""
    metadata = pair.perpetual_clob_metadata
    if metadata is None:
        raise ChainPanic(f"clob pair {pair.id} is not perpetual")
    return metadata.perpetual_id


class MatchableOrder(NamedTuple):
    """What can take or make: an order, or a liquidation, which has no id and no order behind it.

    quantums: size in base quantums; subticks: limit price; perpetual_id: the liquidated perpetual, 0 for orders.
    """

    order_id: OrderId | None
    subaccount_id: SubaccountId
    clob_pair_id: int
    is_buy: bool
    quantums: int
    subticks: int
    order: Order | None
    is_liquidation: bool = False
    perpetual_id: int = 0

    @property
    def is_reduce_only(self) -> bool:
        """Whether it may only shrink a position; never so for liquidations."""
        return self.order is not None and self.order.reduce_only

    @property
    def router_address(self) -> str:
        """The order router named by the order, or nothing."""
        return "" if self.order is None else self.order.order_router_address

    def must_order(self) -> Order:
        """The order; a chain panic for a liquidation."""
        if self.order is None:
            raise ChainPanic("no underlying order on a liquidation order")
        return self.order

    def hash(self) -> bytes:
        """Order hash; of a liquidation, the hash of its subaccount and perpetual."""
        if self.order is not None:
            return order_hash(self.order)
        info = PerpetualLiquidationInfo(subaccount_id=self.subaccount_id, perpetual_id=self.perpetual_id)
        return hashlib.sha256(info.encode()).digest()


def matchable(order: Order) -> MatchableOrder:
    """An order as something that can match."""
    order_id = order.order_id
    return MatchableOrder(
        order_id,
        order_id.subaccount_id,
        order_id.clob_pair_id,
        order.side == SIDE_BUY,
        order.quantums,
        order.subticks,
        order,
    )


def liquidation_matchable(
    subaccount_id: SubaccountId, clob_pair_id: int, perpetual_id: int, is_buy: bool, quantums: int, subticks: int
) -> MatchableOrder:
    """A liquidation as something that can take."""
    return MatchableOrder(None, subaccount_id, clob_pair_id, is_buy, quantums, subticks, None, True, perpetual_id)


class MatchWithOrders(NamedTuple):
    """A fill of `fill_amount` base quantums at the maker's price."""

    taker: MatchableOrder
    maker: MatchableOrder
    fill_amount: int


class MatchOutcome(NamedTuple):
    """What a match did: on failure nothing but the insurance payment was written.

    error: [subaccounts 102] when the update of the two subaccounts failed, None otherwise.
    """

    success: bool
    taker_result: UpdateResult
    maker_result: UpdateResult
    error: ChainError | None = None


class AffiliateTerms(NamedTuple):
    """Affiliate data that a match is settled with: addresses with the top share, and the parameters."""

    overrides: frozenset[str]
    parameters: AffiliateParameters


NO_AFFILIATE_TERMS: Final = AffiliateTerms(frozenset(), AffiliateParameters())
"""What matching in check mode uses: no overrides, no caps, tier index 0. Source: dydx-modules §20.7.2-h."""


class DeleveragePrice(IntEnum):
    """Whether a position may be deleveraged, and at which price."""

    NONE = 0
    BANKRUPTCY = 1
    ORACLE = 2


class BestPrices(NamedTuple):
    """Best bid and ask of a pair in subticks, None where there is none."""

    bid: int | None
    ask: int | None


NO_PRICES: Final = BestPrices(None, None)


class FillParty(NamedTuple):
    """What a fill changed for one of its sides: base quantums and quote quantums, fees included."""

    subaccount_id: SubaccountId
    base_delta: int
    quote_delta: int


class SettledFill(NamedTuple):
    """A fill that was settled, of a deleveraging too; protocol_fee: quote quantums that the fee collector got."""

    perpetual_id: int
    taker: FillParty
    maker: FillParty
    protocol_fee: int = 0
