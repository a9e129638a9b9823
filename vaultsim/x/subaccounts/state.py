"""Rows of x/subaccounts. Source: dydx-modules §10.1."""

from __future__ import annotations

from vaultsim.pb.dydxprotocol.subaccounts import LeverageData, Subaccount, SubaccountId
from vaultsim.store import codecs
from vaultsim.store.collections import Map
from vaultsim.store.schema import Schema


class SubaccountsState:
    """Subaccounts, custom margin fractions, and the last height with negative net collateral by pool."""

    def __init__(self) -> None:
        self.schema = Schema("subaccounts")
        key = codecs.memoized(codecs.message(SubaccountId))
        self.subaccounts: Map[SubaccountId, Subaccount] = self.schema.map(b"SA:", key, codecs.message(Subaccount))
        self.negative_tnc_heights: Map[str, int] = self.schema.map(b"NegSA:", codecs.TEXT, codecs.UINT_VALUE)
        self.leverage: Map[SubaccountId, LeverageData] = self.schema.map(b"Lev:", key, codecs.message(LeverageData))
