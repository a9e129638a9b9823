"""End of block: funding samples, then funding ticks. Source: dydx-modules §9.5."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.x.perpetuals import premiums
from vaultsim.x.perpetuals.keeper import PerpetualsKeeper


def end_block(keeper: PerpetualsKeeper, ctx: Context) -> None:
    """Samples the votes and moves the funding indices when their epochs start in this block."""
    premiums.sample_votes(keeper, ctx)
    premiums.tick_funding(keeper, ctx)
