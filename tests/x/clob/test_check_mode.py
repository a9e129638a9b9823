"""Clob messages in CheckTx: company, rate limits, and what reaches the books (dydx-modules §§1.5, 20.18)."""

from __future__ import annotations

from typing import NamedTuple, cast

import pytest

from tests.x.clob.memclob.fakes import BUY, PAIR, FakeKeeper, memclob, order, resting, subaccount
from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.clob import (
    BlockRateLimitConfiguration,
    ClobPair,
    MaxPerNBlocksRateLimit,
    MsgBatchCancel,
    MsgCancelOrder,
    MsgPlaceOrder,
    MsgUpdateLeverage,
    Order,
    OrderBatch,
)
from vaultsim.pb.dydxprotocol.sending import MsgCreateTransfer, Transfer
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.dydxprotocol.vault import MsgDepositToMegavault
from vaultsim.pb.runtime import Message
from vaultsim.x.clob import errors
from vaultsim.x.clob.check_mode import CheckMode
from vaultsim.x.clob.hydration import Hydration
from vaultsim.x.clob.keeper import ClobKeeper
from vaultsim.x.clob.rate_limits import RateLimits
from vaultsim.x.clob.types import LONG_TERM
from vaultsim.x.sdk_errors import InvalidRequest

LIMITS = BlockRateLimitConfiguration(
    max_stateful_orders_per_n_blocks=(MaxPerNBlocksRateLimit(num_blocks=1, limit=1),),
    max_short_term_orders_and_cancels_per_n_blocks=(MaxPerNBlocksRateLimit(num_blocks=1, limit=2),),
    max_leverage_updates_per_n_blocks=(MaxPerNBlocksRateLimit(num_blocks=1, limit=1),),
)


class ATx(NamedTuple):
    messages: tuple[Message, ...]
    timeout_height: int = 0


class Node(FakeKeeper):
    """The keeper that check mode calls, noting what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.books = memclob(self)
        self.ctx = self.context()
        self.limits = RateLimits()
        self.hydration = Hydration(cast(ClobKeeper, self), self.books)
        self.hydration.is_done = True
        self.mode = CheckMode(cast(ClobKeeper, self), self.books, self.limits, self.hydration, self)

    def check(self, *messages: Message, timeout_height: int = 0) -> None:
        self.mode.check_messages(self.ctx, ATx(messages, timeout_height))

    def find_clob_pair(self, ctx: Context, clob_pair_id: int) -> ClobPair | None:
        return PAIR if clob_pair_id == 0 else None

    def validate_order(self, ctx: Context, order: Order, height: int, preexisting: bool) -> None:
        self.asked.append(f"validate at {height}")

    def place_stateful_order_check(self, ctx: Context, order: Order) -> None:
        self.asked.append("place")

    def cancel_stateful_order_check(self, ctx: Context, order_id: object, good_til_block_time: int) -> None:
        self.asked.append(f"cancel until {good_til_block_time}")

    def update_leverage(self, ctx: Context, subaccount_id: object, entries: object) -> None:
        self.asked.append("leverage")

    def process_transfer(
        self, ctx: Context, sender: SubaccountId, recipient: SubaccountId, asset_id: int, amount: int
    ) -> None:
        self.asked.append(f"transfer {amount}")


@pytest.fixture
def node() -> Node:
    return Node()


SHORT = MsgPlaceOrder(order=order("a", 1, BUY, 5, 100))
LONG = MsgPlaceOrder(order=order("a", 1, BUY, 5, 100, flags=LONG_TERM))
TRANSFER = MsgCreateTransfer(transfer=Transfer(sender=subaccount("a"), recipient=subaccount("b"), amount=7))
LEVERAGE = MsgUpdateLeverage(subaccount_id=subaccount("a"))


def batch(*client_ids: int, pair: int = 0, til: int = 20) -> MsgBatchCancel:
    cancels = (OrderBatch(clob_pair_id=pair, client_ids=client_ids),)
    return MsgBatchCancel(subaccount_id=subaccount("a"), short_term_cancels=cancels, good_til_block=til)


def test_a_short_term_order_reaches_the_book_at_once(node: Node) -> None:
    node.check(SHORT)
    assert node.asked == ["validate at 11"]
    assert resting(node.books) == ([SHORT.order], [])
    node.check(MsgCancelOrder(order_id=SHORT.order.order_id, good_til_block=20))
    assert resting(node.books) == ([], [])


def test_stateful_orders_wait_for_their_block(node: Node) -> None:
    node.check(LONG, MsgCancelOrder(order_id=LONG.order.order_id, good_til_block_time=9), TRANSFER, LEVERAGE)
    assert node.asked == ["place", "cancel until 9", "transfer 7", "leverage"]
    assert resting(node.books) == ([], [])


@pytest.mark.parametrize(
    "messages",
    [(SHORT, SHORT), (SHORT, TRANSFER), (batch(1), LONG), (LONG, TRANSFER, TRANSFER), (LONG, MsgDepositToMegavault())],
)
def test_messages_that_may_not_travel_together(node: Node, messages: tuple[Message, ...]) -> None:
    with pytest.raises(InvalidRequest):
        node.check(*messages)
    assert node.asked == []


def test_nothing_is_taken_before_the_books_are_filled(node: Node) -> None:
    node.hydration.is_done = False
    with pytest.raises(errors.ClobNotInitialized):
        node.check(SHORT)


def test_a_timeout_before_the_good_til_block_is_refused(node: Node) -> None:
    with pytest.raises(InvalidRequest):
        node.check(SHORT, timeout_height=19)
    node.check(SHORT, timeout_height=20)


def test_placements_and_cancels_are_counted_and_a_batch_counts_twice(node: Node) -> None:
    node.limits.configure(LIMITS)
    node.check(batch(5))
    with pytest.raises(errors.BlockRateLimitExceeded):
        node.check(SHORT)
    node.limits.prune(node.ctx.height + 1)
    node.limits.prune(node.ctx.height + 2)
    with pytest.raises(errors.BlockRateLimitExceeded):
        node.check(LONG, LONG)
    node.check(MsgCancelOrder(order_id=LONG.order.order_id, good_til_block_time=9))
    with pytest.raises(errors.BlockRateLimitExceeded):
        node.check(LEVERAGE, LEVERAGE)


def test_a_good_til_block_is_looked_at_before_it_is_counted(node: Node) -> None:
    node.limits.configure(LIMITS)
    for _ in range(5):
        with pytest.raises(errors.HeightExceedsGoodTilBlock):
            node.check(MsgPlaceOrder(order=order("a", 1, BUY, 5, 100, til=10)))
        with pytest.raises(errors.GoodTilBlockExceedsShortBlockWindow):
            node.check(MsgCancelOrder(order_id=SHORT.order.order_id, good_til_block=52))
    node.check(SHORT)


def test_a_batch_cancel_cancels_what_it_can_and_never_fails(node: Node) -> None:
    node.check(SHORT)
    node.check(batch(1, 2))
    assert resting(node.books) == ([], [])
    node.check(batch(1, 2))
    node.check(batch(1, pair=9))
    node.check(batch(3, pair=9, til=99))
