"""Which two orders the vault wants in a pair: numbers in, numbers out. Source: mm-vault §3 (F8 to F18).

The policy is naive on purpose: half of the pair's capital on each side, the same spread around the oracle price. It may
be exchanged as a whole.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from vaultsim.lib.ints import U64_MAX
from vaultsim.lib.maths import ONE_MILLION, ceil_div, floor_div, pow10, round_down_to_multiple
from vaultsim.lib.quantums import (
    QUOTE_CURRENCY_ATOMIC_RESOLUTION,
    fill_amount_to_quote_quantums,
    price_to_subticks,
)
from vaultsim.pb.dydxprotocol.clob import ClobPair
from vaultsim.pb.dydxprotocol.prices import MarketPrice
from vaultsim.pb.vaultsim.mmvault.v1 import PairQuoteParams

NO_ALLOCATION: Final = "no_allocation"
BELOW_ZERO: Final = "price_not_positive"
OUT_OF_RANGE: Final = "price_out_of_range"
TOO_SMALL: Final = "below_min_order_size"


class Conditions(NamedTuple):
    """Everything that the quotes of a pair follow from, besides the capital.

    atomic_resolution, initial_margin_ppm: of the perpetual; best_bid, best_ask: of others, in subticks, None without.
    """

    params: PairQuoteParams
    pair: ClobPair
    price: MarketPrice
    atomic_resolution: int
    initial_margin_ppm: int
    best_bid: int | None = None
    best_ask: int | None = None


class SideQuote(NamedTuple):
    """One side: the price in subticks, or why there is none.

    raw_subticks: before ticks; is_clamped: whether the other side of the book decided the price.
    """

    raw_subticks: int = 0
    is_clamped: bool = False
    subticks: int = 0
    skip_reason: str = ""


class PairQuotes(NamedTuple):
    """Both sides with what they were made of.

    pair_margin, half_margin: quote quantums; margin_quantums: base quantums that half the margin carries, before cap
    and step; quantums: size of each order; tick: price grid in subticks; skip_reason: why the pair is not quoted.
    """

    pair_margin: int = 0
    half_margin: int = 0
    margin_quantums: int = 0
    quantums: int = 0
    tick: int = 0
    bid: SideQuote = SideQuote()
    ask: SideQuote = SideQuote()
    skip_reason: str = ""


def zero_parameter(params: PairQuoteParams) -> str:
    """Which zero parameter keeps the pair from being quoted; empty when there is none."""
    if params.vault_half_spread_ppm == 0:
        return "zero_half_spread"
    if params.vault_max_quote_size == 0:
        return "zero_max_quote_size"
    if params.vault_liquidity_weight == 0:
        return "zero_liquidity_weight"
    return "zero_tick_size" if tick_multiple(params) == 0 else ""


def tick_multiple(params: PairQuoteParams) -> int:
    """Of how many ticks prices are multiples; 1 when it is left out."""
    return 1 if params.tick_multiple is None else params.tick_multiple


def pair_quotes(base: int, total_weight: int, market: Conditions) -> PairQuotes:
    """The quotes of a pair out of a capital of `base` quote quantums, which may be negative.

    Every step rounds down, but for the price of the ask, which is rounded up. Sizes are whole steps, prices multiples
    of the pair's ticks times the tick multiple, as long as the best price that clamps them is one. A pair that is not
    quoted has raw prices all the same.
    """
    params = market.params
    tick = market.pair.subticks_per_tick * tick_multiple(params)
    reason = zero_parameter(params) or (NO_ALLOCATION if base <= 0 else "")
    if reason:
        return _unquoted(market, tick, reason)
    pair_margin = floor_div(base * params.vault_liquidity_weight, total_weight)
    half_margin = floor_div(pair_margin, 2)
    if half_margin == 0:
        return _unquoted(market, tick, NO_ALLOCATION, pair_margin)
    if market.initial_margin_ppm == 0:
        return _unquoted(market, tick, "zero_initial_margin", pair_margin, half_margin)
    carried = margin_quantums(half_margin, market)
    quantums = round_down_to_multiple(min(carried, params.vault_max_quote_size), market.pair.step_base_quantums)
    if quantums == 0:
        return _unquoted(market, tick, "zero_quote_size", pair_margin, half_margin, carried)
    bid, ask = _bid(market, quantums, tick), _ask(market, quantums, tick)
    return PairQuotes(pair_margin, half_margin, carried, quantums, tick, bid, ask)


def _unquoted(
    market: Conditions, tick: int, reason: str, pair_margin: int = 0, half_margin: int = 0, carried: int = 0
) -> PairQuotes:
    bid, ask = SideQuote(_raw_bid(market)), SideQuote(_raw_ask(market))
    return PairQuotes(pair_margin, half_margin, carried, 0, tick, bid, ask, reason)


def margin_quantums(half_margin: int, market: Conditions) -> int:
    """F10: base quantums whose initial margin at the oracle price is `half_margin` quote quantums, divided once."""
    price = market.price
    power = price.exponent + market.atomic_resolution - QUOTE_CURRENCY_ATOMIC_RESOLUTION
    numerator, denominator = half_margin * ONE_MILLION, price.price * market.initial_margin_ppm
    if power < 0:
        numerator *= pow10(-power)
    else:
        denominator *= pow10(power)
    return floor_div(numerator, denominator)


def _raw_bid(market: Conditions) -> int:
    """F11, in subticks."""
    numerator, denominator = _oracle(market)
    return floor_div(numerator * (ONE_MILLION - market.params.vault_half_spread_ppm), denominator * ONE_MILLION)


def _raw_ask(market: Conditions) -> int:
    """F15, in subticks."""
    numerator, denominator = _oracle(market)
    return ceil_div(numerator * (ONE_MILLION + market.params.vault_half_spread_ppm), denominator * ONE_MILLION)


def _bid(market: Conditions, quantums: int, tick: int) -> SideQuote:
    """F12 to F14."""
    raw = _raw_bid(market)
    subticks, best = round_down_to_multiple(raw, tick), market.best_ask
    is_clamped = best is not None and subticks >= best
    if best is not None and is_clamped:
        subticks = best - tick
    return _side(market, quantums, SideQuote(raw, is_clamped, subticks))


def _ask(market: Conditions, quantums: int, tick: int) -> SideQuote:
    """F16 to F18."""
    raw = _raw_ask(market)
    subticks, best = tick * ceil_div(raw, tick), market.best_bid
    is_clamped = best is not None and subticks <= best
    if best is not None and is_clamped:
        subticks = best + tick
    return _side(market, quantums, SideQuote(raw, is_clamped, subticks))


def _oracle(market: Conditions) -> tuple[int, int]:
    """Oracle price in subticks as an exact quotient."""
    price = market.price
    return price_to_subticks(
        price.price, price.exponent, market.atomic_resolution, market.pair.quantum_conversion_exponent
    )


def _side(market: Conditions, quantums: int, quote: SideQuote) -> SideQuote:
    subticks, reason = quote.subticks, ""
    if subticks <= 0:
        reason = BELOW_ZERO
    elif subticks > U64_MAX:
        reason = OUT_OF_RANGE
    else:
        notional = fill_amount_to_quote_quantums(subticks, quantums, market.pair.quantum_conversion_exponent)
        if notional < market.params.min_order_size:
            reason = TOO_SMALL
    return quote._replace(subticks=0, skip_reason=reason) if reason else quote
