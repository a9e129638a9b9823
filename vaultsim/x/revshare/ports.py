"""What x/revshare asks of others. Source: dydx-modules §15."""

from __future__ import annotations

from typing import Protocol

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.stats import UserStats


class Stats(Protocol):
    """Volumes of users."""

    def user_stats(self, ctx: Context, user: str) -> UserStats:
        """What `user` traded in the window, up to the previous block."""
        ...


class Affiliates(Protocol):
    """Shares of affiliates."""

    def taker_fee_share(self, ctx: Context, taker: str, overrides: frozenset[str]) -> tuple[str, int] | None:
        """(affiliate, share ppm) for the fees of `taker`, or None when nobody referred it."""
        ...


class LowestFees(Protocol):
    """The lowest fees that anybody can pay."""

    def lowest_maker_fee_ppm(self, ctx: Context) -> int:
        """Smallest maker fee of all tiers; may be negative."""
        ...

    def referee_lowest_taker_fee_ppm(self, ctx: Context) -> int:
        """Smallest taker fee that still shares with an affiliate."""
        ...
