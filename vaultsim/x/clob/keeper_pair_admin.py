"""Making and changing clob pairs, final settlement, side effects staged until the commit.

Source: dydx-modules §§20.12, 20.22.
"""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.lib.maths import floor_mod
from vaultsim.pb.dydxprotocol.clob import ClobPair, ClobStagedFinalizeBlockEvent, OrderId
from vaultsim.x.clob.errors import (
    ClobPairAlreadyExists,
    InvalidClobPairParameter,
    InvalidClobPairStatusTransition,
    InvalidClobPairUpdate,
    PerpetualAssociatedWithExistingClobPair,
)
from vaultsim.x.clob.keeper_end_block import EndBlockKeeper
from vaultsim.x.clob.types import STATUS_ACTIVE, STATUS_FINAL_SETTLEMENT, STATUS_INITIALIZING, perpetual_of
from vaultsim.x.clob.validate_basic import validate_clob_pair

MOST_ID_ATTEMPTS = 1_000
TRANSITIONS: dict[int, frozenset[int]] = {
    STATUS_ACTIVE: frozenset({STATUS_ACTIVE, STATUS_FINAL_SETTLEMENT}),
    STATUS_INITIALIZING: frozenset({STATUS_INITIALIZING, STATUS_ACTIVE, STATUS_FINAL_SETTLEMENT}),
    STATUS_FINAL_SETTLEMENT: frozenset({STATUS_FINAL_SETTLEMENT, STATUS_INITIALIZING}),
}


class PairAdminKeeper(EndBlockKeeper):
    """Administration of pairs."""

    def create_clob_pair(self, ctx: Context, pair: ClobPair) -> ClobPair:
        """Stores a new pair; its book comes with the commit. Raises [33], [27], [41], [perpetuals 1]."""
        self._store_new_pair(ctx, pair)
        free = ctx.unmetered()
        index = self.state.staged_count.get(free) or 0
        self.state.staged.set(free, index, ClobStagedFinalizeBlockEvent(create_clob_pair=pair))
        self.state.staged_count.set(free, index + 1)
        return pair

    def create_genesis_clob_pair(self, ctx: Context, pair: ClobPair) -> None:
        """Stores a pair of the genesis document, with book and map at once."""
        self._store_new_pair(ctx, pair)
        if not self.memclob.create_orderbook(pair):
            raise ChainPanic(f"order book of clob pair {pair.id} already exists")
        self.map_perpetual(pair)

    def acquire_next_clob_pair_id(self, ctx: Context) -> int:
        """The next free pair id; the counter is moved behind it."""
        next_id = self.next_clob_pair_id(ctx)
        attempts = 0
        while self.find_clob_pair(ctx, next_id) is not None:
            next_id += 1
            attempts += 1
            if attempts >= MOST_ID_ATTEMPTS:
                raise ChainPanic("no free clob pair id found")
        self.state.next_clob_pair_id.set(ctx, next_id + 1)
        return next_id

    def next_clob_pair_id(self, ctx: Context) -> int:
        """The counter of pair ids; 0 before it was first moved."""
        return self.state.next_clob_pair_id.get(ctx) or 0

    def update_clob_pair(self, ctx: Context, pair: ClobPair) -> None:
        """Changes a pair; final settlement removes its stateful orders. Raises [39], [35], [27], [perpetuals 1]."""
        old = self.find_clob_pair(ctx, pair.id)
        if old is None:
            raise InvalidClobPairUpdate(f"clob pair {pair.id} not found")
        _require_allowed_change(old, pair)
        if pair.status not in TRANSITIONS.get(old.status, frozenset()):
            raise InvalidClobPairStatusTransition(f"from {old.status} to {pair.status}")
        self._require_valid(ctx, pair)
        self.state.clob_pairs.set(ctx, pair.id, pair)
        if (pair.step_base_quantums, pair.subticks_per_tick) != (old.step_base_quantums, old.subticks_per_tick):
            self.memclob.update_orderbook(pair)
        if pair.status == STATUS_FINAL_SETTLEMENT and old.status != pair.status:
            self._remove_orders_of(ctx, pair.id)

    def apply_staged(self, ctx: Context) -> list[ClobPair]:
        """Makes books and map entries of the pairs created in this block, and returns those pairs."""
        made: list[ClobPair] = []
        for event in self.state.staged.values(ctx):
            pair = event.create_clob_pair
            if pair is not None and self.memclob.create_orderbook(pair):
                self.map_perpetual(pair)
                made.append(pair)
        return made

    def _store_new_pair(self, ctx: Context, pair: ClobPair) -> None:
        if self.find_clob_pair(ctx, pair.id) is not None:
            raise ClobPairAlreadyExists(f"clob pair {pair.id}")
        if pair.perpetual_clob_metadata is None:
            raise InvalidClobPairParameter(f"clob pair {pair.id} is not perpetual")
        perpetual_id = pair.perpetual_clob_metadata.perpetual_id
        if perpetual_id in self.clob_pairs_of_perpetual:
            raise PerpetualAssociatedWithExistingClobPair(f"perpetual {perpetual_id}")
        self._require_valid(ctx, pair)
        self.state.clob_pairs.set(ctx, pair.id, pair)
        # The chain reads the perpetual once more, to tell its indexer; a listing pays for that.
        self.perpetuals.get(ctx, perpetual_id)

    def _require_valid(self, ctx: Context, pair: ClobPair) -> None:
        validate_clob_pair(pair)
        self.perpetuals.get(ctx, perpetual_of(pair))

    def _remove_orders_of(self, ctx: Context, clob_pair_id: int) -> None:
        removed: list[OrderId] = []
        for order in self.all_stateful_orders(ctx):
            if order.order_id.clob_pair_id == clob_pair_id:
                self.remove_stateful_order(ctx, order.order_id)
                removed.append(order.order_id)
        self.add_removed(ctx, removed)


def _require_allowed_change(old: ClobPair, new: ClobPair) -> None:
    try:
        same_perpetual = perpetual_of(new) == perpetual_of(old)
    except ChainError as error:
        raise InvalidClobPairUpdate(error.log) from error
    if not same_perpetual:
        raise InvalidClobPairUpdate("cannot change the perpetual")
    for name, before, after in (
        ("step_base_quantums", old.step_base_quantums, new.step_base_quantums),
        ("subticks_per_tick", old.subticks_per_tick, new.subticks_per_tick),
    ):
        if before != after and (after == 0 or after > before or floor_mod(before, after)):
            raise InvalidClobPairUpdate(f"{name} from {before} to {after} is no smaller divisor")
    if new.quantum_conversion_exponent != old.quantum_conversion_exponent:
        raise InvalidClobPairUpdate("cannot change the quantum conversion exponent")
