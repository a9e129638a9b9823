"""The module's settings: defaults, bounds, and what an update changes. Source: perp-vault §§2, 9 to 12."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from vaultsim.pb.runtime import replace
from vaultsim.pb.vaultsim.perpvault import v1 as pb
from vaultsim.store.codecs import Codec
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.perpvault.errors import (
    InvalidArgument,
    InvalidFee,
    InvalidFundingFactor,
    InvalidFundingInterval,
    InvalidLiquidationFee,
    InvalidMaxLeverage,
)
from vaultsim.x.perpvault.formulas import BASIS_POINTS
from vaultsim.x.perpvault.types import ONE_USD

MIN_LEVERAGE: Final = 10_000
MAX_FEE_BPS: Final = 500
MAX_LIQUIDATION_FEE_USD: Final = 100 * ONE_USD
MIN_FUNDING_INTERVAL_SECONDS: Final = 3_600
MAX_FUNDING_FACTOR: Final = 10_000
MOST_PRICE_SAMPLES: Final = 100
_CAPS = "max_global_sizes"
_FEES: Final = (
    "tax_bps",
    "stable_tax_bps",
    "mint_burn_fee_bps",
    "swap_fee_bps",
    "stable_swap_fee_bps",
    "margin_fee_bps",
)


class GlobalSizeCap(msgspec.Struct, frozen=True):
    """The position manager's caps of one index token in USD; 0 is none."""

    token: str
    max_global_long_size: int
    max_global_short_size: int


class Params(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting, with its default. bps are parts of 10,000, times seconds, USD scaled by 10^30."""

    max_leverage: int = 500_000
    tax_bps: int = 50
    stable_tax_bps: int = 20
    mint_burn_fee_bps: int = 30
    swap_fee_bps: int = 30
    stable_swap_fee_bps: int = 4
    margin_fee_bps: int = 10
    liquidation_fee_usd: int = 5 * ONE_USD
    min_profit_time: int = 0
    has_dynamic_fees: bool = False
    funding_interval: int = 28_800
    funding_rate_factor: int = 600
    stable_funding_rate_factor: int = 600
    is_leverage_enabled: bool = True
    is_swap_enabled: bool = False
    in_manager_mode: bool = False
    in_private_liquidation_mode: bool = False
    execution_fee_denom: str = USDC_DENOM
    min_execution_fee: int = 0
    min_block_delay_keeper: int = 1
    min_time_delay_public: int = 180
    max_time_delay: int = 1_800
    router_is_leverage_enabled: bool = True
    deposit_fee_bps: int = 0
    increase_position_buffer_bps: int = 100
    in_legacy_mode: bool = False
    should_validate_increase_order: bool = True
    max_global_sizes: tuple[GlobalSizeCap, ...] = ()
    min_purchase_token_amount_usd: int = 0
    price_sample_space: int = 3
    max_price_age: int = 0
    max_strict_price_deviation: int = 0
    is_secondary_price_enabled: bool = False
    price_duration: int = 300
    max_deviation_bps: int = 250
    spread_if_inactive: int = 0

    def max_global_size(self, token: str, is_long: bool) -> int:
        """The position manager's cap of a side of an index token; 0 is none."""
        for cap in self.max_global_sizes:
            if cap.token == token:
                return cap.max_global_long_size if is_long else cap.max_global_short_size
        return 0


DEFAULT_PARAMS: Final = Params()
_INTEGERS: Final = frozenset(field.name for field in msgspec.structs.fields(Params) if field.type is int)


def updated(params: Params, wire: pb.Params) -> Params:
    """The settings with what a message gives; what it leaves out stays. Raises ValueError for a text without digits."""
    changed: dict[str, Any] = {}
    for name in Params.__struct_fields__:
        value = getattr(wire, name)
        if value is None:
            continue
        if name == _CAPS:
            changed[name] = tuple(_cap(cap) for cap in value.caps)
        else:
            changed[name] = int(value or 0) if name in _INTEGERS else value
    return replace(params, **changed)


def params_to_wire(params: Params) -> pb.Params:
    """The settings as a message, every field given."""
    fields: dict[str, Any] = {}
    for row in pb.Params.FIELDS:
        name, kind = row[0], row[2]
        value = getattr(params, name)
        fields[name] = str(value) if kind == "string" else value
    caps = tuple(
        pb.GlobalSizeCap(
            token=cap.token,
            max_global_long_size=str(cap.max_global_long_size),
            max_global_short_size=str(cap.max_global_short_size),
        )
        for cap in params.max_global_sizes
    )
    return pb.Params(**{**fields, _CAPS: pb.GlobalSizeCaps(caps=caps)})


PARAMS: Final[Codec[Params]] = Codec(
    lambda params: params_to_wire(params).encode(), lambda raw: updated(DEFAULT_PARAMS, pb.Params.decode(raw))
)
"""The row: a message with every field."""


def require_valid_params(params: Params) -> None:
    """Bounds of perp-vault §2. Raises [3], [4], [5], [6], [7], then [55] for a setting of the other parts."""
    if params.max_leverage <= MIN_LEVERAGE:
        raise InvalidMaxLeverage(str(params.max_leverage))
    for name in _FEES:
        if getattr(params, name) > MAX_FEE_BPS:
            raise InvalidFee(f"{name} {getattr(params, name)}")
    if params.liquidation_fee_usd > MAX_LIQUIDATION_FEE_USD:
        raise InvalidLiquidationFee(str(params.liquidation_fee_usd))
    require_valid_funding(params)
    for name in ("deposit_fee_bps", "increase_position_buffer_bps", "max_deviation_bps", "spread_if_inactive"):
        if getattr(params, name) > BASIS_POINTS:
            raise InvalidArgument(f"{name} {getattr(params, name)} is above {BASIS_POINTS}")
    if not 1 <= params.price_sample_space <= MOST_PRICE_SAMPLES:
        raise InvalidArgument(f"price_sample_space {params.price_sample_space} is not 1 to {MOST_PRICE_SAMPLES}")


def require_valid_funding(params: Params) -> None:
    """Raises InvalidFundingInterval [6] below an hour, InvalidFundingFactor [7] above 1 % an interval."""
    if params.funding_interval < MIN_FUNDING_INTERVAL_SECONDS:
        raise InvalidFundingInterval(str(params.funding_interval))
    for factor in (params.funding_rate_factor, params.stable_funding_rate_factor):
        if factor > MAX_FUNDING_FACTOR:
            raise InvalidFundingFactor(str(factor))


def _cap(cap: pb.GlobalSizeCap) -> GlobalSizeCap:
    return GlobalSizeCap(cap.token, int(cap.max_global_long_size or 0), int(cap.max_global_short_size or 0))
