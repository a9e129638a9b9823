"""What CheckTx does with a clob transaction once its signatures are checked.

Source: dydx-modules §§1.5, 20.6.5, 20.7.3, 20.18.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.clob import MsgBatchCancel, MsgCancelOrder, MsgPlaceOrder, MsgUpdateLeverage, OrderId
from vaultsim.pb.dydxprotocol.sending import MsgCreateTransfer
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.runtime import Message
from vaultsim.x.carriers import carried_order
from vaultsim.x.clob.errors import ClobNotInitialized, InvalidClobPairParameter, InvalidLeverage
from vaultsim.x.clob.hydration import Hydration
from vaultsim.x.clob.keeper import ClobKeeper
from vaultsim.x.clob.keeper_validation import validate_good_til_block
from vaultsim.x.clob.memclob.memclob import MemClob, Placement
from vaultsim.x.clob.rate_limits import BATCH_CANCEL_WEIGHT, RateLimits
from vaultsim.x.clob.types import SHORT_TERM, must_be_stateful
from vaultsim.x.sdk_errors import InvalidRequest


class TransferPort(Protocol):
    """Moves money between subaccounts."""

    def process_transfer(
        self, ctx: Context, sender: SubaccountId, recipient: SubaccountId, asset_id: int, amount: int
    ) -> None:
        """Executes a transfer."""
        ...


class GatePort(Protocol):
    """Has its say about a message before the book sees it."""

    def admit(self, ctx: Context, message: Message) -> None:
        """Raises ChainError to refuse it."""
        ...

    def admit_placed(self, ctx: Context, message: Message) -> None:
        """The same of a placement, in the block that matches it."""
        ...


class OpenGate:
    """Refuses nothing."""

    def admit(self, ctx: Context, message: Message) -> None:
        """Nothing."""

    def admit_placed(self, ctx: Context, message: Message) -> None:
        """Nothing."""


_OPEN = OpenGate()


class ClobTx(Protocol):
    """A decoded transaction."""

    @property
    def messages(self) -> tuple[Message, ...]:
        """The transaction's messages."""
        ...

    @property
    def timeout_height(self) -> int:
        """The last height it may run at, 0 for any."""
        ...


class CheckMode:
    """The last steps of a clob transaction in CheckTx: rate limits, then each message on check state and books."""

    def __init__(
        self,
        keeper: ClobKeeper,
        memclob: MemClob,
        limits: RateLimits,
        hydration: Hydration,
        sending: TransferPort,
        gate: GatePort = _OPEN,
    ) -> None:
        self._keeper = keeper
        self._memclob = memclob
        self._limits = limits
        self._hydration = hydration
        self._sending = sending
        self._gate = gate

    def check_messages(self, ctx: Context, tx: ClobTx) -> None:
        """Applies the messages of a clob transaction to `ctx` and the books; raises the first error.

        What the books did stays even when the caller drops `ctx` after an error, as on the chain.
        """
        messages = tx.messages
        for message in messages:
            self._count(ctx, carried_order(message))
        require_allowed_together(messages)
        if not self._hydration.is_done:
            raise ClobNotInitialized("wait for the next block")
        for message in messages:
            self._gate.admit(ctx, message)
            self._check(ctx, carried_order(message), tx.timeout_height)

    # --- rate limits ---------------------------------------------------------------------------------------------

    def _count(self, ctx: Context, message: Message) -> None:
        if isinstance(message, MsgPlaceOrder):
            order = message.order
            self._count_order(ctx, order.order_id, order.good_til_block, is_placement=True)
        elif isinstance(message, MsgCancelOrder):
            self._count_order(ctx, message.order_id, message.good_til_block, is_placement=False)
        elif isinstance(message, MsgBatchCancel):
            self._count_batch(ctx, message)
        elif isinstance(message, MsgUpdateLeverage):
            subaccount_id = message.subaccount_id
            if subaccount_id is None or not subaccount_id.owner:
                raise InvalidLeverage("no subaccount")
            self._limits.leverage.count(ctx.height, subaccount_id.owner)

    def _count_order(self, ctx: Context, order_id: OrderId, good_til_block: int | None, *, is_placement: bool) -> None:
        if self._keeper.find_clob_pair(ctx, order_id.clob_pair_id) is None:
            return
        owner = order_id.subaccount_id.owner
        if order_id.order_flags == SHORT_TERM:
            validate_good_til_block(good_til_block or 0, ctx.height + 1)
            self._limits.short_term.count(ctx.height, owner)
        elif is_placement:
            must_be_stateful(order_id)
            self._limits.stateful.count(ctx.height, owner)

    def _count_batch(self, ctx: Context, message: MsgBatchCancel) -> None:
        if any(self._keeper.find_clob_pair(ctx, batch.clob_pair_id) is None for batch in message.short_term_cancels):
            return
        validate_good_til_block(message.good_til_block, ctx.height + 1)
        self._limits.short_term.count(ctx.height, message.subaccount_id.owner, BATCH_CANCEL_WEIGHT)

    # --- messages ------------------------------------------------------------------------------------------------

    def _check(self, ctx: Context, message: Message, timeout_height: int) -> None:
        if isinstance(message, MsgPlaceOrder):
            self._place(ctx, message, timeout_height)
        elif isinstance(message, MsgCancelOrder):
            self._cancel(ctx, message)
        elif isinstance(message, MsgBatchCancel):
            self._cancel_batch(ctx, message)
        elif isinstance(message, MsgCreateTransfer):
            transfer = message.transfer
            if transfer is None:
                raise ChainPanic("invalid memory address or nil pointer dereference")
            self._sending.process_transfer(ctx, transfer.sender, transfer.recipient, transfer.asset_id, transfer.amount)
        elif isinstance(message, MsgUpdateLeverage):
            self._keeper.update_leverage(ctx, message.subaccount_id, message.clob_pair_leverage)

    def _place(self, ctx: Context, message: MsgPlaceOrder, timeout_height: int) -> Placement | None:
        order = message.order
        if order.order_id.order_flags != SHORT_TERM:
            self._keeper.place_stateful_order_check(ctx, order)
            return None
        if 0 < timeout_height < (order.good_til_block or 0):
            raise InvalidRequest("timeout height below the good-til block of a short-term order")
        self._keeper.validate_order(ctx, order, ctx.height + 1, True)
        return self._memclob.place_order(ctx, order)

    def _cancel(self, ctx: Context, message: MsgCancelOrder) -> None:
        order_id = message.order_id
        if order_id.order_flags != SHORT_TERM:
            self._keeper.cancel_stateful_order_check(ctx, order_id, message.good_til_block_time or 0)
            return
        good_til_block = message.good_til_block or 0
        validate_good_til_block(good_til_block, ctx.height + 1)
        self._memclob.cancel_order(order_id, good_til_block)

    def _cancel_batch(self, ctx: Context, message: MsgBatchCancel) -> None:
        """Cancels what can be cancelled; the chain's ante loses this message's errors, so none is raised."""
        try:
            validate_good_til_block(message.good_til_block, ctx.height + 1)
            for batch in message.short_term_cancels:
                if self._keeper.find_clob_pair(ctx, batch.clob_pair_id) is None:
                    raise InvalidClobPairParameter(f"clob pair {batch.clob_pair_id}")
        except ChainError:
            return
        for batch in message.short_term_cancels:
            for client_id in batch.client_ids:
                order_id = OrderId(
                    subaccount_id=message.subaccount_id, client_id=client_id, clob_pair_id=batch.clob_pair_id
                )
                try:
                    self._memclob.cancel_order(order_id, message.good_til_block)
                except ChainError:
                    continue


def is_short_term_message(message: Message) -> bool:
    """Whether the message only concerns books: short-term orders and cancels."""
    message = carried_order(message)
    if isinstance(message, MsgPlaceOrder):
        return message.order.order_id.order_flags == SHORT_TERM
    if isinstance(message, MsgCancelOrder):
        return message.order_id.order_flags == SHORT_TERM
    return isinstance(message, MsgBatchCancel)


def require_allowed_together(messages: Sequence[Message]) -> None:
    """Raises InvalidRequest [sdk 18]: a short-term message is alone; others go with at most one transfer."""
    if len(messages) > 1 and any(is_short_term_message(message) for message in messages):
        raise InvalidRequest("a transaction with a short-term order or cancel may not hold another message")
    if sum(isinstance(message, MsgCreateTransfer) for message in messages) > 1:
        raise InvalidRequest("a transaction with stateful orders may hold one transfer")
    allowed = MsgPlaceOrder | MsgCancelOrder | MsgBatchCancel | MsgUpdateLeverage | MsgCreateTransfer
    if not all(isinstance(carried_order(message), allowed) for message in messages):
        raise InvalidRequest("a transaction with stateful orders may hold no other message than transfers")
