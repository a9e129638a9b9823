"""Queries of x/stats. Source: dydx-modules §13."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.stats import (
    EpochStats,
    QueryEpochStatsRequest,
    QueryEpochStatsResponse,
    QueryGlobalStatsRequest,
    QueryGlobalStatsResponse,
    QueryParamsRequest,
    QueryParamsResponse,
    QueryStatsMetadataRequest,
    QueryStatsMetadataResponse,
    QueryUserStatsRequest,
    QueryUserStatsResponse,
)
from vaultsim.x.clock import ZERO_TIME
from vaultsim.x.stats.keeper import StatsKeeper


class StatsQueryServer:
    """Answers of x/stats."""

    def __init__(self, keeper: StatsKeeper) -> None:
        self._keeper = keeper

    def params(self, ctx: Context, _: QueryParamsRequest) -> QueryParamsResponse:
        """The window's length."""
        return QueryParamsResponse(params=self._keeper.params(ctx))

    def stats_metadata(self, ctx: Context, _: QueryStatsMetadataRequest) -> QueryStatsMetadataResponse:
        """The oldest epoch that still counts."""
        return QueryStatsMetadataResponse(metadata=self._keeper.metadata(ctx))

    def global_stats(self, ctx: Context, _: QueryGlobalStatsRequest) -> QueryGlobalStatsResponse:
        """What everybody traded in the window."""
        return QueryGlobalStatsResponse(stats=self._keeper.global_stats(ctx))

    def user_stats(self, ctx: Context, request: QueryUserStatsRequest) -> QueryUserStatsResponse:
        """What one user traded in the window."""
        return QueryUserStatsResponse(stats=self._keeper.user_stats(ctx, request.user))

    def epoch_stats(self, ctx: Context, request: QueryEpochStatsRequest) -> QueryEpochStatsResponse:
        """What was traded in one epoch; an unknown one has no users and the unset time."""
        known = self._keeper.epoch_stats(ctx, request.epoch)
        return QueryEpochStatsResponse(stats=known or EpochStats(epoch_end_time=ZERO_TIME))
