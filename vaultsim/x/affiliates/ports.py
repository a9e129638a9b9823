"""What x/affiliates asks of others. Source: dydx-modules §14."""

from __future__ import annotations

from typing import Protocol

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.stats import UserStats


class Stats(Protocol):
    """Volumes and stakes of users."""

    def user_stats(self, ctx: Context, user: str) -> UserStats:
        """What `user` traded in the window, up to the previous block."""
        ...

    def staked_base_tokens(self, ctx: Context, user: str) -> int:
        """Staked base tokens of `user`; may write the cache row."""
        ...
