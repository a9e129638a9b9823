"""Queries of x/perpetuals. Source: dydx-modules §9.7."""

from __future__ import annotations

from collections.abc import Mapping

from vaultsim.context import Context
from vaultsim.module import Query
from vaultsim.pb.dydxprotocol.perpetuals import (
    QueryAllLiquidityTiersRequest,
    QueryAllLiquidityTiersResponse,
    QueryAllPerpetualsRequest,
    QueryAllPerpetualsResponse,
    QueryNextPerpetualIdRequest,
    QueryNextPerpetualIdResponse,
    QueryParamsRequest,
    QueryParamsResponse,
    QueryPerpetualRequest,
    QueryPerpetualResponse,
    QueryPremiumSamplesRequest,
    QueryPremiumSamplesResponse,
    QueryPremiumVotesRequest,
    QueryPremiumVotesResponse,
)
from vaultsim.pb.runtime import Message
from vaultsim.x.pagination import paginate
from vaultsim.x.perpetuals.keeper import PerpetualsKeeper
from vaultsim.x.sdk_errors import NotFound


def perpetuals_queries(keeper: PerpetualsKeeper) -> Mapping[str, tuple[type[Message], Query]]:
    """Queries by full gRPC method name."""

    def perpetual(ctx: Context, request: QueryPerpetualRequest) -> QueryPerpetualResponse:
        found = keeper.find(ctx, request.id)
        if found is None:
            raise NotFound(f"rpc error: code = NotFound desc = Perpetual id {request.id} not found.")
        return QueryPerpetualResponse(perpetual=found)

    def all_perpetuals(ctx: Context, request: QueryAllPerpetualsRequest) -> QueryAllPerpetualsResponse:
        rows, page = paginate(ctx, keeper.state.perpetuals, request.pagination)
        return QueryAllPerpetualsResponse(perpetual=tuple(row for _, row in rows), pagination=page)

    def all_liquidity_tiers(ctx: Context, request: QueryAllLiquidityTiersRequest) -> QueryAllLiquidityTiersResponse:
        rows, page = paginate(ctx, keeper.state.liquidity_tiers, request.pagination)
        return QueryAllLiquidityTiersResponse(liquidity_tiers=tuple(row for _, row in rows), pagination=page)

    def premium_votes(ctx: Context, _: QueryPremiumVotesRequest) -> QueryPremiumVotesResponse:
        return QueryPremiumVotesResponse(premium_votes=keeper.premium_votes(ctx))

    def premium_samples(ctx: Context, _: QueryPremiumSamplesRequest) -> QueryPremiumSamplesResponse:
        return QueryPremiumSamplesResponse(premium_samples=keeper.premium_samples(ctx))

    def params(ctx: Context, _: QueryParamsRequest) -> QueryParamsResponse:
        return QueryParamsResponse(params=keeper.params(ctx))

    def next_perpetual_id(ctx: Context, _: QueryNextPerpetualIdRequest) -> QueryNextPerpetualIdResponse:
        return QueryNextPerpetualIdResponse(next_perpetual_id=keeper.next_perpetual_id(ctx))

    service = "/dydxprotocol.perpetuals.Query/"
    return {
        f"{service}Perpetual": (QueryPerpetualRequest, perpetual),
        f"{service}AllPerpetuals": (QueryAllPerpetualsRequest, all_perpetuals),
        f"{service}AllLiquidityTiers": (QueryAllLiquidityTiersRequest, all_liquidity_tiers),
        f"{service}PremiumVotes": (QueryPremiumVotesRequest, premium_votes),
        f"{service}PremiumSamples": (QueryPremiumSamplesRequest, premium_samples),
        f"{service}Params": (QueryParamsRequest, params),
        f"{service}NextPerpetualId": (QueryNextPerpetualIdRequest, next_perpetual_id),
    }
