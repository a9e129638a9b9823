"""Keys of store "vest"."""

from __future__ import annotations

from typing import Final

STORE: Final = "vest"
ENTRIES: Final = b"Entry:"
