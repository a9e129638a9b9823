"""Queries of x/prices. Source: dydx-modules §8.5."""

from __future__ import annotations

from collections.abc import Mapping

from vaultsim.context import Context
from vaultsim.module import Query
from vaultsim.pb.dydxprotocol.prices import (
    QueryAllMarketParamsRequest,
    QueryAllMarketParamsResponse,
    QueryAllMarketPricesRequest,
    QueryAllMarketPricesResponse,
    QueryMarketParamRequest,
    QueryMarketParamResponse,
    QueryMarketPriceRequest,
    QueryMarketPriceResponse,
    QueryNextMarketIdRequest,
    QueryNextMarketIdResponse,
)
from vaultsim.pb.runtime import Message
from vaultsim.x.pagination import paginate
from vaultsim.x.prices.keeper import PricesKeeper
from vaultsim.x.sdk_errors import NotFound

_NOT_FOUND = "rpc error: code = NotFound desc = not found"


def prices_queries(keeper: PricesKeeper) -> Mapping[str, tuple[type[Message], Query]]:
    """Queries by full gRPC method name."""

    def market_price(ctx: Context, request: QueryMarketPriceRequest) -> QueryMarketPriceResponse:
        price = keeper.find_market_price(ctx, request.id)
        if price is None:
            raise NotFound(_NOT_FOUND)
        return QueryMarketPriceResponse(market_price=price)

    def all_market_prices(ctx: Context, request: QueryAllMarketPricesRequest) -> QueryAllMarketPricesResponse:
        rows, page = paginate(ctx, keeper.state.prices, request.pagination)
        return QueryAllMarketPricesResponse(market_prices=tuple(row for _, row in rows), pagination=page)

    def market_param(ctx: Context, request: QueryMarketParamRequest) -> QueryMarketParamResponse:
        param = keeper.find_market_param(ctx, request.id)
        if param is None:
            raise NotFound(_NOT_FOUND)
        return QueryMarketParamResponse(market_param=param)

    def all_market_params(ctx: Context, request: QueryAllMarketParamsRequest) -> QueryAllMarketParamsResponse:
        rows, page = paginate(ctx, keeper.state.params, request.pagination)
        return QueryAllMarketParamsResponse(market_params=tuple(row for _, row in rows), pagination=page)

    def next_market_id(ctx: Context, _: QueryNextMarketIdRequest) -> QueryNextMarketIdResponse:
        return QueryNextMarketIdResponse(next_market_id=keeper.next_market_id(ctx))

    return {
        "/dydxprotocol.prices.Query/MarketPrice": (QueryMarketPriceRequest, market_price),
        "/dydxprotocol.prices.Query/AllMarketPrices": (QueryAllMarketPricesRequest, all_market_prices),
        "/dydxprotocol.prices.Query/MarketParam": (QueryMarketParamRequest, market_param),
        "/dydxprotocol.prices.Query/AllMarketParams": (QueryAllMarketParamsRequest, all_market_params),
        "/dydxprotocol.prices.Query/NextMarketId": (QueryNextMarketIdRequest, next_market_id),
    }
