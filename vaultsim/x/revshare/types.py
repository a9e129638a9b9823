"""A fill as fees see it, and the shares of its fees. Amounts in quote quantums. Source: dydx-modules §15.5."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from vaultsim.lib.ints import wrap_u32


class FeeSource(IntEnum):
    """What a share is taken from."""

    NET_PROTOCOL_REVENUE = 1
    TAKER_FEE = 2
    MAKER_FEE = 3


class ShareKind(IntEnum):
    """Why somebody has a share."""

    MARKET_MAPPER = 1
    UNCONDITIONAL = 2
    AFFILIATE = 3
    ORDER_ROUTER = 4


class Fill(NamedTuple):
    """One fill: owners (bech32), fees (the maker's may be negative) and what decides about shares.

    taker_volume: the taker's 30-day taker notional before this block; routers: bech32 or empty.
    """

    taker: str
    maker: str
    taker_fee: int
    maker_fee: int
    quote_quantums: int
    perpetual_id: int
    market_id: int
    taker_volume: int
    taker_router: str = ""
    maker_router: str = ""


class RevenueShare(NamedTuple):
    """A recipient's part of a fill's fees."""

    recipient: str
    source: FeeSource
    kind: ShareKind
    quote_quantums: int
    ppm: int


class RevenueShares(NamedTuple):
    """All shares of a fill, in the order they are paid; `affiliate` is the affiliate's one among them."""

    shares: tuple[RevenueShare, ...] = ()
    affiliate: RevenueShare | None = None

    def total(self) -> int:
        """Sum of all shares."""
        return sum(share.quote_quantums for share in self.shares)

    def net_protocol_ppm(self) -> int:
        """Sum of the ppm taken from net protocol revenue (u32)."""
        return wrap_u32(sum(one.ppm for one in self.shares if one.source == FeeSource.NET_PROTOCOL_REVENUE))

    def router_quantums(self, source: FeeSource) -> int:
        """The order router's share from the taker's or the maker's fee, 0 without one."""
        for share in reversed(self.shares):
            if share.source == source and share.kind == ShareKind.ORDER_ROUTER:
                return share.quote_quantums
        return 0


NO_SHARES = RevenueShares()
