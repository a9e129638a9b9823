"""Genesis section of x/listing. Source: dydx-modules §18."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.module import Genesis, Problem
from vaultsim.pb.dydxprotocol.listing import GenesisState
from vaultsim.x.listing.errors import InvalidDepositAmount, InvalidLockBlocks
from vaultsim.x.listing.keeper import ListingKeeper


def listing_genesis(keeper: ListingKeeper) -> Genesis:
    """Reads and writes the section through `keeper`. The chain itself exports defaults; this is what is stored."""

    def init(ctx: Context, section: GenesisState) -> None:
        keeper.set_hard_cap(ctx, section.hard_cap_for_markets)
        keeper.set_deposit_params(ctx, section.listing_vault_deposit_params)

    def export(ctx: Context) -> GenesisState:
        return GenesisState(
            hard_cap_for_markets=keeper.hard_cap(ctx), listing_vault_deposit_params=keeper.deposit_params(ctx)
        )

    return Genesis(GenesisState, init, export, check)


def check(section: GenesisState) -> list[Problem]:
    """Deposits out of range, shares that would not be locked."""
    params, path = section.listing_vault_deposit_params, "listing_vault_deposit_params"
    problems: list[Problem] = []
    if params.new_vault_deposit_amount <= 0:
        problems.append(Problem(f"{path}.new_vault_deposit_amount", InvalidDepositAmount.meaning))
    if params.main_vault_deposit_amount < 0:
        problems.append(Problem(f"{path}.main_vault_deposit_amount", InvalidDepositAmount.meaning))
    if params.num_blocks_to_lock_shares == 0:
        problems.append(Problem(f"{path}.num_blocks_to_lock_shares", InvalidLockBlocks.meaning))
    return problems
