"""Markets as an order needs them: sizes and prices in people's units, exactly as the book counts them.

Source: dydx-modules §2.1 (quantums, subticks).
"""

from __future__ import annotations

from typing import NamedTuple

from vaultsim.client.node import Node
from vaultsim.errors import UserError
from vaultsim.lib.decimals import short_text_of, units_of
from vaultsim.lib.quantums import QUOTE_CURRENCY_ATOMIC_RESOLUTION
from vaultsim.pb.dydxprotocol.clob import ClobPair, QueryAllClobPairRequest, QueryClobPairAllResponse
from vaultsim.pb.dydxprotocol.perpetuals import (
    PerpetualParams,
    QueryAllPerpetualsRequest,
    QueryAllPerpetualsResponse,
)


class Market(NamedTuple):
    """A perpetual with its order book."""

    pair: ClobPair
    params: PerpetualParams

    @property
    def ticker(self) -> str:
        """Its name, such as BTC-USD."""
        return self.params.ticker

    @property
    def price_decimals(self) -> int:
        """Decimals of a price in dollars when it is counted in subticks."""
        return self.params.atomic_resolution - self.pair.quantum_conversion_exponent - QUOTE_CURRENCY_ATOMIC_RESOLUTION

    def base_quantums(self, size: str) -> int:
        """Base quantums of a size such as 0.01. Raises UserError unless it is a whole number of steps."""
        return self._counted("size", size, -self.params.atomic_resolution, self.pair.step_base_quantums)

    def subticks(self, dollars: str) -> int:
        """Subticks of a price in dollars. Raises UserError unless it is a whole number of ticks."""
        return self._counted("price", dollars, self.price_decimals, self.pair.subticks_per_tick)

    def size_text(self, base_quantums: int) -> str:
        """Base quantums in the market's own units."""
        return short_text_of(base_quantums, -self.params.atomic_resolution)

    def price_text(self, subticks: int) -> str:
        """Subticks in dollars."""
        return short_text_of(subticks, self.price_decimals)

    def _counted(self, what: str, text: str, decimals: int, step: int) -> int:
        least = short_text_of(step, decimals)
        try:
            units = units_of(text, decimals)
        except ValueError:
            raise UserError(f"{what} {text!r}: {self.ticker} takes decimal numbers in steps of {least}") from None
        if units <= 0 or units % step:
            raise UserError(f"{what} {text}: {self.ticker} takes multiples of {least}, above 0")
        return units


def all_markets(node: Node, height: int = 0) -> list[Market]:
    """Every perpetual that has an order book, by id of the book."""
    params = {
        one.params.id: one.params
        for page in node.pages(QueryAllPerpetualsRequest(), QueryAllPerpetualsResponse, height)
        for one in page.perpetual
    }
    pairs = [
        pair
        for page in node.pages(QueryAllClobPairRequest(), QueryClobPairAllResponse, height)
        for pair in page.clob_pair
    ]
    found = [
        Market(pair, params[pair.perpetual_clob_metadata.perpetual_id])
        for pair in pairs
        if pair.perpetual_clob_metadata is not None and pair.perpetual_clob_metadata.perpetual_id in params
    ]
    return sorted(found, key=lambda market: market.pair.id)


def market_named(node: Node, name: str) -> Market:
    """A market by ticker (`BTC-USD`, or just `btc`) or by the id of its order book. Raises UserError."""
    markets = all_markets(node)
    wanted = name.upper()
    for market in markets:
        if wanted in (market.ticker.upper(), market.ticker.upper().removesuffix("-USD"), str(market.pair.id)):
            return market
    names = ", ".join(market.ticker for market in markets[:12])
    more = f" and {len(markets) - 12} more" if len(markets) > 12 else ""
    raise UserError(f"no market {name!r}; there are {names}{more}")
