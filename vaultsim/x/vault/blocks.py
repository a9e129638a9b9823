"""Block hooks of x/vault; each is one cached run. Source: dydx-vault §10."""

from __future__ import annotations

from vaultsim.context import Context, run_cached_logged
from vaultsim.x.vault.keeper import VaultKeeper


class VaultBlocks:
    """BeginBlock and EndBlock. A panic inside drops everything that its hook did, and the chain goes on."""

    def __init__(self, keeper: VaultKeeper) -> None:
        self._keeper = keeper

    def begin_block(self, ctx: Context) -> None:
        """Removes deactivated vaults without equity."""
        run_cached_logged(ctx, self._keeper.decommission_non_positive_equity_vaults)

    def end_block(self, ctx: Context) -> None:
        """Refreshes the orders of all vaults, then sweeps the megavault's bank balance, in one cached run."""
        if run_cached_logged(ctx, self._refresh_and_sweep) is None:
            self._keeper.confirm_refresh()

    def _refresh_and_sweep(self, ctx: Context) -> None:
        self._keeper.refresh_all(ctx)
        self._keeper.sweep_main_vault_bank_balance(ctx)
