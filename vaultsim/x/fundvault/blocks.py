"""Block hooks of x/fundvault. Source: fund-vault §6."""

from __future__ import annotations

from vaultsim.context import Context, run_cached_logged
from vaultsim.x.fundvault.keeper import FundVaultKeeper


class FundVaultBlocks:
    """BeginBlock and EndBlock; both return at once on a chain without the module."""

    def __init__(self, keeper: FundVaultKeeper) -> None:
        self._keeper = keeper

    def begin_block(self, ctx: Context) -> None:
        """A new epoch of the spam counts, changes that take effect; one cached run."""
        if self._keeper.is_on(ctx):
            run_cached_logged(ctx, self._keeper.begin_block)

    def end_block(self, ctx: Context) -> None:
        """Money and dates; each vault is a cached run of its own."""
        if self._keeper.is_on(ctx):
            self._keeper.end_block(ctx)
