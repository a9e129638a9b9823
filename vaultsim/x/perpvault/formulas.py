"""Numbers in, numbers out. USD and prices are scaled by 10^30; every division floors.

Source: perp-vault §§4 to 6, 8, 12.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from vaultsim.lib.maths import ONE_MILLION, floor_div, floor_mod, mul_pow10_floor, pow10
from vaultsim.x.perpvault.errors import (
    FeesExceedCollateral,
    InvalidAveragePrice,
    LiquidationFeesExceedCollateral,
    LossesExceedCollateral,
    MaxLeverageExceeded,
)
from vaultsim.x.perpvault.types import LIQUIDATABLE, ONE_USD, OVER_LEVERAGED, SAFE, USDG_DECIMALS

BASIS_POINTS: Final = 10_000
FUNDING_RATE_PRECISION: Final = ONE_MILLION


class Delta(NamedTuple):
    """Profit or loss of a position in USD."""

    has_profit: bool
    usd: int


class Liquidation(NamedTuple):
    """State of a position (SAFE, LIQUIDATABLE, OVER_LEVERAGED) and the fees of closing it in USD."""

    state: int
    fees: int


# --- conversions ---------------------------------------------------------------------------------------------------


def token_to_usd(amount: int, price: int, decimals: int) -> int:
    """What tokens are worth."""
    return floor_div(amount * price, pow10(decimals))


def usd_to_token(usd: int, price: int, decimals: int) -> int:
    """How many tokens USD buy at a price."""
    return floor_div(usd * pow10(decimals), price)


def adjust_decimals(amount: int, from_decimals: int, to_decimals: int) -> int:
    """An amount in units of other decimals."""
    return floor_div(amount * pow10(to_decimals), pow10(from_decimals))


def token_to_usdg(amount: int, price: int, decimals: int) -> int:
    """USDG for tokens: first floored to whole units of the token in USD, then rescaled."""
    return adjust_decimals(floor_div(amount * price, ONE_USD), decimals, USDG_DECIMALS)


def usdg_to_token(usdg: int, price: int, decimals: int) -> int:
    """Tokens for USDG: first floored at 18 decimals, then rescaled."""
    return adjust_decimals(floor_div(usdg * ONE_USD, price), USDG_DECIMALS, decimals)


def swapped(amount: int, price_in: int, price_out: int, decimals_in: int, decimals_out: int) -> int:
    """What a swap gives before fees: first floored in units of the token given, then rescaled."""
    return adjust_decimals(floor_div(amount * price_in, price_out), decimals_in, decimals_out)


def scaled_price(price: int, exponent: int) -> int:
    """A price in units of 10^exponent USD, scaled by 10^30."""
    return mul_pow10_floor(price, exponent + 30)


# --- fees ----------------------------------------------------------------------------------------------------------


def after_fee(amount: int, fee_bps: int) -> int:
    """What a fee leaves of an amount."""
    return floor_div(amount * (BASIS_POINTS - fee_bps), BASIS_POINTS)


def position_fee(size_delta: int, margin_fee_bps: int) -> int:
    """Fee on a change of size."""
    return size_delta - after_fee(size_delta, margin_fee_bps) if size_delta else 0


def funding_fee(size: int, cumulative_rate: int, entry_rate: int) -> int:
    """What a position owes since its entry rate was set."""
    return floor_div(size * (cumulative_rate - entry_rate), FUNDING_RATE_PRECISION) if size else 0


def dynamic_fee_bps(*, base: int, tax: int, current: int, following: int, target: int) -> int:
    """Fee of a change of USDG debt from `current` to `following`: less towards the target, more away from it."""
    if target == 0:
        return base
    before, after = abs(current - target), abs(following - target)
    if after < before:
        return max(0, base - floor_div(tax * before, target))
    average = min(floor_div(before + after, 2), target)
    return base + floor_div(tax * average, target)


def target_usdg(weight: int, total_weights: int, supply: int) -> int:
    """A token's part of the USDG supply."""
    return floor_div(weight * supply, total_weights) if supply and total_weights else 0


def floor_share(amount: int, part: int, whole: int) -> int:
    """The part of an amount that belongs to `part` of `whole`."""
    return floor_div(amount * part, whole)


def utilisation(reserved: int, pool: int) -> int:
    """Reserved part of a pool in millionths."""
    return floor_div(reserved * ONE_MILLION, pool) if pool else 0


# --- positions -----------------------------------------------------------------------------------------------------


def delta(size: int, average: int, mark: int, is_long: bool) -> Delta:
    """Profit or loss at a mark price; none at the average price. Raises InvalidAveragePrice for an average of 0."""
    if average <= 0:
        raise InvalidAveragePrice
    has_profit = mark > average if is_long else average > mark
    return Delta(has_profit, floor_div(size * abs(average - mark), average))


def with_minimum_profit(found: Delta, size: int, min_profit_bps: int) -> Delta:
    """A profit of at most so many bps of the size counts as none."""
    if found.has_profit and found.usd * BASIS_POINTS <= size * min_profit_bps:
        return Delta(True, 0)
    return found


def next_average_price(*, size: int, size_delta: int, next_price: int, found: Delta, is_long: bool) -> int:
    """The average price that keeps the profit or loss when size is added at a price."""
    following = size + size_delta
    divisor = following + found.usd if is_long == found.has_profit else following - found.usd
    return floor_div(next_price * following, divisor)


def next_global_short_average(*, size: int, average: int, size_delta: int, next_price: int) -> int:
    """The average price of all shorts of an index token after one more. The first sets it."""
    if size == 0:
        return next_price
    found = delta(size, average, next_price, is_long=False)
    return next_average_price(size=size, size_delta=size_delta, next_price=next_price, found=found, is_long=False)


def leverage(size: int, collateral: int) -> int:
    """Size over collateral in bps."""
    return floor_div(size * BASIS_POINTS, collateral)


def buffered_leverage(size: int, collateral: int, buffer_bps: int) -> int:
    """Leverage in bps with so many bps of size more."""
    return floor_div(size * (BASIS_POINTS + buffer_bps), collateral)


def liquidation(
    *,
    size: int,
    collateral: int,
    found: Delta,
    fees: int,
    liquidation_fee_usd: int,
    max_leverage: int,
    raising: bool,
) -> Liquidation:
    """State and fees of a position; raising: an error instead of a state other than SAFE. Source: perp-vault §8."""
    if not found.has_profit and collateral < found.usd:
        return _unsafe(raising, LossesExceedCollateral, LIQUIDATABLE, fees)
    remaining = collateral if found.has_profit else collateral - found.usd
    if found.has_profit and not raising:
        remaining += found.usd
    if remaining < fees:
        return _unsafe(raising, FeesExceedCollateral, LIQUIDATABLE, remaining)
    if remaining < fees + liquidation_fee_usd:
        return _unsafe(raising, LiquidationFeesExceedCollateral, LIQUIDATABLE, fees)
    if remaining * max_leverage < size * BASIS_POINTS:
        return _unsafe(raising, MaxLeverageExceeded, OVER_LEVERAGED, fees)
    return Liquidation(SAFE, fees)


def _unsafe(
    raising: bool,
    problem: type[
        LossesExceedCollateral | FeesExceedCollateral | LiquidationFeesExceedCollateral | MaxLeverageExceeded
    ],
    state: int,
    fees: int,
) -> Liquidation:
    if raising:
        raise problem
    return Liquidation(state, fees)


# --- funding -------------------------------------------------------------------------------------------------------


def interval_start(now: int, interval: int) -> int:
    """When the interval that `now` is in began, in unix seconds."""
    return now - floor_mod(now, interval)


def funding_increments(
    *, long_interest: int, short_interest: int, intervals: int, factor: int, stable_factor: int
) -> tuple[int, int]:
    """What (long, short) owe more per million after so many intervals: only the heavier side. Source: perp-vault §6."""
    difference, total = long_interest - short_interest, long_interest + short_interest
    if difference > 0:
        return floor_div(factor * difference * intervals, total), 0
    if difference < 0:
        return 0, floor_div(stable_factor * -difference * intervals, total)
    return 0, 0


# --- prices --------------------------------------------------------------------------------------------------------


def with_spread(price: int, spread_bps: int, maximise: bool) -> int:
    """A price moved to its side by a spread."""
    return floor_div(price * (BASIS_POINTS + spread_bps if maximise else BASIS_POINTS - spread_bps), BASIS_POINTS)


def chosen_secondary(reference: int, fast: int, max_deviation_bps: int, maximise: bool) -> int:
    """The keeper's price, or the worse side of both when it is too far from the reference."""
    if floor_div(abs(reference - fast) * BASIS_POINTS, reference) > max_deviation_bps:
        return max(reference, fast) if maximise else min(reference, fast)
    return fast


def strict_stable(price: int, max_deviation: int, maximise: bool) -> int:
    """One dollar, unless the price is further from it than allowed and on the side asked for."""
    if abs(price - ONE_USD) <= max_deviation:
        return ONE_USD
    return max(price, ONE_USD) if maximise else min(price, ONE_USD)
