"""Validity of the three configurations. Source: dydx-modules §§20.14, 20.17, 20.18."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from vaultsim.lib.ints import NIL_INT
from vaultsim.lib.maths import ONE_MILLION
from vaultsim.pb.dydxprotocol.clob import (
    BlockRateLimitConfiguration,
    EquityTierLimit,
    EquityTierLimitConfiguration,
    LiquidationsConfig,
    MaxPerNBlocksRateLimit,
)
from vaultsim.pb.runtime import replace
from vaultsim.x.clob.errors import (
    InvalidBlockRateLimitConfig,
    InvalidEquityTierLimitConfig,
    InvalidLiquidationsConfig,
)

MOST_ORDERS_OF_A_TIER = 10_000_000


def require_valid_liquidations_config(config: LiquidationsConfig) -> None:
    """Raises InvalidLiquidationsConfig [1000]."""
    price = config.fillable_price_config
    if price.bankruptcy_adjustment_ppm < ONE_MILLION:
        raise InvalidLiquidationsConfig(f"bankruptcy_adjustment_ppm {price.bankruptcy_adjustment_ppm}")
    if price.spread_to_maintenance_margin_ratio_ppm == 0:
        raise InvalidLiquidationsConfig("spread_to_maintenance_margin_ratio_ppm 0")
    if not 1 <= config.max_liquidation_fee_ppm <= ONE_MILLION:
        raise InvalidLiquidationsConfig(f"max_liquidation_fee_ppm {config.max_liquidation_fee_ppm}")
    portion = config.position_block_limits.max_position_portion_liquidated_ppm
    if not 1 <= portion <= ONE_MILLION:
        raise InvalidLiquidationsConfig(f"max_position_portion_liquidated_ppm {portion}")
    if config.subaccount_block_limits.max_notional_liquidated == 0:
        raise InvalidLiquidationsConfig("max_notional_liquidated 0")
    if config.subaccount_block_limits.max_quantums_insurance_lost == 0:
        raise InvalidLiquidationsConfig("max_quantums_insurance_lost 0")


def _required_tnc(limit: EquityTierLimit) -> int:
    return limit.usd_tnc_required


def sorted_equity_tiers(config: EquityTierLimitConfiguration) -> EquityTierLimitConfiguration:
    """The same tiers by ascending requirement."""
    return replace(
        config,
        short_term_order_equity_tiers=tuple(sorted(config.short_term_order_equity_tiers, key=_required_tnc)),
        stateful_order_equity_tiers=tuple(sorted(config.stateful_order_equity_tiers, key=_required_tnc)),
    )


def require_valid_equity_tiers(config: EquityTierLimitConfiguration) -> None:
    """Raises InvalidEquityTierLimitConfig [10000]: limits too large, no requirement, not strictly ascending."""
    for tiers in (config.short_term_order_equity_tiers, config.stateful_order_equity_tiers):
        for limit in tiers:
            if limit.limit > MOST_ORDERS_OF_A_TIER:
                raise InvalidEquityTierLimitConfig(f"limit {limit.limit}")
            if limit.usd_tnc_required is NIL_INT or limit.usd_tnc_required < 0:
                raise InvalidEquityTierLimitConfig(f"usd_tnc_required {limit.usd_tnc_required!r}")
        for lower, upper in itertools.pairwise(tiers):
            if lower.usd_tnc_required >= upper.usd_tnc_required:
                raise InvalidEquityTierLimitConfig(f"{upper.usd_tnc_required} follows {lower.usd_tnc_required}")


def require_valid_rate_limits(config: BlockRateLimitConfiguration) -> None:
    """Raises InvalidBlockRateLimitConfig [5000]: zeros, too large, one span twice."""
    _require_valid_limits(config.max_short_term_orders_and_cancels_per_n_blocks, 2_000, 10_000_000)
    _require_valid_limits(config.max_stateful_orders_per_n_blocks, 10_000, 1_000_000)
    _require_valid_limits(config.max_leverage_updates_per_n_blocks, 2_000, 10_000)


def _require_valid_limits(limits: Sequence[MaxPerNBlocksRateLimit], most_blocks: int, most_orders: int) -> None:
    spans: list[int] = []
    for one in limits:
        if not 1 <= one.limit <= most_orders:
            raise InvalidBlockRateLimitConfig(f"limit {one.limit}")
        if not 1 <= one.num_blocks <= most_blocks:
            raise InvalidBlockRateLimitConfig(f"num_blocks {one.num_blocks}")
        if one.num_blocks in spans:
            raise InvalidBlockRateLimitConfig(f"num_blocks {one.num_blocks} twice")
        spans.append(one.num_blocks)
