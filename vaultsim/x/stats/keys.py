"""Keys of stores "stats" and "tmp_stats". Source: dydx-modules §13."""

from __future__ import annotations

from typing import Final

STORE: Final = "stats"
TRANSIENT_STORE: Final = "tmp_stats"
PARAMS: Final = b"Params"
METADATA: Final = b"Metadata"
GLOBAL: Final = b"Global"
EPOCH: Final = b"Epoch:"
USER: Final = b"User:"
CACHED_STAKE: Final = b"CachedStakeAmount:"
BLOCK: Final = b"Block"
