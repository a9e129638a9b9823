"""Oracle prices as a test writes them: units of the market, or dollars as text."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from vaultsim.errors import UserError
from vaultsim.lib.decimals import units_of
from vaultsim.pb.dydxprotocol.prices import MarketParam
from vaultsim.testing.state import ChainState

GivenPrice = int | str | Decimal
"""A whole number in the market's own units; text or a Decimal in dollars."""


def price_units(state: ChainState, given: Mapping[int | str, GivenPrice]) -> dict[int, int]:
    """Prices in units by market id, from prices by id or pair. Raises UserError."""
    params: dict[int, MarketParam] = dict(state.prices.params)
    found = {}
    for market, price in given.items():
        param = _market(params, market)
        found[param.id] = price if isinstance(price, int) else _units(param, price)
    return found


def _market(params: Mapping[int, MarketParam], market: int | str) -> MarketParam:
    for param in params.values():
        if market in (param.id, param.pair):
            return param
    raise UserError(f"no oracle market {market!r}; there are {', '.join(param.pair for param in params.values())}")


def _units(param: MarketParam, dollars: str | Decimal) -> int:
    try:
        return units_of(str(dollars), -param.exponent)
    except ValueError as problem:
        raise UserError(f"{param.pair}, price in dollars: {problem}") from None
