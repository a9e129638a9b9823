"""Amounts and times as people write them, as the chain counts them."""

from __future__ import annotations

from decimal import Decimal

from vaultsim.errors import UserError
from vaultsim.lib.decimals import USDC_DECIMALS, units_of


def usdc(amount: int | str | float | Decimal) -> int:
    """Quote quantums of an amount of USDC: `usdc("12.5")` is 12 500 000. Raises UserError; nothing is rounded."""
    return _units(amount, USDC_DECIMALS, "USDC")


def nanoseconds(seconds: int | float | Decimal) -> int:
    """Seconds as whole nanoseconds, of the decimals that are written. Raises UserError."""
    if seconds < 0:
        raise UserError(f"{seconds} seconds: time only goes forward")
    return _units(seconds, 9, "seconds")


def _units(amount: object, decimals: int, what: str) -> int:
    try:
        return units_of(str(amount), decimals)
    except ValueError as problem:
        raise UserError(f"{what}: {problem}") from None
