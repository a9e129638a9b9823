"""The ladder of quotes around the oracle price: numbers in, numbers out.

Nested roundings of the chain go the same way everywhere, so each price and size is one division here.
Source: dydx-vault §16.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from vaultsim.lib.ints import U64_MAX
from vaultsim.lib.maths import ONE_MILLION, ceil_div, clamp, floor_div, floor_mod, pow10
from vaultsim.lib.quantums import QUOTE_CURRENCY_ATOMIC_RESOLUTION
from vaultsim.pb.dydxprotocol.clob import ClobPair, Order_Side, Order_TimeInForce
from vaultsim.pb.dydxprotocol.prices import MarketPrice
from vaultsim.pb.dydxprotocol.vault import QuotingParams

BUY: Final = Order_Side.SIDE_BUY
SELL: Final = Order_Side.SIDE_SELL
POST_ONLY: Final = Order_TimeInForce.TIME_IN_FORCE_POST_ONLY
GOOD_TIL_TIME: Final = Order_TimeInForce.TIME_IN_FORCE_UNSPECIFIED
_TRILLION: Final = ONE_MILLION * ONE_MILLION


class Quote(NamedTuple):
    """One order of a ladder: side, layer, base quantums, subticks, time in force."""

    side: int
    layer: int
    quantums: int
    subticks: int
    time_in_force: int


def order_size(equity: int, params: QuotingParams, price: MarketPrice, atomic_resolution: int, step: int) -> int:
    """Base quantums of each order: the part of equity that a layer may use, floored to the step."""
    power = price.exponent + atomic_resolution - QUOTE_CURRENCY_ATOMIC_RESOLUTION
    part = equity * params.order_size_pct_ppm
    unit = price.price * ONE_MILLION * step
    if power < 0:
        return step * floor_div(part * pow10(-power), unit)
    return step * floor_div(part, unit * pow10(power))


def leverage_ppm(notional: int, equity: int) -> int:
    """Leverage in ppm, rounded up."""
    return ceil_div(notional * ONE_MILLION, equity)


def ladder(
    *,
    leverage: int,
    size: int,
    params: QuotingParams,
    spread: int,
    oracle_subticks: tuple[int, int],
    pair: ClobPair,
) -> list[Quote]:
    """The quotes of every layer: ask 0, bid 0, ask 1, bid 1, …

    leverage: in ppm, rounded up; size: base quantums of each; spread: ppm; oracle_subticks: exact ratio.
    """
    numerator, denominator = oracle_subticks
    tick = pair.subticks_per_tick
    highest = U64_MAX - floor_mod(U64_MAX, tick)
    unit = denominator * _TRILLION * tick
    ask_force = POST_ONLY if leverage <= 0 else GOOD_TIL_TIME
    bid_force = POST_ONLY if leverage >= 0 else GOOD_TIL_TIME
    is_short = leverage < 0
    quotes: list[Quote] = []
    for layer in range(params.layers):
        offset = layer * params.order_size_pct_ppm
        ask = _TRILLION + spread * (ONE_MILLION + _ask_skew(leverage - offset, params.skew_factor_ppm, is_short))
        bid = _TRILLION + spread * (_bid_skew(leverage + offset, params.skew_factor_ppm, is_short) - ONE_MILLION)
        ask_subticks = clamp(tick * ceil_div(numerator * ask, unit), tick, highest)
        bid_subticks = clamp(tick * floor_div(numerator * bid, unit), tick, highest)
        quotes.append(Quote(SELL, layer, size, ask_subticks, ask_force))
        quotes.append(Quote(BUY, layer, size, bid_subticks, bid_force))
    return quotes


def _ask_skew(leverage: int, skew_factor_ppm: int, is_short: bool) -> int:
    skewed = ceil_div(leverage * skew_factor_ppm, ONE_MILLION)
    if not is_short:
        return -skewed
    return ceil_div((skewed - ONE_MILLION) * (skewed - ONE_MILLION), ONE_MILLION) - ONE_MILLION


def _bid_skew(leverage: int, skew_factor_ppm: int, is_short: bool) -> int:
    skewed = ceil_div(leverage * skew_factor_ppm, ONE_MILLION)
    if is_short:
        return -skewed
    return ONE_MILLION - ceil_div((skewed + ONE_MILLION) * (skewed + ONE_MILLION), ONE_MILLION)


def closing_only(quotes: list[Quote], inventory_quantums: int, side: int) -> list[Quote]:
    """The quotes of one side, in layer order, cut so that together they do not exceed the inventory."""
    left = inventory_quantums
    kept: list[Quote] = []
    for quote in quotes:
        if left <= 0:
            break
        if quote.side == side:
            kept.append(quote._replace(quantums=min(quote.quantums, left)))
            left -= kept[-1].quantums
    return kept
