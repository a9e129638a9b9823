"""Names of the epochs that modules ask for. Source: dydx-modules §5."""

from __future__ import annotations

from typing import Final

FUNDING_SAMPLE: Final = "funding-sample"
FUNDING_TICK: Final = "funding-tick"
STATS_EPOCH: Final = "stats-epoch"
