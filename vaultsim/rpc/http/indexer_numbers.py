"""Human numbers as exact decimals: quantums, subticks and prices scaled by their exponents, and times as ISO text.

Nothing is rounded but quotients, to 20 places, half away from zero, as the real indexer does.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation, localcontext
from typing import Final

import msgspec

from vaultsim.context import NANOSECONDS
from vaultsim.lib.maths import floor_div, pow10
from vaultsim.lib.quantums import QUOTE_CURRENCY_ATOMIC_RESOLUTION
from vaultsim.node.times import format_time

ZERO: Final = Decimal(0)
PLACES: Final = 20
_EXACT: Final = Context(prec=2_000, Emin=-10_000, Emax=10_000, traps=[Inexact, InvalidOperation])
_ROUNDING: Final = Context(prec=2_000, rounding=ROUND_HALF_UP, Emin=-10_000, Emax=10_000, traps=[InvalidOperation])
_MILLISECOND_NS: Final = 1_000_000


def exact(number: int, exponent: int = 0) -> Decimal:
    """number * 10^exponent."""
    return Decimal(number).scaleb(exponent, _EXACT)


def times(left: Decimal, right: Decimal) -> Decimal:
    """The product."""
    return _EXACT.multiply(left, right)


def plus(*numbers: Decimal) -> Decimal:
    """The sum."""
    total = ZERO
    for number in numbers:
        total = _EXACT.add(total, number)
    return total


def minus(left: Decimal, right: Decimal) -> Decimal:
    """The difference."""
    return _EXACT.subtract(left, right)


def over(left: Decimal, right: Decimal) -> Decimal:
    """The quotient, rounded to 20 places; 0 over anything is 0, also over 0."""
    if not left or not right:
        return ZERO
    with localcontext(_ROUNDING):
        return (left / right).quantize(Decimal(1).scaleb(-PLACES))


def text(number: Decimal) -> str:
    """Plain digits without an exponent and without zeros at the end."""
    shown = format(number, "f")
    if "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    return "0" if shown in ("-0", "") else shown


def usdc(quote_quantums: int) -> Decimal:
    """Quote quantums as USDC."""
    return exact(quote_quantums, QUOTE_CURRENCY_ATOMIC_RESOLUTION)


def fraction(ppm: int) -> Decimal:
    """Parts per million as a fraction."""
    return exact(ppm, -6)


def tick_multiple(quote_quantums: int, base_quantums: int, exponent: int, tick: int) -> int:
    """The price in subticks, a multiple of `tick`, at which `base_quantums` cost `quote_quantums` rounded down.

    The lowest one when several do, which takes fills worth less than a quantum a tick.
    """
    if base_quantums <= 0 or tick <= 0:
        return 0
    numerator = quote_quantums * pow10(max(-exponent, 0))
    denominator = base_quantums * tick * pow10(max(exponent, 0))
    return -floor_div(-numerator, denominator) * tick


def iso_time(time_ns: int) -> str:
    """RFC 3339 in UTC with milliseconds, rounded down."""
    whole = format_time(time_ns - time_ns % NANOSECONDS).removesuffix("Z")
    return f"{whole}.{time_ns % NANOSECONDS // _MILLISECOND_NS:03d}Z"


def epoch_seconds(time_ns: int) -> msgspec.Raw:
    """Seconds since 1970 with milliseconds, as a JSON number."""
    return msgspec.Raw(text(exact(time_ns // _MILLISECOND_NS, -3)).encode())
