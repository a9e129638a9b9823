"""The hooks of x/clob in a block. Source: dydx-modules §20.12."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.clob import ClobPair
from vaultsim.pb.runtime import replace
from vaultsim.x.clob.keeper import ClobKeeper


def begin_block(keeper: ClobKeeper, ctx: Context) -> None:
    """Starts the block's records of orders."""
    keeper.reset_block_records(ctx)


def end_block(keeper: ClobKeeper, ctx: Context) -> None:
    """Prunes fills, expires orders, places TWAP suborders, triggers conditional orders."""
    events = keeper.proposer_events(ctx)
    keeper.prune_fills(ctx)
    expired = keeper.expire_orders(ctx)
    keeper.place_twap_suborders(ctx)
    triggered = keeper.trigger_conditional_orders(ctx)
    keeper.set_proposer_events(
        ctx,
        replace(
            events,
            expired_stateful_order_ids=tuple(expired),
            conditional_order_ids_triggered_in_last_block=tuple(triggered),
        ),
    )


def precommit(keeper: ClobKeeper, ctx: Context) -> list[ClobPair]:
    """Gives the pairs created in this block their books; the stores are not touched any more."""
    return keeper.apply_staged(ctx)
