"""Keys of stores "rewards" and "tmp_rewards". Source: dydx-modules §17."""

from __future__ import annotations

from typing import Final

STORE: Final = "rewards"
TRANSIENT_STORE: Final = "tmp_rewards"
PARAMS: Final = b"Params"
SHARES: Final = b"Shares:"
