"""Start of the process: books, counts and the pair of each perpetual from state. Source: dydx-modules §20.12."""

from __future__ import annotations

from vaultsim.context import Context, run_cached
from vaultsim.errors import ChainError
from vaultsim.pb.dydxprotocol.clob import Order
from vaultsim.x.clob.keeper import ClobKeeper
from vaultsim.x.clob.memclob.memclob import MemClob


class Hydration:
    """What the chain's process memory needs before the first block after a start.

    is_done: whether clob transactions are taken; until then they fail [clob 47].
    """

    def __init__(self, keeper: ClobKeeper, memclob: MemClob) -> None:
        self._keeper = keeper
        self._memclob = memclob
        self.is_done = False

    def pre_block(self, ctx: Context) -> None:
        """Fills the process memory before the first block; later calls do nothing.

        Orders are placed on a branch that is thrown away: fills found stay in the operations queue only.
        """
        keeper = self._keeper
        keeper.load_counts(ctx)
        if self.is_done:
            return
        self.is_done = True
        check = ctx.branched().replaced(is_check=True)
        for pair in keeper.all_clob_pairs(check):
            self._memclob.create_orderbook(pair)
        for order in keeper.all_placed_orders(check):
            self._place(check, order)
        keeper.map_all_perpetuals(check)

    def _place(self, check: Context, order: Order) -> None:
        try:
            run_cached(check, lambda ctx: self._memclob.place_order(ctx, order))
        except ChainError:
            return
