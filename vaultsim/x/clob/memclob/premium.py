"""How far the book stands from the index price: the premium a proposer votes for. Source: dydx-modules §20.21."""

from __future__ import annotations

from typing import NamedTuple

from vaultsim.context import Context
from vaultsim.errors import ChainPanic
from vaultsim.lib.maths import ONE_MILLION, ceil_div, clamp, pow10, trunc_div
from vaultsim.lib.quantums import fill_amount_to_quote_quantums, price_to_subticks
from vaultsim.pb.dydxprotocol.clob import ClobPair
from vaultsim.x.clob.errors import ZeroIndexPriceForPremiumCalculation
from vaultsim.x.clob.memclob.book import Book
from vaultsim.x.clob.memclob.ports import PremiumPort

Ratio = tuple[int, int]
"""Numerator and denominator (above zero)."""


class PremiumParameters(NamedTuple):
    """The index price with its exponent, the perpetual's atomic resolution, the impact notional in quote quantums,
    and the bound of the premium's magnitude in ppm.
    """

    index_price: int
    exponent: int
    atomic_resolution: int
    impact_notional: int
    most_ppm: int


def price_premium_ppm(ctx: Context, keeper: PremiumPort, book: Book, pair: ClobPair, params: PremiumParameters) -> int:
    """Premium of an ACTIVE pair's impact price over the index price, in ppm, rounded toward zero.

    Raises [clob 26] for an index price of zero.
    """
    index = price_to_subticks(
        params.index_price, params.exponent, params.atomic_resolution, pair.quantum_conversion_exponent
    )
    if index[0] == 0:
        raise ZeroIndexPriceForPremiumCalculation(f"clob pair {pair.id}")
    bid, ask = book.bids.best(), book.asks.best()
    if bid is not None and ask is not None and bid >= ask:
        raise ChainPanic(f"the book of clob pair {pair.id} is crossed")
    if bid is not None and index[0] < bid * index[1]:
        is_bid = True
    elif ask is not None and index[0] > ask * index[1]:
        is_bid = False
    else:
        return 0
    impact = _impact_price(ctx, keeper, book, pair, is_bid, params.impact_notional)
    if impact is None:
        return 0
    return _premium_ppm(index, impact, is_bid, params.most_ppm)


def _premium_ppm(index: Ratio, impact: Ratio, is_bid: bool, most_ppm: int) -> int:
    left, right = index[0] * impact[1], impact[0] * index[1]
    if left >= right if is_bid else left <= right:
        return 0
    return clamp(trunc_div(ONE_MILLION * (right - left), left), -most_ppm, most_ppm)


def _impact_price(
    ctx: Context, keeper: PremiumPort, book: Book, pair: ClobPair, is_bid: bool, impact_notional: int
) -> Ratio | None:
    """Average price of trading the impact notional against one side, None when the side is too thin."""
    side = book.side(is_bid)
    best = side.best()
    if impact_notional == 0 and best is not None:
        return best, 1
    qce = pair.quantum_conversion_exponent
    wanted, base = impact_notional, 0
    for order in side.orders():
        remaining = order.quantums - keeper.fill_amount(ctx, order.order_id)
        if remaining <= 0:
            raise ChainPanic(f"resting order {order.order_id} has nothing left")
        if not keeper.is_collateralized_to_rest(ctx, order, remaining, pair):
            continue
        quote = fill_amount_to_quote_quantums(order.subticks, remaining, qce)
        if wanted <= quote:
            base += ceil_div(wanted * remaining, quote)
            return _average_price(impact_notional, base, qce)
        base += remaining
        wanted -= quote
    return None


def _average_price(quote_quantums: int, base_quantums: int, qce: int) -> Ratio:
    return (quote_quantums * pow10(-qce), base_quantums) if qce < 0 else (quote_quantums, base_quantums * pow10(qce))
