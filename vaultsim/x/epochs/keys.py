"""Keys of store "epochs". Source: dydx-modules §5."""

from __future__ import annotations

from typing import Final

STORE: Final = "epochs"
EPOCH_INFO: Final = b"Info:"
