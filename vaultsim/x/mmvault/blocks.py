"""Block hooks of x/mmvault; each step is a cached run of its own. Source: mm-vault §5."""

from __future__ import annotations

from vaultsim.context import Context, run_cached_logged
from vaultsim.x.mmvault.keeper import MmvaultKeeper


class MmvaultBlocks:
    """EndBlock, after prices, funding and the other vaults. A panic drops what its step did, and the chain goes on."""

    def __init__(self, keeper: MmvaultKeeper) -> None:
        self._keeper = keeper

    def end_block(self, ctx: Context) -> None:
        """Pays what is due, takes the day's snapshot, and refreshes the quotes unless a message did."""
        if not self._keeper.is_active(ctx):
            return
        run_cached_logged(ctx, self._keeper.process_unlocks)
        run_cached_logged(ctx, self._keeper.take_snapshot)
        if not self._keeper.was_refreshed(ctx):
            run_cached_logged(ctx, self._keeper.refresh_quotes)
