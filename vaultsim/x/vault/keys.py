"""Keys of the store "vault": ASCII texts without length prefixes. Source: dydx-vault §2."""

from __future__ import annotations

from typing import Final

STORE: Final = "vault"

TOTAL_SHARES: Final = b"TotalShares"
OWNER_SHARES: Final = b"OwnerShares:"
OWNER_SHARE_UNLOCKS: Final = b"OwnerShareUnlocks:"
DEFAULT_QUOTING_PARAMS: Final = b"DefaultQuotingParams"
VAULT_PARAMS: Final = b"VaultParams:"
VAULT_ADDRESS: Final = b"VaultAddress:"
MOST_RECENT_CLIENT_IDS: Final = b"MostRecentClientIds:"
OPERATOR_PARAMS: Final = b"OperatorParams"
