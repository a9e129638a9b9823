"""Queries of x/epochs. Source: dydx-modules §5."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.epochs import (
    QueryAllEpochInfoRequest,
    QueryEpochInfoAllResponse,
    QueryEpochInfoResponse,
    QueryGetEpochInfoRequest,
)
from vaultsim.x.epochs.keeper import EpochsKeeper
from vaultsim.x.pagination import paginate
from vaultsim.x.sdk_errors import NotFound


class EpochsQueryServer:
    """Answers of x/epochs."""

    def __init__(self, keeper: EpochsKeeper) -> None:
        self._keeper = keeper

    def epoch_info(self, ctx: Context, request: QueryGetEpochInfoRequest) -> QueryEpochInfoResponse:
        """One epoch by name. Raises NotFound."""
        epoch = self._keeper.find(ctx, request.name)
        if epoch is None:
            raise NotFound("rpc error: code = NotFound desc = not found")
        return QueryEpochInfoResponse(epoch_info=epoch)

    def epoch_info_all(self, ctx: Context, request: QueryAllEpochInfoRequest) -> QueryEpochInfoAllResponse:
        """Epochs in key order, a page at a time."""
        rows, page = paginate(ctx, self._keeper.state.epochs, request.pagination)
        return QueryEpochInfoAllResponse(epoch_info=tuple(epoch for _, epoch in rows), pagination=page)
