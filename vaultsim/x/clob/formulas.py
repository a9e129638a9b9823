"""Numbers of orders, matches and liquidations. Source: dydx-modules §§2.1, 20.6.2, 20.10, 20.14, 20.19-20."""

from __future__ import annotations

from typing import NamedTuple

from vaultsim.errors import ChainPanic
from vaultsim.lib.ints import U64_MAX
from vaultsim.lib.margin import Risk
from vaultsim.lib.maths import (
    ONE_MILLION,
    ceil_div,
    clamp,
    floor_div,
    floor_mod,
    mul_ppm_ceil,
    mul_ppm_floor,
    pow10,
    round_down_to_multiple,
    round_up_to_multiple,
)
from vaultsim.lib.quantums import fill_amount_to_quote_quantums
from vaultsim.x.clob.errors import InvalidPerpetualPositionSizeDelta
from vaultsim.x.clob.types import CONDITIONAL_TRIGGER_MULTIPLIER

Ratio = tuple[int, int]
"""An exact ratio: numerator and positive denominator, not reduced."""


class FillDeltas(NamedTuple):
    """What a fill moves, in quote and base quantums, from the point of view of each side.

    taker_fee and maker_fee may be rebates (negative); builder fees and the insurance delta are already part of the
    quote deltas.
    """

    taker_fee: int
    maker_fee: int
    taker_builder_fee: int
    maker_builder_fee: int
    taker_quote: int
    maker_quote: int
    taker_base: int
    maker_base: int


def builder_fee(quantums: int, fee_ppm: int) -> int:
    """Fee of a builder code on an amount, rounded up."""
    return mul_ppm_ceil(quantums, fee_ppm)


def fill_deltas(
    quote_quantums: int,
    fill_amount: int,
    taker_is_buy: bool,
    fee_ppms: tuple[int, int],
    builder_ppms: tuple[int, int],
    insurance_delta: int,
) -> FillDeltas:
    """Fees (rounded up, rebates too) and deltas of a fill; pairs are (taker, maker).

    Source: dydx-modules §20.10-6, 7.
    """
    taker_fee, maker_fee = mul_ppm_ceil(quote_quantums, fee_ppms[0]), mul_ppm_ceil(quote_quantums, fee_ppms[1])
    taker_builder = builder_fee(quote_quantums, builder_ppms[0])
    maker_builder = builder_fee(quote_quantums, builder_ppms[1])
    sign = 1 if taker_is_buy else -1
    return FillDeltas(
        taker_fee,
        maker_fee,
        taker_builder,
        maker_builder,
        -sign * quote_quantums - taker_fee - insurance_delta - taker_builder,
        sign * quote_quantums - maker_fee - maker_builder,
        sign * fill_amount,
        -sign * fill_amount,
    )


def open_order_deltas(
    is_buy: bool, quantums: int, subticks: int, exponent: int, maker_fee_ppm: int, builder_ppm: int
) -> tuple[int, int]:
    """(quote delta, base delta) of a full fill of an order at its own price by itself.

    The builder's fee is taken from base quantums, as on the chain. Source: dydx-modules §20.6.2-6.
    """
    quote = fill_amount_to_quote_quantums(subticks, quantums, exponent)
    costs = mul_ppm_ceil(quote, maker_fee_ppm) + builder_fee(quantums, builder_ppm)
    return (-quote - costs, quantums) if is_buy else (quote - costs, -quantums)


def require_closing_delta(position: int, delta: int) -> None:
    """Raises InvalidPerpetualPositionSizeDelta [1014] unless `delta` opposes the position and is not larger."""
    if position * delta >= 0 or abs(position) < abs(delta):
        raise InvalidPerpetualPositionSizeDelta(f"delta {delta} of position {position}")


def bankruptcy_quote_delta(total: Risk, before: Risk, after: Risk) -> int:
    """Quote quantums that closing part of a position brings at its bankruptcy price.

    total: risk of the subaccount; before, after: risk of the position alone. The collateral share is floored; a
    total maintenance requirement of 0 is a chain panic. Source: dydx-modules §20.14.
    """
    change = after.mmr - before.mmr
    if change > 0:
        raise ChainPanic("bankruptcy price: maintenance requirement grows")
    return before.nc - after.nc - floor_div(total.nc * -change, total.mmr)


def fillable_price(position: int, own: Risk, total: Risk, bankruptcy_ppm: int, spread_ppm: int) -> Ratio:
    """Quote quantums per base quantum at which a position may be liquidated, exact.

    own: risk of the position; total: risk of the subaccount. A negative price, and a total maintenance requirement
    of 0, are chain panics. Source: dydx-modules §20.14.
    """
    if total.mmr == 0:
        raise ChainPanic("division by zero")
    scale = total.mmr * ONE_MILLION
    adjusted = clamp((total.mmr - total.nc) * bankruptcy_ppm, 0, scale)
    denominator = scale * ONE_MILLION
    numerator = own.nc * denominator - adjusted * own.mmr * spread_ppm
    price = (numerator, denominator * position) if position > 0 else (-numerator, denominator * -position)
    if price[0] < 0:
        raise ChainPanic("fillable price is negative")
    return price


def fillable_price_subticks(price: Ratio, is_long: bool, exponent: int, subticks_per_tick: int) -> int:
    """Fillable price in subticks: rounded up for a long and down for a short, twice, then kept within the ticks.

    Source: dydx-modules §20.14.
    """
    numerator, denominator = price
    if exponent < 0:
        numerator *= pow10(-exponent)
    else:
        denominator *= pow10(exponent)
    if is_long:
        aligned = round_up_to_multiple(ceil_div(numerator, denominator), subticks_per_tick)
    else:
        aligned = round_down_to_multiple(floor_div(numerator, denominator), subticks_per_tick)
    return clamp(aligned, subticks_per_tick, U64_MAX - floor_mod(U64_MAX, subticks_per_tick))


def most_position_notional(notional: int, minimum: int, portion_ppm: int) -> int:
    """Quote quantums of a position that one block may liquidate: the portion, at least the smaller of minimum and all.

    notional: absolute notional of the position. Source: dydx-modules §20.14.
    """
    return max(min(minimum, notional), mul_ppm_floor(notional, portion_ppm))


def insurance_delta(quote_delta: int, bankruptcy_delta: int, fee_ppm: int) -> int:
    """What a liquidation fill pays to the insurance fund (positive, at most the liquidation fee) or takes from it.

    Source: dydx-modules §20.14.
    """
    delta = quote_delta - bankruptcy_delta
    return delta if delta <= 0 else min(mul_ppm_floor(abs(quote_delta), fee_ppm), delta)


def trigger_bounds(oracle: Ratio, min_price_change_ppm: int) -> tuple[Ratio, Ratio]:
    """Lowest and highest trade price that may trigger conditional orders: 5 minimum changes around the oracle price.

    Source: dydx-modules §20.19.
    """
    numerator, denominator = oracle
    span = CONDITIONAL_TRIGGER_MULTIPLIER * min_price_change_ppm
    wide = denominator * ONE_MILLION
    return (numerator * (ONE_MILLION - span), wide), (numerator * (ONE_MILLION + span), wide)


def clamp_price(subticks: int, low: Ratio, high: Ratio) -> Ratio:
    """A trade price within two ratios; the lower one wins below it."""
    if subticks * low[1] < low[0]:
        return low
    return high if subticks * high[1] > high[0] else (subticks, 1)


def twap_suborder_quantums(
    remaining: int, remaining_legs: int, original: int, total_legs: int, step_base_quantums: int
) -> int:
    """Size of the next TWAP leg: an even share (rounded up), at most three original shares, whole steps down.

    Source: dydx-modules §20.20.
    """
    size = min(ceil_div(remaining, remaining_legs), 3 * ceil_div(original, total_legs))
    return round_down_to_multiple(size, step_base_quantums)


def twap_suborder_subticks(oracle: Ratio, is_sell: bool, tolerance_ppm: int, subticks_per_tick: int) -> int:
    """Price of a TWAP leg without limit: oracle plus tolerance (minus for a sell), to whole ticks away from it.

    The fraction of a subtick is dropped before rounding. Source: dydx-modules §20.20.
    """
    signed = -tolerance_ppm if is_sell else tolerance_ppm
    whole = floor_div(oracle[0] * (ONE_MILLION + signed), oracle[1] * ONE_MILLION)
    if signed >= 0:
        return round_up_to_multiple(whole, subticks_per_tick)
    return round_down_to_multiple(whole, subticks_per_tick)
