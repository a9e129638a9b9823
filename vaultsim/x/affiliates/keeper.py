"""Who referred whom, and what share of the taker fee that is worth. Source: dydx-modules §14."""

from __future__ import annotations

from functools import lru_cache

from vaultsim.address import is_bech32
from vaultsim.context import Context
from vaultsim.lib.ints import wrap_u64
from vaultsim.pb.dydxprotocol.affiliates import (
    AffiliateOverrides,
    AffiliateParameters,
    AffiliateTiers,
    AffiliateWhitelist,
)
from vaultsim.pb.dydxprotocol.stats import AffiliateAttribution, AffiliateAttribution_Role
from vaultsim.x.affiliates import formulas
from vaultsim.x.affiliates.errors import AlreadyReferred, InvalidAddress, SelfReferral, TiersNotSet
from vaultsim.x.affiliates.ports import Stats
from vaultsim.x.affiliates.state import AffiliatesState

NO_PARAMETERS = AffiliateParameters()
NO_OVERRIDES: frozenset[str] = frozenset()
_NO_TIERS = AffiliateTiers()
_EMPTY_WHITELIST = AffiliateWhitelist()
_EMPTY_OVERRIDES = AffiliateOverrides()


class AffiliatesKeeper:
    """Reads and writes of x/affiliates."""

    def __init__(self, state: AffiliatesState, stats: Stats) -> None:
        self.state = state
        self.stats = stats

    def referred_by(self, ctx: Context, referee: str) -> str | None:
        """The affiliate of `referee`, or None. Gas: a row is looked for before it is read."""
        if not self.state.referred_by.has(ctx, referee):
            return None
        return self.state.referred_by.get(ctx, referee)

    def tiers(self, ctx: Context) -> AffiliateTiers:
        """The tiers; none before they are set."""
        return self.state.tiers.get(ctx) or _NO_TIERS

    def parameters(self, ctx: Context) -> AffiliateParameters:
        """Caps and the minimum fee tier of referees; all 0 before they are set."""
        return self.state.parameters.get(ctx) or NO_PARAMETERS

    def all_overrides(self, ctx: Context) -> AffiliateOverrides:
        """The affiliates that always have the top tier, as stored."""
        return self.state.overrides.get(ctx) or _EMPTY_OVERRIDES

    def overrides(self, ctx: Context) -> frozenset[str]:
        """The affiliates that always have the top tier, for look-ups."""
        stored = self.state.overrides.get(ctx)
        return NO_OVERRIDES if stored is None else _addresses(stored)

    def whitelist(self, ctx: Context) -> AffiliateWhitelist:
        """The whitelist, which no fee looks at any more."""
        return self.state.whitelist.get(ctx) or _EMPTY_WHITELIST

    def tier_for(self, ctx: Context, affiliate: str, overrides: frozenset[str] = NO_OVERRIDES) -> tuple[int, int]:
        """(tier index, taker fee share ppm) of `affiliate`."""
        volume = self.stats.user_stats(ctx, affiliate).affiliate_30d_referred_volume_quote_quantums
        return formulas.tier_of(self.tiers(ctx), volume, affiliate in overrides)

    def taker_fee_share(
        self, ctx: Context, taker: str, overrides: frozenset[str] = NO_OVERRIDES
    ) -> tuple[str, int] | None:
        """(affiliate, share ppm) for the fees of `taker`, or None when nobody referred it. The share may be 0."""
        affiliate = self.referred_by(ctx, taker)
        if affiliate is None:
            return None
        return affiliate, self.tier_for(ctx, affiliate, overrides)[1]

    def attributions(
        self,
        ctx: Context,
        *,
        taker: str,
        maker: str,
        quote_quantums: int,
        taker_affiliate: str | None,
        parameters: AffiliateParameters,
    ) -> tuple[AffiliateAttribution, ...]:
        """What a fill of `quote_quantums` adds to the volumes of affiliates.

        taker_affiliate: recipient of the fill's affiliate share, None without one; the maker's affiliate counts
        whatever the fees. Entries of 0 are left out.
        """
        if quote_quantums <= 0:
            return ()
        maker_affiliate = self.referred_by(ctx, maker)
        sides = (
            (AffiliateAttribution_Role.ROLE_TAKER, taker, taker_affiliate),
            (AffiliateAttribution_Role.ROLE_MAKER, maker, maker_affiliate),
        )
        found = []
        for role, trader, affiliate in sides:
            volume = self._attributable(ctx, trader, quote_quantums, parameters) if affiliate else 0
            if affiliate and volume > 0:
                found.append(
                    AffiliateAttribution(role=role, referrer_address=affiliate, referred_volume_quote_quantums=volume)
                )
        return tuple(found)

    def register(self, ctx: Context, referee: str, affiliate: str) -> None:
        """Notes who referred `referee`, for good. Raises [10], [5], [1], [9]."""
        if referee == affiliate:
            raise SelfReferral(f"referee: {referee}, affiliate: {affiliate}")
        if not is_bech32(referee):
            raise InvalidAddress(f"referee: {referee}")
        if not is_bech32(affiliate):
            raise InvalidAddress(f"affiliate: {affiliate}")
        if self.referred_by(ctx, referee) is not None:
            raise AlreadyReferred(f"referee: {referee}, affiliate: {affiliate}")
        if not self.tiers(ctx).tiers:
            raise TiersNotSet
        self.state.referred_by.set(ctx, referee, affiliate)

    def set_tiers(self, ctx: Context, tiers: AffiliateTiers) -> None:
        """Stores the tiers. Raises [7], [3]."""
        formulas.require_valid_tiers(tiers)
        self.state.tiers.set(ctx, tiers)

    def set_whitelist(self, ctx: Context, whitelist: AffiliateWhitelist) -> None:
        """Stores the whitelist. Raises [7], [5], [8]."""
        formulas.require_valid_whitelist(whitelist)
        self.state.whitelist.set(ctx, whitelist)

    def set_parameters(self, ctx: Context, parameters: AffiliateParameters) -> None:
        """Stores the parameters as given."""
        self.state.parameters.set(ctx, parameters)

    def set_overrides(self, ctx: Context, overrides: AffiliateOverrides) -> None:
        """Stores the overrides as given."""
        self.state.overrides.set(ctx, overrides)

    def _attributable(self, ctx: Context, trader: str, quote_quantums: int, parameters: AffiliateParameters) -> int:
        attributed = self.stats.user_stats(ctx, trader).affiliate_30d_attributed_volume_quote_quantums
        cap = parameters.maximum_30d_attributable_volume_per_referred_user_quote_quantums
        return formulas.attributable_volume(wrap_u64(quote_quantums), attributed, cap)


@lru_cache(maxsize=8)
def _addresses(overrides: AffiliateOverrides) -> frozenset[str]:
    return frozenset(overrides.addresses)
