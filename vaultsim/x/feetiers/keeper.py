"""What fee a trader pays. Source: dydx-modules §16."""

from __future__ import annotations

from vaultsim.address import is_bech32
from vaultsim.context import Context
from vaultsim.errors import ChainPanic
from vaultsim.lib.maths import ONE_MILLION
from vaultsim.pb.dydxprotocol.feetiers import (
    PerMarketFeeDiscountParams,
    PerpetualFeeParams,
    PerpetualFeeTier,
    StakingTier,
)
from vaultsim.x.feetiers import formulas
from vaultsim.x.feetiers.errors import DiscountNotFound, UnsafeRevenueShares
from vaultsim.x.feetiers.ports import Affiliates, RevenueShares, Stats, Vaults
from vaultsim.x.feetiers.state import FeetiersState
from vaultsim.x.revshare.formulas import are_shares_safe

_NO_TIERS = PerpetualFeeParams()


class FeetiersKeeper:
    """Reads and writes of x/feetiers. `vaults` is bound late: x/vault is built after this keeper.

    fee_free_owners: addresses (bech32) that neither pay fees nor get rebates for what they make. As takers they count
    like anybody: an order that never takes is matched on trial, and no fee with the maker's rebate would be negative.
    """

    vaults: Vaults
    fee_free_owners: frozenset[str] = frozenset()

    def __init__(self, state: FeetiersState, stats: Stats, affiliates: Affiliates, revshare: RevenueShares) -> None:
        self.state = state
        self._stats = stats
        self._affiliates = affiliates
        self._revshare = revshare

    def params(self, ctx: Context) -> PerpetualFeeParams:
        """The fee tiers; none before genesis sets them."""
        return self.state.params.get(ctx) or _NO_TIERS

    def set_params(self, ctx: Context, params: PerpetualFeeParams) -> None:
        """Stores the fee tiers. Raises [400] to [403], [405]."""
        formulas.require_valid_params(params)
        maker_ppm = formulas.lowest_maker_fee_ppm(params)
        taker_ppm = formulas.referee_lowest_taker_fee_ppm(params)
        config, mapper = self._revshare.unconditional_config(ctx), self._revshare.mapper_params(ctx)
        if not are_shares_safe(config, mapper, taker_ppm, maker_ppm):
            raise UnsafeRevenueShares("rev share safety violation")
        self.state.params.set(ctx, params)

    def lowest_maker_fee_ppm(self, ctx: Context) -> int:
        """Smallest maker fee of all tiers; may be negative."""
        return formulas.lowest_maker_fee_ppm(self.params(ctx))

    def referee_lowest_taker_fee_ppm(self, ctx: Context) -> int:
        """Smallest taker fee that still shares with an affiliate."""
        return formulas.referee_lowest_taker_fee_ppm(self.params(ctx))

    def user_tier(self, ctx: Context, owner: str, referee_override_idx: int) -> tuple[int, PerpetualFeeTier]:
        """(index, tier) of an owner: the last tier for registered vaults, by volume for everybody else.

        A referred owner is in tier `referee_override_idx` (or the last one) at least.
        """
        tiers = self.params(ctx).tiers
        if not tiers:
            raise ChainPanic("index out of range: there is no fee tier")
        last = len(tiers) - 1
        if self.vaults.is_vault(ctx, owner):
            return last, tiers[last]
        user = self._stats.user_stats(ctx, owner)
        index = formulas.tier_index(tiers, user, self._stats.global_stats(ctx).notional_traded)
        lowest = min(referee_override_idx, last)
        if index < lowest and self._affiliates.referred_by(ctx, owner) is not None:
            index = lowest
        return index, tiers[index]

    def user_tier_now(self, ctx: Context, owner: str) -> tuple[int, PerpetualFeeTier]:
        """(index, tier) of an owner with the stored minimum tier for referees."""
        return self.user_tier(ctx, owner, self._affiliates.parameters(ctx).referee_minimum_fee_tier_idx)

    def fee_ppm(self, ctx: Context, owner: str, is_taker: bool, referee_override_idx: int, clob_pair_id: int) -> int:
        """Fee of one side of a fill in ppm, discounts included; negative for a rebate.

        A positive fee looks up the owner's stake, which may write its cache row.
        """
        if owner in self.fee_free_owners and not is_taker:
            return 0
        _, tier = self.user_tier(ctx, owner, referee_override_idx)
        base_ppm = tier.taker_fee_ppm if is_taker else tier.maker_fee_ppm
        charge_ppm = formulas.charge_ppm(self.state.discounts.get(ctx, clob_pair_id), ctx.time_ns)
        fee_ppm = formulas.discounted_fee_ppm(base_ppm, charge_ppm)
        if fee_ppm > 0 and is_bech32(owner):
            _, discount_ppm = self.staking_discount(ctx, owner, tier)
            fee_ppm = formulas.discounted_fee_ppm(fee_ppm, ONE_MILLION - discount_ppm)
        return fee_ppm

    def staking_discount(self, ctx: Context, owner: str, tier: PerpetualFeeTier) -> tuple[int, int]:
        """(staked base tokens, discount ppm) of an owner in a fee tier; may write the stake's cache row."""
        staked = self._stats.staked_base_tokens(ctx, owner)
        return staked, formulas.staking_discount_ppm(self.state.staking_tiers.get(ctx, tier.name), staked)

    def discount(self, ctx: Context, clob_pair_id: int) -> PerMarketFeeDiscountParams:
        """A clob pair's discount. Raises DiscountNotFound [407]."""
        discount = self.state.discounts.get(ctx, clob_pair_id)
        if discount is None:
            raise DiscountNotFound
        return discount

    def all_discounts(self, ctx: Context) -> tuple[PerMarketFeeDiscountParams, ...]:
        """Every discount by clob pair id."""
        return tuple(self.state.discounts.values(ctx))

    def set_discount(self, ctx: Context, discount: PerMarketFeeDiscountParams) -> None:
        """Stores a clob pair's discount. Raises [406], [408]."""
        formulas.require_valid_discount(discount, ctx.time_ns)
        self.state.discounts.set(ctx, discount.clob_pair_id, discount)

    def all_staking_tiers(self, ctx: Context) -> tuple[StakingTier, ...]:
        """Every staking tier by name."""
        return tuple(self.state.staking_tiers.values(ctx))

    def set_staking_tiers(self, ctx: Context, staking_tiers: tuple[StakingTier, ...]) -> None:
        """Replaces all staking tiers. Raises ChainError."""
        formulas.require_valid_staking_tiers(staking_tiers, self.params(ctx))
        for name in self.state.staking_tiers.keys(ctx):
            self.state.staking_tiers.delete(ctx, name)
        for tier in staking_tiers:
            self.state.staking_tiers.set(ctx, tier.fee_tier_name, tier)
