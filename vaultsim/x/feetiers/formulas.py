"""Pure rules of x/feetiers; fees in ppm (negative: a rebate). Source: dydx-modules §16."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

from vaultsim.context import NANOSECONDS
from vaultsim.errors import ChainError
from vaultsim.lib.ints import I32_MAX
from vaultsim.lib.maths import ONE_MILLION, mul_ppm_floor, mul_ppm_trunc
from vaultsim.pb.dydxprotocol.feetiers import (
    PerMarketFeeDiscountParams,
    PerpetualFeeParams,
    PerpetualFeeTier,
    StakingTier,
)
from vaultsim.pb.dydxprotocol.stats import UserStats
from vaultsim.x.clock import timestamp_ns
from vaultsim.x.feetiers.errors import (
    FirstTierRequirements,
    InvalidCharge,
    InvalidTimeRange,
    NetRebate,
    NoTiers,
    TiersOutOfOrder,
)
from vaultsim.x.revshare.formulas import AFFILIATE_VOLUME_LIMIT

REFEREE_FIRST_TIER: Final = 2
LONGEST_DISCOUNT_NS: Final = 90 * 86_400 * NANOSECONDS


def require_valid_params(params: PerpetualFeeParams) -> None:
    """At least one tier [400], the first without requirements [401], none falling [402], no net rebate [403]."""
    if not params.tiers:
        raise NoTiers
    if any(_requirements(params.tiers[0])):
        raise FirstTierRequirements
    for before, tier in pairwise(params.tiers):
        if any(low > high for low, high in zip(_requirements(before), _requirements(tier), strict=True)):
            raise TiersOutOfOrder
    if lowest_maker_fee_ppm(params) + min(tier.taker_fee_ppm for tier in params.tiers) < 0:
        raise NetRebate


@lru_cache(maxsize=8)
def lowest_maker_fee_ppm(params: PerpetualFeeParams) -> int:
    """Smallest maker fee of all tiers; the largest i32 without tiers."""
    return min((tier.maker_fee_ppm for tier in params.tiers), default=I32_MAX)


@lru_cache(maxsize=8)
def referee_lowest_taker_fee_ppm(params: PerpetualFeeParams) -> int:
    """Smallest taker fee that still shares with an affiliate.

    That of the last tier before the first requirement of 50e12 or more, or of tier index 2 if that is lower.
    """
    fee_ppm = I32_MAX
    for tier in params.tiers:
        if tier.absolute_volume_requirement >= AFFILIATE_VOLUME_LIMIT:
            break
        fee_ppm = tier.taker_fee_ppm
    if len(params.tiers) > REFEREE_FIRST_TIER:
        return min(fee_ppm, params.tiers[REFEREE_FIRST_TIER].taker_fee_ppm)
    return fee_ppm


def tier_index(tiers: Sequence[PerpetualFeeTier], user: UserStats, global_quote_quantums: int) -> int:
    """Last tier before the first one whose requirements are not met; shares of the total are floored."""
    maker = user.maker_notional
    total = maker + user.taker_notional
    index = 0
    for position, tier in enumerate(tiers):
        if (
            total < tier.absolute_volume_requirement
            or total < mul_ppm_floor(global_quote_quantums, tier.total_volume_share_requirement_ppm)
            or maker < mul_ppm_floor(global_quote_quantums, tier.maker_volume_share_requirement_ppm)
        ):
            break
        index = position
    return index


def charge_ppm(discount: PerMarketFeeDiscountParams | None, now_ns: int) -> int:
    """What part of the fee a market charges now: start <= now < end of its discount, else all."""
    if discount is None or not timestamp_ns(discount.start_time) <= now_ns < timestamp_ns(discount.end_time):
        return ONE_MILLION
    return discount.charge_ppm


def discounted_fee_ppm(fee_ppm: int, part_ppm: int) -> int:
    """`part_ppm` of a fee or rebate, truncated toward zero."""
    return fee_ppm if part_ppm == ONE_MILLION else mul_ppm_trunc(fee_ppm, part_ppm)


def staking_discount_ppm(tier: StakingTier | None, staked_base_tokens: int) -> int:
    """Discount of the last level before the first minimum above the stake; 0 without one."""
    discount_ppm = 0
    for level in () if tier is None else tier.levels:
        if staked_base_tokens < level.min_staked_base_tokens:
            break
        discount_ppm = level.fee_discount_ppm
    return discount_ppm


def require_valid_discount(discount: PerMarketFeeDiscountParams, now_ns: int) -> None:
    """start < end, at most 90 days apart [406], charge at most everything [408], end in the future [406]."""
    start_ns, end_ns = timestamp_ns(discount.start_time), timestamp_ns(discount.end_time)
    if start_ns >= end_ns or end_ns - start_ns > LONGEST_DISCOUNT_NS:
        raise InvalidTimeRange
    if discount.charge_ppm > ONE_MILLION:
        raise InvalidCharge
    if end_ns <= now_ns:
        raise InvalidTimeRange


def staking_tier_problems(staking_tiers: Sequence[StakingTier], params: PerpetualFeeParams) -> list[tuple[str, str]]:
    """(place, sentence) of everything wrong, in the order in which the chain looks."""
    problems: list[tuple[str, str]] = []
    seen: set[str] = set()
    for index, tier in enumerate(staking_tiers):
        place = f"staking_tiers[{index}]"
        if not tier.fee_tier_name:
            problems.append((place, "fee tier name cannot be empty"))
        if tier.fee_tier_name in seen:
            problems.append((place, f"duplicate staking tier for fee tier: {tier.fee_tier_name}"))
        seen.add(tier.fee_tier_name)
        problems += _level_problems(place, tier)
    names = {tier.name for tier in params.tiers}
    for index, tier in enumerate(staking_tiers):
        if tier.fee_tier_name not in names:
            problems.append((f"staking_tiers[{index}]", f"fee tier {tier.fee_tier_name} does not exist"))
    return problems


def require_valid_staking_tiers(staking_tiers: Sequence[StakingTier], params: PerpetualFeeParams) -> None:
    """Raises ChainError, without a code of its own, for the first problem."""
    problems = staking_tier_problems(staking_tiers, params)
    if problems:
        raise ChainError(problems[0][1])


def _level_problems(place: str, tier: StakingTier) -> list[tuple[str, str]]:
    problems: list[tuple[str, str]] = []
    before: int | None = None
    for index, level in enumerate(tier.levels):
        at = f"{place}.levels[{index}]"
        minimum = int(level.min_staked_base_tokens)
        if minimum < 0:
            problems.append((at, f"min staked tokens cannot be negative for tier {tier.fee_tier_name} level {index}"))
        if before is not None and minimum <= before:
            problems.append((at, f"staking levels must be in increasing order for tier {tier.fee_tier_name}"))
        if level.fee_discount_ppm > ONE_MILLION:
            problems.append((at, f"fee discount cannot exceed 100% for tier {tier.fee_tier_name} level {index}"))
        before = minimum
    return problems


def _requirements(tier: PerpetualFeeTier) -> tuple[int, int, int]:
    return (
        tier.absolute_volume_requirement,
        tier.total_volume_share_requirement_ppm,
        tier.maker_volume_share_requirement_ppm,
    )
