"""Messages of x/prices. Source: dydx-modules §8.4."""

from __future__ import annotations

from collections.abc import Mapping

from vaultsim.address import is_bech32
from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.module import Check, Handler
from vaultsim.pb.dydxprotocol.prices import (
    MarketPrice,
    MsgCreateOracleMarket,
    MsgCreateOracleMarketResponse,
    MsgUpdateMarketParam,
    MsgUpdateMarketParamResponse,
    MsgUpdateMarketPrices,
    MsgUpdateMarketPricesResponse,
)
from vaultsim.pb.runtime import Message
from vaultsim.x.authority import GOV_OR_DELAYMSG, require_authority
from vaultsim.x.prices.errors import InvalidAuthority, InvalidMarketPriceUpdateStateless
from vaultsim.x.prices.formulas import validate_param
from vaultsim.x.prices.keeper import PricesKeeper


def prices_handlers(keeper: PricesKeeper) -> Mapping[type[Message], Handler]:
    """Handlers by message class."""

    def create_oracle_market(ctx: Context, message: MsgCreateOracleMarket) -> MsgCreateOracleMarketResponse:
        require_authority(message.authority, GOV_OR_DELAYMSG)
        exponent = keeper.exponent_of_pair(message.params.pair)
        keeper.create_market(ctx, message.params, MarketPrice(id=message.params.id, exponent=exponent, price=0))
        return MsgCreateOracleMarketResponse()

    def update_market_param(ctx: Context, message: MsgUpdateMarketParam) -> MsgUpdateMarketParamResponse:
        require_authority(message.authority, GOV_OR_DELAYMSG)
        keeper.modify_market_param(ctx, message.market_param)
        return MsgUpdateMarketParamResponse()

    def update_market_prices(ctx: Context, message: MsgUpdateMarketPrices) -> MsgUpdateMarketPricesResponse:
        try:
            keeper.validate_updates(ctx, message.market_price_updates)
            keeper.update_prices(ctx, message.market_price_updates)
        except ChainError as problem:
            raise ChainPanic(problem.log) from problem
        return MsgUpdateMarketPricesResponse()

    return {
        MsgCreateOracleMarket: create_oracle_market,
        MsgUpdateMarketParam: update_market_param,
        MsgUpdateMarketPrices: update_market_prices,
    }


def prices_checks() -> Mapping[type[Message], Check]:
    """Stateless checks by message class."""
    return {
        MsgCreateOracleMarket: check_create_oracle_market,
        MsgUpdateMarketParam: check_update_market_param,
        MsgUpdateMarketPrices: check_update_market_prices,
    }


def check_create_oracle_market(message: MsgCreateOracleMarket) -> None:
    """Authority bech32 [500], parameters valid [1]."""
    _check_authority(message.authority)
    validate_param(message.params)


def check_update_market_param(message: MsgUpdateMarketParam) -> None:
    """Authority bech32 [500], parameters valid [1]."""
    _check_authority(message.authority)
    validate_param(message.market_param)


def check_update_market_prices(message: MsgUpdateMarketPrices) -> None:
    """Every price above 0 and market ids strictly ascending, else [400]."""
    previous = -1
    for update in message.market_price_updates:
        if update.price == 0:
            raise InvalidMarketPriceUpdateStateless(f"price of market {update.market_id} is 0")
        if update.market_id <= previous:
            raise InvalidMarketPriceUpdateStateless("market ids must ascend strictly")
        previous = update.market_id


def _check_authority(authority: str) -> None:
    if not is_bech32(authority):
        raise InvalidAuthority(f"authority {authority!r} is no valid address")
