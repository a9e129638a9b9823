"""Amounts on a command line: USDC or quantums, never a bare number that could be either."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from vaultsim.errors import UserError
from vaultsim.lib.decimals import USDC_DECIMALS, text_of, units_of
from vaultsim.lib.ints import U64_MAX
from vaultsim.x.assets.types import USDC_DENOM

_COIN: Final = re.compile(r"([0-9][0-9.,_]*)\s*([A-Za-z][A-Za-z0-9/:._-]*)$", re.ASCII)


class CoinAmount(NamedTuple):
    """So much of a denomination, in its smallest unit."""

    denom: str
    amount: int

    def __str__(self) -> str:
        return stated(self.amount) if self.denom == USDC_DENOM else f"{self.amount} {self.denom}"


def quantums_of(text: str | None, usdc: str | None, quantums: int | None) -> int:
    """Quantums of exactly one of `12.5usdc` (or `12500000quantums`), --usdc and --quantums. Raises UserError."""
    given = [one for one in (text, usdc, quantums) if one is not None]
    if len(given) != 1:
        raise UserError("give the amount once: as 12.5usdc, with --usdc 12.5, or with --quantums 12500000")
    if quantums is not None:
        return _in_range(quantums)
    if usdc is not None:
        return _in_range(_units(usdc, USDC_DECIMALS, "--usdc"))
    return _in_range(coin_of(str(text), only_usdc=True).amount)


def coin_of(text: str, *, only_usdc: bool = False) -> CoinAmount:
    """A coin: `12.5usdc`, `12500000quantums` (of USDC too), or a whole number with its denomination.

    Raises UserError.
    """
    match = _COIN.match(text.strip())
    if match is None:
        raise UserError(f"{text!r} is no amount; write 12.5usdc or 12500000quantums")
    number, unit = match.groups()
    if unit.lower() == "usdc":
        return CoinAmount(USDC_DENOM, _units(number, USDC_DECIMALS, text))
    if unit in ("quantums", "quantum", USDC_DENOM):
        return CoinAmount(USDC_DENOM, _units(number, 0, text))
    if only_usdc:
        raise UserError(f"{text!r} is no amount of USDC; write 12.5usdc or 12500000quantums")
    return CoinAmount(unit, _units(number, 0, text))


def stated(quantums: int) -> str:
    """An amount with both of its forms: `12.500000 USDC (12500000 quantums)`."""
    return f"{text_of(quantums, USDC_DECIMALS)} USDC ({quantums} quantums)"


def shares_of(text: str) -> int:
    """A number of shares. Raises UserError."""
    try:
        shares = units_of(text, 0)
    except ValueError:
        shares = -1
    if shares < 0:
        raise UserError(f"{text!r} is no number of shares; write a whole number")
    return shares


def _units(number: str, decimals: int, place: str) -> int:
    try:
        return units_of(number, decimals)
    except ValueError as problem:
        raise UserError(f"{place}: {problem}") from None


def _in_range(quantums: int) -> int:
    if not 0 <= quantums <= U64_MAX:
        raise UserError(f"{quantums} quantums: expected 0 to {U64_MAX}")
    return quantums
