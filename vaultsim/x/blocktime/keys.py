"""Keys of store "blocktime". Source: dydx-modules §6."""

from __future__ import annotations

from typing import Final

STORE: Final = "blocktime"
DOWNTIME_PARAMS: Final = b"DowntimeParams"
ALL_DOWNTIME_INFO: Final = b"AllDowntimeInfo"
PREVIOUS_BLOCK_INFO: Final = b"PreviousBlockInfo"
SYNCHRONY_PARAMS: Final = b"SP:"
