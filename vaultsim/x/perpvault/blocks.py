"""Block hooks of x/perpvault; both do nothing on a chain without the module. Source: perp-vault §§6, 12."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.x.perpvault.keeper import PerpvaultKeeper


class PerpvaultBlocks:
    """BeginBlock brings funding up to date, EndBlock takes in the block's prices."""

    def __init__(self, keeper: PerpvaultKeeper) -> None:
        self._keeper = keeper

    def begin_block(self, ctx: Context) -> None:
        """Adds the whole intervals that have passed, at the open interest of the blocks before."""
        self._keeper.update_all_funding(ctx)

    def end_block(self, ctx: Context) -> None:
        """The block's price updates become rounds; from the next block on they count."""
        self._keeper.feed.add_rounds(ctx)
