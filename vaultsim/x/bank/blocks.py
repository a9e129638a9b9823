"""What other modules do with coins in every block."""

from __future__ import annotations

from vaultsim.address import module_address
from vaultsim.context import Context
from vaultsim.x.auth.types import DISTRIBUTION, FEE_COLLECTOR
from vaultsim.x.bank.keeper import BankKeeper


def drain_fee_collector(keeper: BankKeeper, ctx: Context) -> None:
    """Moves all collected fees on to x/distribution, as its BeginBlock does from the second block on.

    Source: dydx-modules §1.10.
    """
    if ctx.height <= 1:
        return
    collector = module_address(FEE_COLLECTOR)
    coins = keeper.balances(ctx, collector)
    if coins:
        keeper.send_to_module(ctx.replaced(events=[]), collector, DISTRIBUTION, coins)
