"""Queries of x/blocktime. Source: dydx-modules §6."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.blocktime import (
    QueryAllDowntimeInfoRequest,
    QueryAllDowntimeInfoResponse,
    QueryDowntimeParamsRequest,
    QueryDowntimeParamsResponse,
    QueryPreviousBlockInfoRequest,
    QueryPreviousBlockInfoResponse,
    QuerySynchronyParamsRequest,
    QuerySynchronyParamsResponse,
)
from vaultsim.x.blocktime.keeper import BlocktimeKeeper


class BlocktimeQueryServer:
    """Answers of x/blocktime."""

    def __init__(self, keeper: BlocktimeKeeper) -> None:
        self._keeper = keeper

    def downtime_params(self, ctx: Context, _: QueryDowntimeParamsRequest) -> QueryDowntimeParamsResponse:
        """The watched gap lengths."""
        return QueryDowntimeParamsResponse(params=self._keeper.downtime_params(ctx))

    def previous_block_info(self, ctx: Context, _: QueryPreviousBlockInfoRequest) -> QueryPreviousBlockInfoResponse:
        """Height and time of the block before."""
        return QueryPreviousBlockInfoResponse(info=self._keeper.previous_block(ctx))

    def all_downtime_info(self, ctx: Context, _: QueryAllDowntimeInfoRequest) -> QueryAllDowntimeInfoResponse:
        """The last block after a gap of each watched length."""
        return QueryAllDowntimeInfoResponse(info=self._keeper.all_downtime_info(ctx))

    def synchrony_params(self, ctx: Context, _: QuerySynchronyParamsRequest) -> QuerySynchronyParamsResponse:
        """The pause between blocks."""
        return QuerySynchronyParamsResponse(params=self._keeper.synchrony_params(ctx))
