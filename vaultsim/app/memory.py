"""What an app keeps besides its stores: process memory of the modules, captured and brought back.

Caches that are keyed by frozen values (`PerpetualsKeeper`, the clob's removed ids) need neither: such a value stands
for itself on every branch and in every state.
"""

from __future__ import annotations

from typing import NamedTuple

from vaultsim.app.wiring import Modules
from vaultsim.x.clob.memclob.memclob import MemClobContent
from vaultsim.x.clob.rate_limits import RateLimitsContent
from vaultsim.x.vault.settled import SettledRefresh


class ProcessMemory(NamedTuple):
    """Captured memory: books and queue, rate limits, pairs by perpetual, hydration, settled refreshes."""

    memclob: MemClobContent
    rate_limits: RateLimitsContent
    pairs: dict[int, list[int]]
    is_hydrated: bool
    refreshes: dict[str, SettledRefresh]


def capture_memory(modules: Modules) -> ProcessMemory:
    """The memory as it is."""
    return ProcessMemory(
        modules.memclob.capture(),
        modules.rate_limits.capture(),
        modules.clob.capture_pairs(),
        modules.hydration.is_done,
        modules.vault.capture_refreshes(),
    )


def restore_memory(modules: Modules, kept: ProcessMemory) -> None:
    """Goes back to captured memory, any number of times."""
    modules.memclob.restore(kept.memclob)
    modules.rate_limits.restore(kept.rate_limits)
    modules.clob.restore_pairs(kept.pairs)
    modules.hydration.is_done = kept.is_hydrated
    modules.vault.restore_refreshes(kept.refreshes)
