"""The quotes that a vault wants, from numbers alone. Source: dydx-vault §16."""

from __future__ import annotations

from typing import Final, NamedTuple

from vaultsim.lib.ints import U64_MAX, wrap_u64
from vaultsim.lib.maths import (
    ONE_MILLION,
    ceil_div,
    clamp,
    floor_div,
    floor_mod,
    mul_ppm_ceil,
    pow10,
    trunc_div,
)
from vaultsim.lib.quantums import QUOTE_CURRENCY_ATOMIC_RESOLUTION, price_to_subticks
from vaultsim.pb.dydxprotocol.clob import Order_TimeInForce
from vaultsim.pb.dydxprotocol.vault import QuotingParams
from vaultsim.x.vault.errors import InvalidOrderSize
from vaultsim.x.vault.formulas import spread_ppm
from vaultsim.x.vault.types import BUY, SELL, Market, canonical_client_id

POST_ONLY: Final = Order_TimeInForce.TIME_IN_FORCE_POST_ONLY
PLAIN: Final = Order_TimeInForce.TIME_IN_FORCE_UNSPECIFIED
ONE_TRILLION: Final = ONE_MILLION * ONE_MILLION


class Quote(NamedTuple):
    """One order that a vault wants on the book; client_id is the canonical one of its side and layer."""

    side: int
    quantums: int
    subticks: int
    time_in_force: int
    client_id: int


def leverage_ppm(notional: int, equity: int) -> int:
    """Leverage in ppm, rounded up also when negative; equity is positive."""
    return ceil_div(notional * ONE_MILLION, equity)


def order_size(equity: int, params: QuotingParams, market: Market) -> int:
    """Base quantums of each quote: a share of the equity at the oracle price, floored to whole steps.

    The chain's truncations one after the other give the same. Raises InvalidOrderSize [14] above uint64.
    """
    step, price = market.pair.step_base_quantums, market.price
    power = price.exponent + market.perpetual.params.atomic_resolution - QUOTE_CURRENCY_ATOMIC_RESOLUTION
    numerator, denominator = equity * params.order_size_pct_ppm, price.price * ONE_MILLION * step
    if power < 0:
        numerator *= pow10(-power)
    else:
        denominator *= pow10(power)
    size = step * floor_div(numerator, denominator)
    if size > U64_MAX:
        raise InvalidOrderSize(f"{size}")
    return size


def ladder(params: QuotingParams, market: Market, leverage: int, quantums: int) -> list[Quote]:
    """Ask and bid of each layer, from the inside out, all of `quantums`; leverage in ppm.

    Asks are rounded up and bids down to whole ticks, both kept between one tick and the largest uint64 multiple. The
    side that would raise the exposure is post-only.
    """
    pair, price, size_pct, skew_factor = market.pair, market.price, params.order_size_pct_ppm, params.skew_factor_ppm
    tick, spread = pair.subticks_per_tick, spread_ppm(params, market.param.min_price_change_ppm)
    oracle, denominator = price_to_subticks(
        price.price,
        price.exponent,
        market.perpetual.params.atomic_resolution,
        pair.quantum_conversion_exponent,
    )
    unit, highest = denominator * ONE_TRILLION * tick, U64_MAX - floor_mod(U64_MAX, tick)
    ask_force, bid_force = POST_ONLY if leverage <= 0 else PLAIN, POST_ONLY if leverage >= 0 else PLAIN
    quotes: list[Quote] = []
    for layer in range(params.layers):
        ask_skew, bid_skew = skews(leverage, layer * size_pct, skew_factor)
        ask = tick * ceil_div(oracle * (ONE_TRILLION + spread * (ONE_MILLION + ask_skew)), unit)
        bid = tick * floor_div(oracle * (ONE_TRILLION + spread * (bid_skew - ONE_MILLION)), unit)
        quotes.append(Quote(SELL, quantums, clamp(ask, tick, highest), ask_force, canonical_client_id(SELL, layer)))
        quotes.append(Quote(BUY, quantums, clamp(bid, tick, highest), bid_force, canonical_client_id(BUY, layer)))
    return quotes


def skews(leverage: int, distance: int, skew_factor_ppm: int) -> tuple[int, int]:
    """(ask skew, bid skew) in ppm of a layer whose leverage differs by `distance` ppm; products are rounded up."""
    ask = mul_ppm_ceil(leverage - distance, skew_factor_ppm)
    bid = mul_ppm_ceil(leverage + distance, skew_factor_ppm)
    if leverage < 0:
        away = ask - ONE_MILLION
        return mul_ppm_ceil(away, away) - ONE_MILLION, -bid
    away = bid + ONE_MILLION
    return -ask, ONE_MILLION - mul_ppm_ceil(away, away)


def reducing_only(quotes: list[Quote], base_quantums: int, step: int, is_long: bool) -> list[Quote]:
    """The quotes that reduce a position, together no larger than its whole steps."""
    left = wrap_u64(abs(step * trunc_div(base_quantums, step)))
    side = SELL if is_long else BUY
    kept: list[Quote] = []
    for quote in quotes:
        if quote.side != side:
            continue
        if left == 0:
            break
        quantums = min(quote.quantums, left)
        left -= quantums
        kept.append(quote._replace(quantums=quantums))
    return kept
