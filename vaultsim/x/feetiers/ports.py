"""What x/feetiers asks of others. Source: dydx-modules §16."""

from __future__ import annotations

from typing import Protocol

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.affiliates import AffiliateParameters
from vaultsim.pb.dydxprotocol.revshare import MarketMapperRevenueShareParams, UnconditionalRevShareConfig
from vaultsim.pb.dydxprotocol.stats import GlobalStats, UserStats


class Stats(Protocol):
    """Volumes and stakes of users."""

    def user_stats(self, ctx: Context, user: str) -> UserStats:
        """What `user` traded in the window, up to the previous block."""
        ...

    def global_stats(self, ctx: Context) -> GlobalStats:
        """What everybody traded in the window, up to the previous block."""
        ...

    def staked_base_tokens(self, ctx: Context, user: str) -> int:
        """Staked base tokens of `user`; may write the cache row."""
        ...


class Affiliates(Protocol):
    """Who was referred."""

    def referred_by(self, ctx: Context, referee: str) -> str | None:
        """The affiliate of `referee`, or None."""
        ...

    def parameters(self, ctx: Context) -> AffiliateParameters:
        """Caps and the minimum fee tier of referees."""
        ...


class RevenueShares(Protocol):
    """The shares that fees must cover."""

    def unconditional_config(self, ctx: Context) -> UnconditionalRevShareConfig:
        """Who always gets a share."""
        ...

    def mapper_params(self, ctx: Context) -> MarketMapperRevenueShareParams:
        """Share and address of the market mapper."""
        ...


class Vaults(Protocol):
    """The register of vault addresses."""

    def is_vault(self, ctx: Context, address: str) -> bool:
        """Whether `address` (bech32) is a registered vault's."""
        ...
