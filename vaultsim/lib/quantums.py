"""Conversions between base quantums, quote quantums, prices and subticks.

`atomic_resolution` belongs to the perpetual, `price` and `exponent` to its market, `quantum_conversion_exponent`
to its clob pair; the quote currency has atomic resolution -6.

Source: dydx-modules §2.1.
"""

from __future__ import annotations

from typing import Final

from vaultsim.lib.maths import floor_div, mul_pow10_floor, must_u64, pow10, trunc_div

QUOTE_CURRENCY_ATOMIC_RESOLUTION: Final = -6


def base_to_quote_quantums(base_quantums: int, atomic_resolution: int, price: int, exponent: int) -> int:
    """Notional of `base_quantums` in quote quantums, truncated toward zero."""
    power = exponent + atomic_resolution - QUOTE_CURRENCY_ATOMIC_RESOLUTION
    product = base_quantums * price
    if power >= 0:
        return product * pow10(power)
    divisor = pow10(-power)
    return product // divisor if product >= 0 else -(-product // divisor)


def quote_to_base_quantums(quote_quantums: int, atomic_resolution: int, price: int, exponent: int) -> int:
    """Base quantums worth `quote_quantums`, truncated toward zero twice; a price of 0 is a chain panic."""
    power = exponent + atomic_resolution - QUOTE_CURRENCY_ATOMIC_RESOLUTION
    scaled = quote_quantums * pow10(-power) if power < 0 else trunc_div(quote_quantums, pow10(power))
    return trunc_div(scaled, price)


def price_to_subticks(
    price: int, exponent: int, atomic_resolution: int, quantum_conversion_exponent: int
) -> tuple[int, int]:
    """Oracle price in subticks as an exact ratio (numerator, denominator), not reduced."""
    power = exponent - quantum_conversion_exponent + atomic_resolution - QUOTE_CURRENCY_ATOMIC_RESOLUTION
    return (price * pow10(power), 1) if power >= 0 else (price, pow10(-power))


def subticks_to_price(subticks: int, exponent: int, atomic_resolution: int, quantum_conversion_exponent: int) -> int:
    """Market price of `subticks`, floored; a chain panic when it does not fit uint64."""
    power = -exponent + quantum_conversion_exponent - atomic_resolution + QUOTE_CURRENCY_ATOMIC_RESOLUTION
    return must_u64(mul_pow10_floor(subticks, power))


def fill_amount_to_quote_quantums(subticks: int, base_quantums: int, quantum_conversion_exponent: int) -> int:
    """Quote quantums that `base_quantums` cost at `subticks`, floored."""
    product = subticks * base_quantums
    if quantum_conversion_exponent >= 0:
        return product * pow10(quantum_conversion_exponent)
    return floor_div(product, pow10(-quantum_conversion_exponent))
