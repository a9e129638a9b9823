"""The request queue: PositionRouter. Source: perp-vault §9."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from vaultsim.context import Context, run_cached
from vaultsim.errors import ChainError, ChainPanic, OutOfGas
from vaultsim.pb.runtime import replace
from vaultsim.pb.vaultsim.perpvault.v1 import AccountIndexes, Role
from vaultsim.store.collections import Item, Map
from vaultsim.x.perpvault import events, formulas
from vaultsim.x.perpvault.errors import (
    Delay,
    Expired,
    Forbidden,
    InsufficientExecutionFee,
    InvalidPath,
    LeverageDisabled,
    Slippage,
    SwapsDisabled,
    UnknownCallback,
)
from vaultsim.x.perpvault.keeper import PerpvaultKeeper
from vaultsim.x.perpvault.ports import CallbackTarget
from vaultsim.x.perpvault.types import ESCROW, DecreaseRequest, IncreaseRequest, PositionId, request_key

Request = IncreaseRequest | DecreaseRequest
SINGLE_TOKEN: Final = 1
SWAP: Final = 2


class PositionRouter:
    """Positions changed in two steps: the account asks, a keeper or the account executes later.

    callbacks: targets by name, registered by other modules.
    """

    def __init__(self, vault: PerpvaultKeeper) -> None:
        self._vault = vault
        self._state = vault.state
        self.callbacks: dict[str, CallbackTarget] = {}

    # --- ask -------------------------------------------------------------------------------------------------------

    def create_increase_position(self, ctx: Context, request: IncreaseRequest, referral_code: str = "") -> str:
        """Queues an increase and escrows its collateral and fee; returns its key. Key, fee token and time are set here.

        Raises [49], [45], [13], [56] and what the bank raises.
        """

        def create(ctx: Context) -> str:
            made = self._prepared(ctx, request, is_increase=True)
            assert isinstance(made, IncreaseRequest)
            self._vault.escrow(ctx, made.account, made.path[0], made.amount_in)
            self._state.increase_requests.set(ctx, made.key, made)
            _append(ctx, self._state.increase_queue, self._state.increase_bounds, made.key)
            ctx.emit(
                events.CreateIncreasePosition(
                    account=made.account,
                    key=made.key,
                    path=",".join(made.path),
                    index_token=made.index_token,
                    amount_in=made.amount_in,
                    min_out=made.min_out,
                    size_delta=made.size_delta,
                    is_long=made.is_long,
                    acceptable_price=made.acceptable_price,
                    execution_fee=made.execution_fee,
                    referral_code=referral_code,
                    callback_target=made.callback_target,
                )
            )
            return made.key

        return self._vault.entry(ctx, create)

    def create_decrease_position(self, ctx: Context, request: DecreaseRequest) -> str:
        """Queues a decrease and escrows its fee; returns its key. Raises [49], [45], [13], [56], bank's."""

        def create(ctx: Context) -> str:
            made = self._prepared(ctx, request, is_increase=False)
            assert isinstance(made, DecreaseRequest)
            self._state.decrease_requests.set(ctx, made.key, made)
            _append(ctx, self._state.decrease_queue, self._state.decrease_bounds, made.key)
            ctx.emit(
                events.CreateDecreasePosition(
                    account=made.account,
                    key=made.key,
                    path=",".join(made.path),
                    index_token=made.index_token,
                    collateral_delta=made.collateral_delta,
                    size_delta=made.size_delta,
                    is_long=made.is_long,
                    receiver=made.receiver,
                    acceptable_price=made.acceptable_price,
                    min_out=made.min_out,
                    execution_fee=made.execution_fee,
                    callback_target=made.callback_target,
                )
            )
            return made.key

        return self._vault.entry(ctx, create)

    def _prepared(self, ctx: Context, request: Request, *, is_increase: bool) -> Request:
        params = self._vault.params(ctx)
        if request.execution_fee < params.min_execution_fee:
            raise InsufficientExecutionFee
        require_single_path(request.path)
        if request.callback_target and request.callback_target not in self.callbacks:
            raise UnknownCallback(request.callback_target)
        self._vault.escrow(ctx, request.account, params.execution_fee_denom, request.execution_fee)
        found = self._state.request_indexes.get(ctx, request.account) or AccountIndexes(account=request.account)
        if is_increase:
            index = found.increase_index + 1
            found = replace(found, increase_index=index)
        else:
            index = found.decrease_index + 1
            found = replace(found, decrease_index=index)
        self._state.request_indexes.set(ctx, request.account, found)
        return replace(
            request,
            key=request_key(request.account, index),
            execution_fee_denom=params.execution_fee_denom,
            block_height=ctx.height,
            block_time=ctx.unix_seconds,
        )

    # --- execute ---------------------------------------------------------------------------------------------------

    def execute_increase_position(self, ctx: Context, sender: str, key: str, fee_receiver: str) -> bool:
        """Executes a queued increase. False when a keeper is too early; true, and nothing done, for an unknown key.

        Raises [48], [34], [47], [15], [46] and what the increase raises.
        """
        return self._vault.entry(ctx, lambda ctx: self._execute_increase(ctx, sender, key, fee_receiver))

    def execute_decrease_position(self, ctx: Context, sender: str, key: str, fee_receiver: str) -> bool:
        """Executes a queued decrease. As for increases, with what the decrease raises, and [46] below `min_out`."""
        return self._vault.entry(ctx, lambda ctx: self._execute_decrease(ctx, sender, key, fee_receiver))

    def cancel_increase_position(self, ctx: Context, sender: str, key: str, fee_receiver: str) -> bool:
        """Gives collateral back to the account and the fee to `fee_receiver`. Raises [34], [47], [15], bank's."""
        return self._vault.entry(ctx, lambda ctx: self._cancel_increase(ctx, sender, key, fee_receiver))

    def cancel_decrease_position(self, ctx: Context, sender: str, key: str, fee_receiver: str) -> bool:
        """Drops a queued decrease, the fee to `fee_receiver`. Raises [34], [47], [15], bank's."""
        return self._vault.entry(ctx, lambda ctx: self._cancel_decrease(ctx, sender, key, fee_receiver))

    def execute_increase_positions(self, ctx: Context, sender: str, end_index: int, fee_receiver: str) -> int:
        """Goes through the queue up to `end_index`: executes, or cancels what fails; stops at what is too early.

        Returns where the queue starts then. Raises Forbidden [34] unless the sender is a keeper.
        """

        def run(ctx: Context) -> int:
            start = self._run_queue(
                ctx,
                sender,
                end_index,
                self._state.increase_queue,
                self._state.increase_bounds,
                lambda ctx, key: self._execute_increase(ctx, sender, key, fee_receiver),
                lambda ctx, key: self._cancel_increase(ctx, sender, key, fee_receiver),
            )
            ctx.emit(events.ExecuteIncreasePositions(start))
            return start

        return self._vault.entry(ctx, run)

    def execute_decrease_positions(self, ctx: Context, sender: str, end_index: int, fee_receiver: str) -> int:
        """As `execute_increase_positions`."""

        def run(ctx: Context) -> int:
            start = self._run_queue(
                ctx,
                sender,
                end_index,
                self._state.decrease_queue,
                self._state.decrease_bounds,
                lambda ctx, key: self._execute_decrease(ctx, sender, key, fee_receiver),
                lambda ctx, key: self._cancel_decrease(ctx, sender, key, fee_receiver),
            )
            ctx.emit(events.ExecuteDecreasePositions(start))
            return start

        return self._vault.entry(ctx, run)

    def _execute_increase(self, ctx: Context, sender: str, key: str, fee_receiver: str) -> bool:
        request = self._state.increase_requests.get(ctx, key)
        if request is None:
            return True
        self._require_not_expired(ctx, request)
        if not self._may_run(ctx, sender, request):
            return False
        self._state.increase_requests.delete(ctx, key)
        mark = self.require_price(ctx, request.index_token, request.is_long, request.acceptable_price, is_increase=True)
        where = PositionId(request.account, request.path[0], request.index_token, request.is_long)
        amount = self._less_deposit_fee(ctx, where, request)
        self._vault.require_leverage_enabled(ctx)
        self._vault.apply_increase(ctx, ESCROW, where, request.size_delta, amount)
        self._vault.release(ctx, request.execution_fee_denom, request.execution_fee, fee_receiver)
        ctx.emit(events.ExecuteIncreasePosition(request.account, key, fee_receiver, mark))
        self._call_back(ctx, request, was_executed=True, is_increase=True)
        return True

    def _execute_decrease(self, ctx: Context, sender: str, key: str, fee_receiver: str) -> bool:
        request = self._state.decrease_requests.get(ctx, key)
        if request is None:
            return True
        self._require_not_expired(ctx, request)
        if not self._may_run(ctx, sender, request):
            return False
        self._state.decrease_requests.delete(ctx, key)
        mark = self.require_price(
            ctx, request.index_token, request.is_long, request.acceptable_price, is_increase=False
        )
        where = PositionId(request.account, request.path[0], request.index_token, request.is_long)
        paid = self._vault.apply_decrease(ctx, where, request.collateral_delta, request.size_delta, request.receiver)
        if paid < request.min_out:
            raise Slippage(f"{paid}{request.path[0]} paid, limit {request.min_out}")
        self._vault.release(ctx, request.execution_fee_denom, request.execution_fee, fee_receiver)
        ctx.emit(events.ExecuteDecreasePosition(request.account, key, fee_receiver, mark, paid))
        self._call_back(ctx, request, was_executed=True, is_increase=False)
        return True

    def _cancel_increase(self, ctx: Context, sender: str, key: str, fee_receiver: str) -> bool:
        request = self._state.increase_requests.get(ctx, key)
        if request is None:
            return True
        if not self._may_run(ctx, sender, request):
            return False
        self._state.increase_requests.delete(ctx, key)
        self._vault.release(ctx, request.path[0], request.amount_in, request.account)
        self._vault.release(ctx, request.execution_fee_denom, request.execution_fee, fee_receiver)
        ctx.emit(events.CancelIncreasePosition(request.account, key, fee_receiver))
        self._call_back(ctx, request, was_executed=False, is_increase=True)
        return True

    def _cancel_decrease(self, ctx: Context, sender: str, key: str, fee_receiver: str) -> bool:
        request = self._state.decrease_requests.get(ctx, key)
        if request is None:
            return True
        if not self._may_run(ctx, sender, request):
            return False
        self._state.decrease_requests.delete(ctx, key)
        self._vault.release(ctx, request.execution_fee_denom, request.execution_fee, fee_receiver)
        ctx.emit(events.CancelDecreasePosition(request.account, key, fee_receiver))
        self._call_back(ctx, request, was_executed=False, is_increase=False)
        return True

    def _run_queue(
        self,
        ctx: Context,
        sender: str,
        end_index: int,
        queue: Map[int, str],
        bounds: Item[tuple[int, int]],
        execute: Callable[[Context, str], bool],
        cancel: Callable[[Context, str], bool],
    ) -> int:
        if not self._is_keeper(ctx, sender):
            raise Forbidden(f"{sender} is no position keeper")
        start, length = bounds.get(ctx) or (0, 0)
        place = start
        while place < min(end_index, length):
            key = queue.get(ctx, place)
            assert key is not None, "every place from the start on has a key"
            if not _execute_or_cancel(ctx, key, execute, cancel):
                break
            queue.delete(ctx, place)
            place += 1
        bounds.set(ctx, (place, length))
        return place

    # --- rules -----------------------------------------------------------------------------------------------------

    def require_price(
        self, ctx: Context, index: str, is_long: bool, acceptable_price: int, *, is_increase: bool
    ) -> int:
        """The mark price, if it is no worse than acceptable. Raises Slippage [46] and what the feed raises."""
        is_maximised = is_long == is_increase
        mark = self._vault.feed.price(ctx, self._vault.token(ctx, index), is_maximised)
        if mark > acceptable_price if is_maximised else mark < acceptable_price:
            raise Slippage(f"mark price {mark}, limit {acceptable_price}")
        return mark

    def _require_not_expired(self, ctx: Context, request: Request) -> None:
        if request.block_time + self._vault.params(ctx).max_time_delay <= ctx.unix_seconds:
            raise Expired

    def _may_run(self, ctx: Context, sender: str, request: Request) -> bool:
        """Whether it is time; False only for a keeper. Raises [34], [47], [15] for others."""
        params = self._vault.params(ctx)
        if self._is_keeper(ctx, sender):
            return request.block_height + params.min_block_delay_keeper <= ctx.height
        if sender != request.account:
            raise Forbidden(f"{sender} is neither keeper nor owner")
        if request.block_time + params.min_time_delay_public > ctx.unix_seconds:
            raise Delay
        if not params.router_is_leverage_enabled:
            raise LeverageDisabled
        return True

    def _is_keeper(self, ctx: Context, sender: str) -> bool:
        return self._vault.has_role(ctx, Role.ROLE_POSITION_KEEPER, sender)

    def _less_deposit_fee(self, ctx: Context, where: PositionId, request: IncreaseRequest) -> int:
        """What is left of a request's collateral after the fee for lowering the leverage of a long."""
        params = self._vault.params(ctx)
        if not params.deposit_fee_bps or not where.is_long:
            return request.amount_in
        buffer_bps = params.increase_position_buffer_bps
        if request.size_delta and not self.lowers_leverage(
            ctx, where, request.size_delta, request.amount_in, buffer_bps
        ):
            return request.amount_in
        left = formulas.after_fee(request.amount_in, params.deposit_fee_bps)
        token = self._vault.token(ctx, where.collateral_token)
        self._vault.change(ctx, token.token, router_fee_reserve=token.router_fee_reserve + request.amount_in - left)
        return left

    def lowers_leverage(self, ctx: Context, where: PositionId, size_delta: int, amount: int, buffer_bps: int) -> bool:
        """Whether an increase lowers the leverage of an open position by more than a buffer."""
        position = self._vault.position(ctx, where)
        if position.size == 0:
            return False
        collateral = position.collateral + self._vault.token_to_usd_min(ctx, where.collateral_token, amount)
        following = formulas.buffered_leverage(position.size + size_delta, collateral, buffer_bps)
        return following < formulas.leverage(position.size, position.collateral)

    def _call_back(self, ctx: Context, request: Request, *, was_executed: bool, is_increase: bool) -> None:
        name = request.callback_target
        if not name:
            return
        target = self.callbacks.get(name)
        success = target is not None and _is_told(ctx, target, request.key, was_executed, is_increase)
        ctx.emit(events.Callback(name, success))


def require_single_path(path: tuple[str, ...]) -> None:
    """One token. Raises SwapsDisabled [13] for two, InvalidPath [45] for any other number."""
    if len(path) == SWAP:
        raise SwapsDisabled
    if len(path) != SINGLE_TOKEN:
        raise InvalidPath(f"{len(path)} tokens")


def _append(ctx: Context, queue: Map[int, str], bounds: Item[tuple[int, int]], key: str) -> None:
    start, length = bounds.get(ctx) or (0, 0)
    queue.set(ctx, length, key)
    bounds.set(ctx, (start, length + 1))


def _execute_or_cancel(
    ctx: Context, key: str, execute: Callable[[Context, str], bool], cancel: Callable[[Context, str], bool]
) -> bool:
    """Whether the queue may go on. A request that can neither be executed nor cancelled is left to its owner."""
    executed = _attempt(ctx, lambda ctx: execute(ctx, key))
    if executed is None:
        _attempt(ctx, lambda ctx: cancel(ctx, key))
    return executed is not False


def _attempt(ctx: Context, action: Callable[[Context], bool]) -> bool | None:
    """What an action returns; None when it fails, which undoes it. Only the end of the gas ends the batch too."""
    try:
        return run_cached(ctx, action)
    except OutOfGas:
        raise
    except (ChainError, ChainPanic):
        return None


def _is_told(ctx: Context, target: CallbackTarget, key: str, was_executed: bool, is_increase: bool) -> bool:
    try:
        run_cached(ctx, lambda ctx: target.position_executed(ctx, key, was_executed, is_increase))
    except OutOfGas:
        raise
    except (ChainError, ChainPanic):
        return False
    return True
