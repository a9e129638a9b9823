"""Queries of x/revshare. Source: dydx-modules §15."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.revshare import (
    OrderRouterRevShare,
    QueryMarketMapperRevenueShareParams,
    QueryMarketMapperRevenueShareParamsResponse,
    QueryMarketMapperRevShareDetails,
    QueryMarketMapperRevShareDetailsResponse,
    QueryOrderRouterRevShare,
    QueryOrderRouterRevShareResponse,
    QueryUnconditionalRevShareConfig,
    QueryUnconditionalRevShareConfigResponse,
)
from vaultsim.x.revshare.keeper import RevshareKeeper


class RevshareQueryServer:
    """Answers of x/revshare."""

    def __init__(self, keeper: RevshareKeeper) -> None:
        self._keeper = keeper

    def mapper_params(
        self, ctx: Context, _: QueryMarketMapperRevenueShareParams
    ) -> QueryMarketMapperRevenueShareParamsResponse:
        """The market mapper's share."""
        return QueryMarketMapperRevenueShareParamsResponse(params=self._keeper.mapper_params(ctx))

    def mapper_details(
        self, ctx: Context, request: QueryMarketMapperRevShareDetails
    ) -> QueryMarketMapperRevShareDetailsResponse:
        """Until when one market's mapper has its share. Raises [3]."""
        return QueryMarketMapperRevShareDetailsResponse(details=self._keeper.mapper_details(ctx, request.market_id))

    def unconditional_config(
        self, ctx: Context, _: QueryUnconditionalRevShareConfig
    ) -> QueryUnconditionalRevShareConfigResponse:
        """The unconditional shares."""
        return QueryUnconditionalRevShareConfigResponse(config=self._keeper.unconditional_config(ctx))

    def order_router(self, ctx: Context, request: QueryOrderRouterRevShare) -> QueryOrderRouterRevShareResponse:
        """One order router's share. Raises [1], [8]."""
        ppm = self._keeper.router_ppm(ctx, request.address)
        share = OrderRouterRevShare(address=request.address, share_ppm=ppm)
        return QueryOrderRouterRevShareResponse(order_router_rev_share=share)
