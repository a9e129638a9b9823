"""The queue of before the block is matched again on the new check state. Source: dydx-modules §20.13-5c."""

from __future__ import annotations

from collections.abc import Sequence

from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.clob import OrderId
from vaultsim.x.clob.memclob.memclob import MemClob
from vaultsim.x.clob.memclob.operations import Operation, Removal, ShortTermPlacement, StatefulMarker
from vaultsim.x.clob.memclob.ports import ReplayPort
from vaultsim.x.clob.types import is_post_only


class Replay:
    """One pass over the queue: the post-only orders, or all others. An error drops its entry, a panic ends the pass."""

    def __init__(self, memclob: MemClob, keeper: ReplayPort, ctx: Context, *, post_only: bool) -> None:
        self._memclob = memclob
        self._keeper = keeper
        self._ctx = ctx
        self._post_only = post_only
        self._placed: set[OrderId] = set()
        self._placed_again: set[OrderId] = set()

    def run(self, operations: Sequence[Operation]) -> ChainPanic | None:
        """Replays the operations; returns the panic that ended the pass early, if any."""
        try:
            for operation in operations:
                self._replay(operation)
        except ChainPanic as panic:
            return panic
        return None

    def _replay(self, operation: Operation) -> None:
        try:
            if isinstance(operation, ShortTermPlacement):
                self._short_term(operation)
            elif isinstance(operation, StatefulMarker):
                self._stateful(operation.order_id)
            elif isinstance(operation, Removal):
                self._removed(operation.removal.order_id)
        except ChainError:
            return

    def _short_term(self, placement: ShortTermPlacement) -> None:
        order = placement.order
        if is_post_only(order) != self._post_only:
            return
        ctx = self._ctx.replaced(tx_bytes=placement.tx_bytes)
        if not self._memclob.is_still_admitted(ctx, order):
            return
        self._keeper.validate_order(ctx, order, ctx.height + 1, True)
        self._memclob.place_order(ctx, order)

    def _stateful(self, order_id: OrderId) -> None:
        placement = self._keeper.find_stateful_placement(self._ctx, order_id)
        if placement is None or order_id in self._placed or order_id in self._placed_again:
            return
        if is_post_only(placement.order) != self._post_only:
            return
        self._placed.add(order_id)
        self._keeper.validate_order(self._ctx, placement.order, 0, True)
        self._memclob.place_order(self._ctx, placement.order)

    def _removed(self, order_id: OrderId) -> None:
        """An order whose removal was queued gets a second chance, without the order validation."""
        if order_id in self._placed or order_id in self._placed_again:
            return
        placement = self._keeper.find_stateful_placement(self._ctx, order_id)
        if placement is None or is_post_only(placement.order) != self._post_only:
            return
        self._placed_again.add(order_id)
        self._memclob.place_order(self._ctx, placement.order)
