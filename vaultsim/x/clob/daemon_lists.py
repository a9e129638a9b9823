"""What the liquidation daemon tells the node after each block. Source: dydx-modules §20.14."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId


class Holders(NamedTuple):
    """Subaccounts with a position in one perpetual, in `SA:` key order."""

    longs: tuple[SubaccountId, ...]
    shorts: tuple[SubaccountId, ...]


NO_HOLDERS: Final = Holders((), ())


class DaemonLists(NamedTuple):
    """Lists in `SA:` key order; holders by perpetual id."""

    liquidatable: tuple[SubaccountId, ...] = ()
    negative: tuple[SubaccountId, ...] = ()
    holders: Mapping[int, Holders] = MappingProxyType({})

    def holders_of(self, perpetual_id: int) -> Holders:
        """Who holds the perpetual."""
        return self.holders.get(perpetual_id, NO_HOLDERS)
