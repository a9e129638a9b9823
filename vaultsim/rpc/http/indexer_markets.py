"""The perpetual markets of a state, with human prices and sizes. Source: client-surfaces §§1.1-1.3."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from vaultsim.context import Context
from vaultsim.lib.quantums import QUOTE_CURRENCY_ATOMIC_RESOLUTION
from vaultsim.node.live.node import Node
from vaultsim.pb.dydxprotocol.clob import ClobPair, ClobPair_Status
from vaultsim.pb.dydxprotocol.perpetuals import LiquidityTier, Perpetual
from vaultsim.pb.dydxprotocol.prices import MarketPrice
from vaultsim.rpc.http.indexer_numbers import ZERO, exact, fraction, times
from vaultsim.x.perpetuals.types import ISOLATED


class Market(NamedTuple):
    """A perpetual with its pair, tier and oracle price (None when it has none yet)."""

    perpetual: Perpetual
    pair: ClobPair
    tier: LiquidityTier
    oracle: MarketPrice | None

    @property
    def ticker(self) -> str:
        """The market's name, such as BTC-USD."""
        return self.perpetual.params.ticker

    @property
    def status(self) -> str:
        """The pair's status without its prefix."""
        return ClobPair_Status.NAMES[self.pair.status].removeprefix("STATUS_")

    @property
    def kind(self) -> str:
        """Whether its positions share collateral with others."""
        return "ISOLATED" if self.perpetual.params.market_type == ISOLATED else "CROSS"

    @property
    def oracle_price(self) -> Decimal:
        """The oracle price in USDC, 0 when there is none."""
        return ZERO if self.oracle is None else exact(self.oracle.price, self.oracle.exponent)

    @property
    def initial_margin_fraction(self) -> Decimal:
        """Of the tier, without what open interest adds."""
        return fraction(self.tier.initial_margin_ppm)

    @property
    def maintenance_margin_fraction(self) -> Decimal:
        """Of the tier."""
        return times(self.initial_margin_fraction, fraction(self.tier.maintenance_fraction_ppm))

    def size(self, base_quantums: int) -> Decimal:
        """Base quantums in units of the base currency."""
        return exact(base_quantums, self.perpetual.params.atomic_resolution)

    def price(self, subticks: int) -> Decimal:
        """Subticks in USDC for one unit of the base currency."""
        power = self.pair.quantum_conversion_exponent + QUOTE_CURRENCY_ATOMIC_RESOLUTION
        return exact(subticks, power - self.perpetual.params.atomic_resolution)


class Markets:
    """The markets of the last committed state, read again when it changes."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._read_from = b""
        self._by_pair: dict[int, Market] = {}
        self._by_ticker: dict[str, Market] = {}
        self._by_perpetual: dict[int, Market] = {}

    def all(self) -> list[Market]:
        """Every market by its pair's number."""
        self._refresh()
        return list(self._by_pair.values())

    def named(self, ticker: str) -> Market | None:
        """The market with a ticker."""
        self._refresh()
        return self._by_ticker.get(ticker)

    def of_pair(self, clob_pair_id: int) -> Market | None:
        """The market of a pair."""
        self._refresh()
        return self._by_pair.get(clob_pair_id)

    def of_perpetual(self, perpetual_id: int) -> Market | None:
        """The market of a perpetual."""
        self._refresh()
        return self._by_perpetual.get(perpetual_id)

    def _refresh(self) -> None:
        state = self._node.app.store.app_hash
        if state == self._read_from:
            return
        found = _markets(self._node, self._node.app.query_context())
        self._by_pair = {market.pair.id: market for market in found}
        # The first pair of a perpetual is the one that trades it.
        self._by_perpetual = {market.perpetual.params.id: market for market in reversed(found)}
        self._by_ticker = {market.ticker: market for market in reversed(found)}
        self._read_from = state


def _markets(node: Node, ctx: Context) -> list[Market]:
    modules = node.app.modules
    perpetuals = {perpetual.params.id: perpetual for perpetual in modules.perpetuals.all(ctx)}
    tiers = {tier.id: tier for tier in modules.perpetuals.all_liquidity_tiers(ctx)}
    prices = {price.id: price for price in modules.prices.all_market_prices(ctx) if price.price}
    markets = []
    for pair in modules.clob.all_clob_pairs(ctx):
        metadata = pair.perpetual_clob_metadata
        perpetual = None if metadata is None else perpetuals.get(metadata.perpetual_id)
        if perpetual is not None:
            tier = tiers.get(perpetual.params.liquidity_tier, _NO_TIER)
            markets.append(Market(perpetual, pair, tier, prices.get(perpetual.params.market_id)))
    return markets


_NO_TIER: Final = LiquidityTier()
