"""Queries of x/clob. Source: dydx-modules §20.24."""

from __future__ import annotations

from collections.abc import Mapping

from vaultsim.context import Context
from vaultsim.module import Query
from vaultsim.pb.dydxprotocol.clob import (
    QueryAllClobPairRequest,
    QueryBlockRateLimitConfigurationRequest,
    QueryBlockRateLimitConfigurationResponse,
    QueryClobPairAllResponse,
    QueryClobPairResponse,
    QueryEquityTierLimitConfigurationRequest,
    QueryEquityTierLimitConfigurationResponse,
    QueryGetClobPairRequest,
    QueryLeverageRequest,
    QueryLeverageResponse,
    QueryLiquidationsConfigurationRequest,
    QueryLiquidationsConfigurationResponse,
    QueryNextClobPairIdRequest,
    QueryNextClobPairIdResponse,
    QueryStatefulOrderRequest,
    QueryStatefulOrderResponse,
)
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.runtime import Message
from vaultsim.x.clob.keeper import ClobKeeper
from vaultsim.x.clob.types import is_conditional
from vaultsim.x.pagination import paginate
from vaultsim.x.sdk_errors import NotFound

_NOT_FOUND = "rpc error: code = NotFound desc = not found"


class QueryServer:
    """Answers from the state of the context."""

    def __init__(self, keeper: ClobKeeper) -> None:
        self._keeper = keeper

    def clob_pair(self, ctx: Context, request: QueryGetClobPairRequest) -> QueryClobPairResponse:
        """One pair; NotFound when it is missing."""
        pair = self._keeper.find_clob_pair(ctx, request.id)
        if pair is None:
            raise NotFound(_NOT_FOUND)
        return QueryClobPairResponse(clob_pair=pair)

    def clob_pair_all(self, ctx: Context, request: QueryAllClobPairRequest) -> QueryClobPairAllResponse:
        """A page of pairs."""
        rows, page = paginate(ctx, self._keeper.state.clob_pairs, request.pagination)
        return QueryClobPairAllResponse(clob_pair=tuple(pair for _, pair in rows), pagination=page)

    def equity_tiers(
        self, ctx: Context, _: QueryEquityTierLimitConfigurationRequest
    ) -> QueryEquityTierLimitConfigurationResponse:
        """The equity tiers."""
        return QueryEquityTierLimitConfigurationResponse(equity_tier_limit_config=self._keeper.equity_tiers(ctx))

    def rate_limits(
        self, ctx: Context, _: QueryBlockRateLimitConfigurationRequest
    ) -> QueryBlockRateLimitConfigurationResponse:
        """The rate limits."""
        return QueryBlockRateLimitConfigurationResponse(block_rate_limit_config=self._keeper.rate_limits(ctx))

    def liquidations_config(
        self, ctx: Context, _: QueryLiquidationsConfigurationRequest
    ) -> QueryLiquidationsConfigurationResponse:
        """The liquidations configuration."""
        return QueryLiquidationsConfigurationResponse(liquidations_config=self._keeper.liquidations_config(ctx))

    def stateful_order(self, ctx: Context, request: QueryStatefulOrderRequest) -> QueryStatefulOrderResponse:
        """A stateful order with its fills; NotFound when missing, a panic for short-term and TWAP parent ids."""
        order_id = request.order_id
        placement = self._keeper.find_long_term_placement(ctx, order_id)
        if placement is None:
            raise NotFound(_NOT_FOUND)
        return QueryStatefulOrderResponse(
            order_placement=placement,
            fill_amount=self._keeper.fill_amount(ctx, order_id),
            triggered=is_conditional(order_id) and self._keeper.is_triggered(ctx, order_id),
        )

    def next_clob_pair_id(self, ctx: Context, _: QueryNextClobPairIdRequest) -> QueryNextClobPairIdResponse:
        """The counter of pair ids."""
        return QueryNextClobPairIdResponse(next_clob_pair_id=self._keeper.next_clob_pair_id(ctx))

    def leverage(self, ctx: Context, request: QueryLeverageRequest) -> QueryLeverageResponse:
        """Custom margin fractions of a subaccount."""
        subaccount_id = SubaccountId(owner=request.owner, number=request.number)
        return QueryLeverageResponse(clob_pair_leverage=tuple(self._keeper.leverage_by_pair(ctx, subaccount_id)))


def clob_queries(keeper: ClobKeeper) -> Mapping[str, tuple[type[Message], Query]]:
    """Queries by full gRPC method name."""
    server = QueryServer(keeper)
    prefix = "/dydxprotocol.clob.Query/"
    return {
        prefix + "ClobPair": (QueryGetClobPairRequest, server.clob_pair),
        prefix + "ClobPairAll": (QueryAllClobPairRequest, server.clob_pair_all),
        prefix + "EquityTierLimitConfiguration": (QueryEquityTierLimitConfigurationRequest, server.equity_tiers),
        prefix + "BlockRateLimitConfiguration": (QueryBlockRateLimitConfigurationRequest, server.rate_limits),
        prefix + "LiquidationsConfiguration": (QueryLiquidationsConfigurationRequest, server.liquidations_config),
        prefix + "StatefulOrder": (QueryStatefulOrderRequest, server.stateful_order),
        prefix + "NextClobPairId": (QueryNextClobPairIdRequest, server.next_clob_pair_id),
        prefix + "Leverage": (QueryLeverageRequest, server.leverage),
    }
