"""Collateral pools: which one backs a subaccount, what isolated markets forbid, what opening and closing moves.

Source: dydx-modules §§10.3, 10.6 (steps 1 and 8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from vaultsim.address import module_address
from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.perpetuals import Perpetual
from vaultsim.pb.dydxprotocol.subaccounts import Subaccount
from vaultsim.x.assets.types import USDC_ASSET_ID
from vaultsim.x.perpetuals.types import ISOLATED
from vaultsim.x.subaccounts.errors import FailedToUpdateSubaccounts
from vaultsim.x.subaccounts.types import MODULE_NAME, PerpInfos, SettledUpdate, UpdateResult, usdc_balance

if TYPE_CHECKING:
    from vaultsim.x.subaccounts.keeper import SubaccountsKeeper

CROSS_POOL: Final = module_address(MODULE_NAME)


class PoolMove(NamedTuple):
    """Collateral that an isolated position takes along: into its own pool when opened, back when closed."""

    perpetual_id: int
    is_opened: bool
    quote_quantums: int


def pool_of_perpetual(perpetual: Perpetual) -> bytes:
    """Address of the pool behind a perpetual: its own if isolated, else the cross pool."""
    if perpetual.params.market_type == ISOLATED:
        return module_address(f"{MODULE_NAME}:{perpetual.params.id}")
    return CROSS_POOL


def pool_of_subaccount(keeper: SubaccountsKeeper, ctx: Context, subaccount: Subaccount) -> bytes:
    """Address of the pool behind a subaccount, decided by its first perpetual position; raises [perpetuals 1]."""
    positions = subaccount.perpetual_positions
    return pool_of_perpetual(keeper.perpetuals.get(ctx, positions[0].perpetual_id)) if positions else CROSS_POOL


def isolated_result(update: SettledUpdate, infos: PerpInfos) -> UpdateResult:
    """Whether the update keeps isolated markets apart, judged by the positions before it."""
    perpetual_updates = update.perpetual_updates
    if not perpetual_updates:
        return UpdateResult.SUCCESS
    positions = update.subaccount.perpetual_positions
    updated = next((one.perpetual_id for one in perpetual_updates if infos[one.perpetual_id].is_isolated), None)
    held = next((one.perpetual_id for one in positions if infos[one.perpetual_id].is_isolated), None)
    if updated is None:
        is_violated = held is not None
    elif held is None:
        is_violated = bool(positions) or len(perpetual_updates) > 1
    else:
        is_violated = len(perpetual_updates) > 1 or held != updated
    return UpdateResult.VIOLATES_ISOLATED_SUBACCOUNT_CONSTRAINTS if is_violated else UpdateResult.SUCCESS


def pool_move(update: SettledUpdate, new: Subaccount, infos: PerpInfos) -> PoolMove | None:
    """The move that an applied update asks for; `new` is the subaccount after it.

    Raises FailedToUpdateSubaccounts [102] when a position opens without exactly one update of USDC.
    """
    if len(update.perpetual_updates) != 1 or len(new.perpetual_positions) > 1:
        return None
    perpetual_id, delta, _ = update.perpetual_updates[0]
    if not infos[perpetual_id].is_isolated:
        return None
    if not new.perpetual_positions:
        return PoolMove(perpetual_id, False, usdc_balance(new))
    if new.perpetual_positions[0].quantums != delta:
        return None
    if len(update.asset_updates) != 1 or update.asset_updates[0].asset_id != USDC_ASSET_ID:
        raise FailedToUpdateSubaccounts(f"position in perpetual {perpetual_id} opened without one update of USDC")
    return PoolMove(perpetual_id, True, usdc_balance(new) - update.asset_updates[0].quantums_delta)


def execute_pool_move(keeper: SubaccountsKeeper, ctx: Context, move: PoolMove) -> None:
    """Sends the collateral; raises [102] for a negative amount, and what bank raises."""
    if move.quote_quantums == 0:
        return
    isolated_pool = keeper.collateral_pool_for_perpetual(ctx, move.perpetual_id)
    if move.quote_quantums < 0:
        raise FailedToUpdateSubaccounts(f"negative collateral to move for perpetual {move.perpetual_id}")
    _, coin = keeper.assets.to_coin(ctx, USDC_ASSET_ID, move.quote_quantums)
    if move.is_opened:
        keeper.bank.send_coins(ctx, CROSS_POOL, isolated_pool, (coin,))
    else:
        keeper.bank.send_coins(ctx, isolated_pool, CROSS_POOL, (coin,))
