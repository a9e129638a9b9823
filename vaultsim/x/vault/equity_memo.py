"""The equity of all vaults together, kept while nothing that it follows from changes. Source: dydx-vault §12.

Every deposit asks for it, and between two deposits of a block hardly anything changes but the main vault and the
depositors, which are no part of it.
"""

from __future__ import annotations

from collections.abc import Callable

from vaultsim.context import Context
from vaultsim.errors import ChainPanic
from vaultsim.lib.ints import U64_MAX
from vaultsim.store.gas import GasMeter
from vaultsim.store.reads import Reads


class EquityMemo:
    """Remembers the last sum with what it read and the gas of reading that."""

    def __init__(self, sum_up: Callable[[Context], int]) -> None:
        self._sum_up = sum_up
        self._reads: Reads | None = None
        self._sum = 0
        self._gas = 0

    def sum_of_positive_equities(self, ctx: Context) -> int:
        """What `sum_up` returns, at the gas that it takes; raises what it raises."""
        if (self._reads is None or not self._reads.hold_in(ctx.branch)) and not self._measure(ctx):
            return self._sum_up(ctx)
        if ctx.gas is not None:
            if ctx.gas.used + self._gas > ctx.gas.limit:
                # The read at which it runs out is told.
                return self._sum_up(ctx)
            ctx.gas.used += self._gas
        return self._sum

    def _measure(self, ctx: Context) -> bool:
        reads, gas = Reads(ctx.branch), GasMeter(U64_MAX)
        inner = ctx.replaced(branch=reads)
        inner.gas = gas
        try:
            self._sum = self._sum_up(inner)
        except ChainPanic:
            self._reads = None
            return False
        self._reads, self._gas = reads, gas.used
        return True
