"""The order in which modules run, from genesis to the end of a block.

Only modules that vaultsim runs are listed; their relative order is the chain's. Source: dydx-modules §1.1.
"""

from __future__ import annotations

from typing import Final

BEGIN_BLOCK: Final = ("blocktime", "epochs", "distribution", "clob", "vest", "vault", "perpvault", "fundvault")

END_BLOCK_AFTER_GOV: Final = (
    "perpetuals",
    "stats",
    "clob",
    "rewards",
    "delaymsg",
    "vault",
    "mmvault",
    "perpvault",
    "fundvault",
    "blocktime",
)
"""The gov slot (passed proposals) comes first; blocktime writes the previous block's record last."""

INIT_GENESIS: Final = (
    "epochs",
    "auth",
    "bank",
    "staking",
    "marketmap",
    "prices",
    "assets",
    "blocktime",
    "bridge",
    "feetiers",
    "perpetuals",
    "stats",
    "subaccounts",
    "clob",
    "vest",
    "rewards",
    "sending",
    "govplus",
    "delaymsg",
    "vault",
    "mmvault",
    "listing",
    "revshare",
    "dydxaccountplus",
    "affiliates",
    "perpvault",
    "fundvault",
)
