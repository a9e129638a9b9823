"""The vault's accounts and the ids of its orders. Source: mm-vault §1, designs-on-chain (mmvault)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from vaultsim.address import module_bech32
from vaultsim.lib.ints import wrap_u32
from vaultsim.pb.dydxprotocol.clob import ClobPair_Status, Order_Side, Order_TimeInForce, OrderId
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.vaultsim.mmvault.v1 import MarginBasis

MODULE_NAME: Final = "mmvault"
VAULT: Final = SubaccountId(owner=module_bech32(MODULE_NAME), number=0)
"""The vault itself: margin, positions and orders."""
UNLOCKING: Final = SubaccountId(owner=module_bech32(MODULE_NAME), number=1)
"""What was withdrawn and waits for the end of its cooldown: no part of the vault's equity."""

BUY: Final = Order_Side.SIDE_BUY
SELL: Final = Order_Side.SIDE_SELL
SIDES: Final = (BUY, SELL)
POST_ONLY: Final = Order_TimeInForce.TIME_IN_FORCE_POST_ONLY
ACTIVE: Final = ClobPair_Status.STATUS_ACTIVE
TOTAL: Final = MarginBasis.MARGIN_BASIS_TOTAL
LONG_TERM_FLAG: Final = 64
ORDER_SECONDS: Final = 30
"""How long an order lives when no refresh replaces it."""
DAY_SECONDS: Final = 86_400


@lru_cache(maxsize=65_536)
def order_id(clob_pair_id: int, side: int, bit: int) -> OrderId:
    """The id of the vault's order on a side of a pair; it is made once, so that it hashes and encodes once.

    bit: 0 or 1. The book does not take an id back in the block that cancels it, so each replacement flips it.
    """
    return OrderId(
        subaccount_id=VAULT,
        client_id=wrap_u32(clob_pair_id * 4 + (side == SELL) * 2 + bit),
        order_flags=LONG_TERM_FLAG,
        clob_pair_id=clob_pair_id,
    )
