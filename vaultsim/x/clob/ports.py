"""What x/clob asks of other modules and of the node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from vaultsim.context import Context
from vaultsim.lib.margin import Risk
from vaultsim.pb.dydxprotocol.affiliates import AffiliateParameters
from vaultsim.pb.dydxprotocol.blocktime import BlockInfo
from vaultsim.pb.dydxprotocol.clob import ClobPair, Order
from vaultsim.pb.dydxprotocol.perpetuals import Perpetual
from vaultsim.pb.dydxprotocol.prices import MarketParam, MarketPrice
from vaultsim.pb.dydxprotocol.stats import AffiliateAttribution, UserStats
from vaultsim.pb.dydxprotocol.subaccounts import Subaccount, SubaccountId
from vaultsim.x.clob.memclob.premium import PremiumParameters
from vaultsim.x.clob.types import SettledFill
from vaultsim.x.perpetuals.types import PerpInfo
from vaultsim.x.revshare.types import Fill, RevenueShare, RevenueShares
from vaultsim.x.subaccounts.types import Update, UpdateResult, UpdateType


class BlocktimePort(Protocol):
    """The block before this one."""

    def previous_block(self, ctx: Context) -> BlockInfo: ...


class PerpetualsPort(Protocol):
    """Perpetuals, their prices and notionals."""

    def get(self, ctx: Context, perpetual_id: int) -> Perpetual: ...
    def info_for_update(self, ctx: Context, perpetual_id: int) -> PerpInfo: ...
    def perpetual_and_price(self, ctx: Context, perpetual_id: int) -> tuple[Perpetual, MarketPrice]: ...


class PricesPort(Protocol):
    """Market parameters."""

    def find_market_param(self, ctx: Context, market_id: int) -> MarketParam | None: ...


class SubaccountsPort(Protocol):
    """Balances and positions, their updates and what is paid out of them."""

    def get(self, ctx: Context, subaccount_id: SubaccountId) -> Subaccount: ...
    def update(
        self, ctx: Context, updates: tuple[Update, ...], kind: UpdateType
    ) -> tuple[bool, tuple[UpdateResult, ...]]: ...
    def can_update(
        self, ctx: Context, updates: tuple[Update, ...], kind: UpdateType
    ) -> tuple[bool, tuple[UpdateResult, ...]]: ...
    def raise_on_failure(
        self, success: bool, results: tuple[UpdateResult, ...], updates: tuple[Update, ...]
    ) -> None: ...
    def risk(self, ctx: Context, update: Update) -> Risk: ...
    def insurance_fund_balance(self, ctx: Context, perpetual_id: int) -> int: ...
    def transfer_insurance_payment(self, ctx: Context, delta: int, perpetual_id: int) -> None: ...
    def transfer_builder_fee(self, ctx: Context, perpetual_id: int, amount: int, builder: str) -> None: ...
    def distribute_fees(
        self,
        ctx: Context,
        asset_id: int,
        perpetual_id: int,
        revenue_shares: tuple[RevenueShare, ...],
        taker_fee: int,
        maker_fee: int,
    ) -> None: ...
    def set_negative_tnc_seen(self, ctx: Context, perpetual_id: int) -> None: ...
    def leverage(self, ctx: Context, subaccount_id: SubaccountId) -> Mapping[int, int]: ...
    def update_leverage(self, ctx: Context, subaccount_id: SubaccountId, leverage: Mapping[int, int]) -> None: ...


class FeetiersPort(Protocol):
    """Fee of one side of a fill."""

    def fee_ppm(self, ctx: Context, owner: str, is_taker: bool, referee_index: int, clob_pair_id: int) -> int: ...


class StatsPort(Protocol):
    """Trading volumes."""

    def user_stats(self, ctx: Context, user: str) -> UserStats: ...
    def record_fill(
        self,
        ctx: Context,
        taker: str,
        maker: str,
        notional: int,
        affiliate_fee_quantums: int,
        attributions: tuple[AffiliateAttribution, ...],
    ) -> None: ...


class AffiliatesPort(Protocol):
    """Referrals and their terms."""

    def parameters(self, ctx: Context) -> AffiliateParameters: ...
    def overrides(self, ctx: Context) -> frozenset[str]: ...
    def attributions(
        self,
        ctx: Context,
        *,
        taker: str,
        maker: str,
        quote_quantums: int,
        taker_affiliate: str | None,
        parameters: AffiliateParameters,
    ) -> tuple[AffiliateAttribution, ...]: ...


class RevsharePort(Protocol):
    """Shares of the fees of a fill."""

    def revenue_shares_for_fill(
        self, ctx: Context, fill: Fill, overrides: frozenset[str], parameters: AffiliateParameters
    ) -> RevenueShares: ...
    def router_ppm(self, ctx: Context, router: str) -> int: ...


class RewardsPort(Protocol):
    """Rewards for traders."""

    def add_shares_for_fill(self, ctx: Context, fill: Fill, shares: RevenueShares) -> None: ...


class MemclobPort(Protocol):
    """The books in memory, which follow the pairs of the state."""

    def create_orderbook(self, pair: ClobPair) -> bool:
        """Makes the book of a pair; False when there is one already."""
        ...

    def update_orderbook(self, pair: ClobPair) -> None:
        """Takes over a changed step or tick; a chain panic when there is no such book."""
        ...

    def price_premium(self, ctx: Context, pair: ClobPair, params: PremiumParameters) -> int:
        """Premium ppm of the book's impact price over the index price."""
        ...


class FillListener(Protocol):
    """A module that follows what is traded."""

    def after_fill(self, ctx: Context, fill: SettledFill) -> None:
        """Told of a fill once it is settled, in check mode too; must not raise."""
        ...


class AntePort(Protocol):
    """Runs the ante path of a short-term placement that comes inside the operations."""

    def run_placement_ante(self, ctx: Context, tx_bytes: bytes) -> Order: ...
