"""Numbers of x/perpetuals: margins, funding settlement, premiums, funding rates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from vaultsim.lib.ints import I32_MAX
from vaultsim.lib.margin import Risk
from vaultsim.lib.maths import (
    ONE_MILLION,
    ceil_div,
    clamp,
    floor_div,
    median,
    mul_ppm_ceil,
    mul_ppm_floor,
    trunc_div,
)
from vaultsim.lib.quantums import base_to_quote_quantums
from vaultsim.pb.dydxprotocol.perpetuals import LiquidityTier, Params, Perpetual, PerpetualParams
from vaultsim.pb.dydxprotocol.prices import MarketPrice
from vaultsim.x.perpetuals.errors import (
    DefaultFundingPpmMagnitudeExceedsMax,
    FundingRateClampFactorPpmIsZero,
    FundingRateInt32Overflow,
    ImpactNotionalIsZero,
    InitialMarginPpmExceedsMax,
    InvalidMarketType,
    MaintenanceFractionPpmExceedsMax,
    MinNumVotesPerSampleIsZero,
    OpenInterestLowerCapLargerThanUpperCap,
    PremiumVoteClampFactorPpmIsZero,
    TickerEmptyString,
)

if TYPE_CHECKING:
    from vaultsim.x.perpetuals.types import PerpInfo

FUNDING_RATE_PERIOD_SECONDS: Final = 8 * 60 * 60
_MARKET_TYPES: Final = (1, 2)


def net_notional(perpetual: Perpetual, price: MarketPrice, quantums: int) -> int:
    """Signed value of `quantums` base quantums at the oracle price, in quote quantums, truncated toward zero."""
    return base_to_quote_quantums(quantums, perpetual.params.atomic_resolution, price.price, price.exponent)


def open_interest_scaled_imf_ppm(tier: LiquidityTier, open_interest_quote_quantums: int) -> int:
    """Initial margin fraction (ppm) that the open interest asks for, floored between the caps.

    Source: dydx-modules §9.3.
    """
    lower, upper = tier.open_interest_lower_cap, tier.open_interest_upper_cap
    if upper == 0 or open_interest_quote_quantums <= lower:
        return tier.initial_margin_ppm
    if open_interest_quote_quantums >= upper:
        return ONE_MILLION
    above_lower = open_interest_quote_quantums - lower
    return tier.initial_margin_ppm + floor_div((ONE_MILLION - tier.initial_margin_ppm) * above_lower, upper - lower)


def margin_requirements(info: PerpInfo, quantums: int, custom_imf_ppm: int = 0) -> tuple[int, int]:
    """(initial, maintenance) margin requirement of a position, in quote quantums, every step rounded up.

    The maintenance requirement looks neither at the open interest nor at custom leverage. Source: dydx-modules §9.3.
    """
    risk = position_risk(info, quantums, 0, custom_imf_ppm)
    return risk.imr, risk.mmr


def position_risk(info: PerpInfo, quantums: int, quote_balance: int = 0, custom_imf_ppm: int = 0) -> Risk:
    """Risk of a position of signed `quantums` base quantums, in quote quantums.

    Net collateral is truncated toward zero, both requirements are rounded up. Source: dydx-modules §9.3.
    """
    multiplier, divisor = info.notional_ratio
    notional = floor_div(abs(quantums) * multiplier, divisor)
    tier = info.liquidity_tier
    imf_ppm = info.scaled_imf_ppm
    if custom_imf_ppm > imf_ppm:
        imf_ppm = custom_imf_ppm
    base_imr = mul_ppm_ceil(notional, tier.initial_margin_ppm)
    imr = base_imr if imf_ppm == tier.initial_margin_ppm else mul_ppm_ceil(notional, imf_ppm)
    mmr = mul_ppm_ceil(base_imr, tier.maintenance_fraction_ppm)
    return Risk((notional if quantums >= 0 else -notional) + quote_balance, imr, mmr)


def settle_funding(funding_index: int, position_funding_index: int, quantums: int) -> int:
    """Funding that a position receives since its index, in millionths of a quote quantum, exact.

    Source: dydx-modules §10.4.
    """
    return (position_funding_index - funding_index) * quantums


def maintenance_margin_ppm(tier: LiquidityTier) -> int:
    """Maintenance margin fraction (ppm), floored; used for funding bounds only. Source: dydx-modules §9.3."""
    return mul_ppm_floor(tier.initial_margin_ppm, tier.maintenance_fraction_ppm)


def clamp_bound_ppm(tier: LiquidityTier, clamp_factor_ppm: int) -> int:
    """Largest magnitude of a premium vote or funding rate (ppm), floored. Source: dydx-modules §9.3."""
    return mul_ppm_floor(clamp_factor_ppm, tier.initial_margin_ppm - maintenance_margin_ppm(tier))


def premium_sample_ppm(votes: Sequence[int], num_premiums: int, min_num_votes: int) -> int:
    """Median of the votes padded with zeros to the number of premiums or the minimum, if that is more.

    A middle between two votes is rounded away from zero. Source: dydx-modules §9.5.
    """
    padding = max(num_premiums, min_num_votes) - len(votes)
    return median([*votes, *([0] * padding)])


def average_premium_ppm(samples: Sequence[int], num_premiums: int, min_num_samples: int) -> int:
    """Average of the samples padded with zeros likewise, truncated toward zero. Source: dydx-modules §9.5."""
    return trunc_div(sum(samples), max(num_premiums, min_num_samples))


def min_num_samples(funding_tick_seconds: int, funding_sample_seconds: int) -> int:
    """Samples that a funding tick expects, rounded up."""
    return ceil_div(funding_tick_seconds, funding_sample_seconds)


def funding_rate_ppm(perpetual: Perpetual, tier: LiquidityTier, premium_ppm: int, clamp_factor_ppm: int) -> int:
    """Rate for eight hours (ppm): premium plus default funding within the tier's bound.

    Raises FundingRateInt32Overflow [11] above int32. Source: dydx-modules §9.5.
    """
    bound = clamp_bound_ppm(tier, clamp_factor_ppm)
    rate = clamp(premium_ppm + perpetual.params.default_funding_ppm, -bound, bound)
    if rate > I32_MAX:
        raise FundingRateInt32Overflow(f"perpetual {perpetual.params.id}: rate {rate}")
    return rate


def funding_index_delta(perpetual: Perpetual, price: MarketPrice, rate_ppm: int, duration_seconds: int) -> int:
    """Change of the funding index (millionths of a quote quantum per base quantum), truncated twice.

    Source: dydx-modules §9.5.
    """
    return trunc_div(net_notional(perpetual, price, duration_seconds * rate_ppm), FUNDING_RATE_PERIOD_SECONDS)


def validate_params(params: Params) -> None:
    """Raises [14], [15] or [22] for a parameter that is zero. Source: dydx-modules §9.4."""
    if params.funding_rate_clamp_factor_ppm == 0:
        raise FundingRateClampFactorPpmIsZero()
    if params.premium_vote_clamp_factor_ppm == 0:
        raise PremiumVoteClampFactorPpmIsZero()
    if params.min_num_votes_per_sample == 0:
        raise MinNumVotesPerSampleIsZero()


def validate_liquidity_tier(tier: LiquidityTier) -> None:
    """Raises [3], [4], [16] or [24]. Source: dydx-modules §9.3."""
    if tier.initial_margin_ppm > ONE_MILLION:
        raise InitialMarginPpmExceedsMax(str(tier.initial_margin_ppm))
    if tier.maintenance_fraction_ppm > ONE_MILLION:
        raise MaintenanceFractionPpmExceedsMax(str(tier.maintenance_fraction_ppm))
    if tier.impact_notional == 0:
        raise ImpactNotionalIsZero()
    if tier.open_interest_lower_cap > tier.open_interest_upper_cap:
        raise OpenInterestLowerCapLargerThanUpperCap(f"{tier.open_interest_lower_cap} > {tier.open_interest_upper_cap}")


def validate_perpetual_params(params: PerpetualParams) -> None:
    """Raises [23], [6] or [5]. Source: dydx-modules §9.4."""
    if params.market_type not in _MARKET_TYPES:
        raise InvalidMarketType(f"market type {params.market_type}")
    if not params.ticker:
        raise TickerEmptyString()
    if abs(params.default_funding_ppm) > ONE_MILLION:
        raise DefaultFundingPpmMagnitudeExceedsMax(str(params.default_funding_ppm))
