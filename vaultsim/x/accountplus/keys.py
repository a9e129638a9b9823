"""Keys of store "dydxaccountplus". Source: dydx-modules §1.11."""

from __future__ import annotations

from typing import Final

STORE: Final = "dydxaccountplus"
ACCOUNT_STATES: Final = b"AS/"
NEXT_AUTHENTICATOR_ID: Final = b"SA/ID/"
PARAMS: Final = b"SA/P/"
AUTHENTICATORS: Final = b"SA/A/"
