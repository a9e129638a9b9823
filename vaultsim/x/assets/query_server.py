"""Queries of x/assets. Source: dydx-modules §7."""

from __future__ import annotations

from collections.abc import Mapping

from vaultsim.context import Context
from vaultsim.module import Query
from vaultsim.pb.dydxprotocol.assets import (
    QueryAllAssetsRequest,
    QueryAllAssetsResponse,
    QueryAssetRequest,
    QueryAssetResponse,
)
from vaultsim.pb.runtime import Message
from vaultsim.x.assets.keeper import AssetsKeeper
from vaultsim.x.pagination import paginate
from vaultsim.x.sdk_errors import NotFound


def assets_queries(keeper: AssetsKeeper) -> Mapping[str, tuple[type[Message], Query]]:
    """Queries by full gRPC method name."""

    def asset(ctx: Context, request: QueryAssetRequest) -> QueryAssetResponse:
        found = keeper.find(ctx, request.id)
        if found is None:
            raise NotFound(f"rpc error: code = NotFound desc = Asset id {request.id} not found.")
        return QueryAssetResponse(asset=found)

    def all_assets(ctx: Context, request: QueryAllAssetsRequest) -> QueryAllAssetsResponse:
        rows, page = paginate(ctx, keeper.state.assets, request.pagination)
        return QueryAllAssetsResponse(asset=tuple(row for _, row in rows), pagination=page)

    return {
        "/dydxprotocol.assets.Query/Asset": (QueryAssetRequest, asset),
        "/dydxprotocol.assets.Query/AllAssets": (QueryAllAssetsRequest, all_assets),
    }
