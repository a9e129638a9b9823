"""Markets and oracle prices: creation, edit, updates. Source: dydx-modules §§8.3, 8.4."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.prices import MarketParam, MarketPrice, MsgUpdateMarketPrices_MarketPrice
from vaultsim.pb.runtime import replace
from vaultsim.x.marketmap.types import MarketMapEntry
from vaultsim.x.prices.errors import (
    InvalidMarketPriceExponent,
    InvalidMarketPriceUpdateDeterministic,
    MarketCouldNotBeDisabled,
    MarketCouldNotBeEnabled,
    MarketPairConversionFailed,
    MarketParamAlreadyExists,
    MarketParamDoesNotExist,
    MarketParamPairAlreadyExists,
    MarketPriceDoesNotExist,
    MarketPricesAndParamsDontMatch,
    TickerNotFoundInMarketMap,
)
from vaultsim.x.prices.formulas import (
    currency_pair,
    is_large_enough_change,
    validate_param,
    validate_price_of_param,
)
from vaultsim.x.prices.ports import MarketMapPort, PriceListener, RevsharePort
from vaultsim.x.prices.state import PricesState

MAX_ID_ATTEMPTS: Final = 1_000


class PricesKeeper:
    """Reads and writes markets."""

    def __init__(self, state: PricesState, market_map: MarketMapPort, revshare: RevsharePort) -> None:
        self.state = state
        self._market_map = market_map
        self._revshare = revshare
        self.listeners: tuple[PriceListener, ...] = ()

    def find_market_price(self, ctx: Context, market_id: int) -> MarketPrice | None:
        """The price of a market, or None."""
        return self.state.prices.get(ctx, market_id)

    def market_price(self, ctx: Context, market_id: int) -> MarketPrice:
        """The price of a market; raises MarketPriceDoesNotExist [201]."""
        price = self.state.prices.get(ctx, market_id)
        if price is None:
            raise MarketPriceDoesNotExist(str(market_id))
        return price

    def find_market_param(self, ctx: Context, market_id: int) -> MarketParam | None:
        """The parameters of a market, or None."""
        return self.state.params.get(ctx, market_id)

    def market_param(self, ctx: Context, market_id: int) -> MarketParam:
        """The parameters of a market; raises MarketParamDoesNotExist [200]."""
        param = self.state.params.get(ctx, market_id)
        if param is None:
            raise MarketParamDoesNotExist(str(market_id))
        return param

    def all_market_prices(self, ctx: Context) -> list[MarketPrice]:
        """Every price by ascending market id."""
        return list(self.state.prices.values(ctx))

    def all_market_params(self, ctx: Context) -> list[MarketParam]:
        """The parameters of every market by ascending id."""
        return list(self.state.params.values(ctx))

    def next_market_id(self, ctx: Context) -> int:
        """The id from which the next free one is looked for."""
        return self.state.next_market_id.get(ctx) or 0

    def acquire_next_market_id(self, ctx: Context) -> int:
        """The next free market id, which is used up by this. A chain panic after 1 000 taken ids. Source: §8.3."""
        market_id = self.next_market_id(ctx)
        for _ in range(MAX_ID_ATTEMPTS):
            if self.state.params.get(ctx, market_id) is None:
                self.state.next_market_id.set(ctx, market_id + 1)
                return market_id
            market_id += 1
        raise ChainPanic("no free market id found")

    def exponent_of_pair(self, pair: str) -> int:
        """Price exponent that the market map gives the pair: minus its decimals.

        Raises ChainError (without a code) for a text that is no pair, TickerNotFoundInMarketMap [207].
        """
        pair_text = currency_pair(pair)
        return -_known(self._market_map.find(pair_text), pair_text).decimals

    def create_market(self, ctx: Context, param: MarketParam, price: MarketPrice) -> None:
        """Stores a new market after the checks of dydx-modules §8.3: [204] [1] [205] [206] [207] [210]."""
        if self.state.params.get(ctx, param.id) is not None:
            raise MarketParamAlreadyExists(str(param.id))
        validate_param(param)
        validate_price_of_param(param, price)
        pair_text = self._checked_pair(ctx, param)
        if price.exponent != -self._market(ctx, pair_text).decimals:
            raise InvalidMarketPriceExponent(pair_text)
        self.state.params.set(ctx, param.id, param)
        self.state.prices.set(ctx, price.id, price)
        self.state.currency_pair_ids.set(ctx, pair_text, param.id)
        self._revshare.create_mapper_details(ctx, param.id)
        # The pair was found above, so enabling cannot fail; the chain would only log it.
        self._market_map.enable(ctx, pair_text)

    def modify_market_param(self, ctx: Context, param: MarketParam) -> None:
        """Overwrites a market's parameters: [1] [200] [205] [206] [207], for another pair also [208] [209]."""
        validate_param(param)
        old = self.market_param(ctx, param.id)
        pair_text = self._checked_pair(ctx, param)
        self._market(ctx, pair_text)
        self.state.params.set(ctx, param.id, param)
        if old.pair != param.pair:
            self._move_pair(ctx, param.id, _pair_text(old.pair), pair_text)

    def validate_updates(self, ctx: Context, updates: Sequence[MsgUpdateMarketPrices_MarketPrice]) -> None:
        """Raises [203] when parameters and prices do not match, [401] for an update that the chain refuses.

        Source: dydx-modules §8.4.
        """
        params, prices = self.all_market_params(ctx), self.all_market_prices(ctx)
        if [param.id for param in params] != [price.id for price in prices]:
            raise MarketPricesAndParamsDontMatch()
        markets = {param.id: (param, price) for param, price in zip(params, prices, strict=True)}
        for update in updates:
            market = markets.get(update.market_id)
            if market is None:
                raise InvalidMarketPriceUpdateDeterministic(f"market {update.market_id} does not exist")
            param, price = market
            if not is_large_enough_change(price.price, update.price, param.min_price_change_ppm):
                raise InvalidMarketPriceUpdateDeterministic(
                    f"market {update.market_id}: {price.price} to {update.price} is too small a change"
                )

    def update_prices(self, ctx: Context, updates: Sequence[MsgUpdateMarketPrices_MarketPrice]) -> None:
        """Writes new prices, exponents kept; raises MarketPriceDoesNotExist [201] before anything is written."""
        prices = [replace(self.market_price(ctx, update.market_id), price=update.price) for update in updates]
        for price in prices:
            self.state.prices.set(ctx, price.id, price)
        for listener in self.listeners:
            listener.market_prices_updated(ctx, tuple(price.id for price in prices))

    def _market(self, ctx: Context, pair_text: str) -> MarketMapEntry:
        return _known(self._market_map.read(ctx, pair_text), pair_text)

    def _checked_pair(self, ctx: Context, param: MarketParam) -> str:
        for other in self.all_market_params(ctx):
            if other.pair == param.pair and other.id != param.id:
                raise MarketParamPairAlreadyExists(param.pair)
        return _pair_text(param.pair)

    def _move_pair(self, ctx: Context, market_id: int, old_pair_text: str, new_pair_text: str) -> None:
        self.state.currency_pair_ids.delete(ctx, old_pair_text)
        if self._market_map.read(ctx, old_pair_text) is None:
            raise MarketCouldNotBeDisabled(old_pair_text)
        self._market_map.disable(ctx, old_pair_text)
        self.state.currency_pair_ids.set(ctx, new_pair_text, market_id)
        if self._market_map.read(ctx, new_pair_text) is None:
            raise MarketCouldNotBeEnabled(old_pair_text)
        self._market_map.enable(ctx, new_pair_text)


def _known(entry: MarketMapEntry | None, pair_text: str) -> MarketMapEntry:
    if entry is None:
        raise TickerNotFoundInMarketMap(pair_text)
    return entry


def _pair_text(pair: str) -> str:
    try:
        return currency_pair(pair)
    except ChainError as problem:
        raise MarketPairConversionFailed(pair) from problem
