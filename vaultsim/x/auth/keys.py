"""Key prefixes of store "acc". Source: dydx-modules §1.11."""

from __future__ import annotations

from typing import Final

STORE: Final = "acc"
PARAMS: Final = b"\x00"
ACCOUNTS: Final = b"\x01"
NEXT_ACCOUNT_NUMBER: Final = b"\x02"
ADDRESSES_BY_NUMBER: Final = b"accountNumber"
