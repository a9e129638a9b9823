"""Queries of x/subaccounts. Source: dydx-modules §10.10."""

from __future__ import annotations

from collections.abc import Mapping

from vaultsim.address import to_bech32
from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.module import Query
from vaultsim.pb.dydxprotocol.subaccounts import (
    QueryAllSubaccountRequest,
    QueryCollateralPoolAddressRequest,
    QueryCollateralPoolAddressResponse,
    QueryGetSubaccountRequest,
    QueryGetWithdrawalAndTransfersBlockedInfoRequest,
    QueryGetWithdrawalAndTransfersBlockedInfoResponse,
    QuerySubaccountAllResponse,
    QuerySubaccountResponse,
    SubaccountId,
)
from vaultsim.pb.runtime import Message
from vaultsim.x.pagination import paginate
from vaultsim.x.sdk_errors import NotFound, UnknownRequest
from vaultsim.x.subaccounts.gating import BLOCKED_BLOCKS, OUTAGE_SECONDS, outage_height
from vaultsim.x.subaccounts.keeper import SubaccountsKeeper

Blocked = QueryGetWithdrawalAndTransfersBlockedInfoResponse


def subaccounts_queries(keeper: SubaccountsKeeper) -> Mapping[str, tuple[type[Message], Query]]:
    """Queries by full gRPC method name."""

    def subaccount(ctx: Context, request: QueryGetSubaccountRequest) -> QuerySubaccountResponse:
        found = keeper.get(ctx, SubaccountId(owner=request.owner, number=request.number))
        return QuerySubaccountResponse(subaccount=found)

    def subaccount_all(ctx: Context, request: QueryAllSubaccountRequest) -> QuerySubaccountAllResponse:
        rows, page = paginate(ctx, keeper.state.subaccounts, request.pagination)
        return QuerySubaccountAllResponse(subaccount=tuple(row for _, row in rows), pagination=page)

    def blocked_info(ctx: Context, request: QueryGetWithdrawalAndTransfersBlockedInfoRequest) -> Blocked:
        return _blocked_info(keeper, ctx, request.perpetual_id)

    def collateral_pool_address(
        ctx: Context, request: QueryCollateralPoolAddressRequest
    ) -> QueryCollateralPoolAddressResponse:
        try:
            pool = keeper.collateral_pool_for_perpetual(ctx, request.perpetual_id)
        except ChainError as problem:
            text = f"rpc error: code = NotFound desc = Perpetual id {request.perpetual_id} not found."
            raise NotFound(text) from problem
        return QueryCollateralPoolAddressResponse(collateral_pool_address=to_bech32(pool))

    service = "/dydxprotocol.subaccounts.Query/"
    return {
        f"{service}Subaccount": (QueryGetSubaccountRequest, subaccount),
        f"{service}SubaccountAll": (QueryAllSubaccountRequest, subaccount_all),
        f"{service}GetWithdrawalAndTransfersBlockedInfo": (
            QueryGetWithdrawalAndTransfersBlockedInfoRequest,
            blocked_info,
        ),
        f"{service}CollateralPoolAddress": (QueryCollateralPoolAddressRequest, collateral_pool_address),
    }


def _blocked_info(keeper: SubaccountsKeeper, ctx: Context, perpetual_id: int) -> Blocked:
    info = keeper.blocktime.downtime(ctx, OUTAGE_SECONDS)
    # The height is shown even where the entry counts as no outage.
    shown_outage = info.block_info.height
    try:
        negative_tnc = keeper.negative_tnc_seen(ctx, perpetual_id)
    except ChainError as problem:
        raise UnknownRequest(problem.log) from problem
    unblocked = 0
    if outage_height(info) > 0 or negative_tnc is not None:
        unblocked = max(shown_outage, negative_tnc or 0) + BLOCKED_BLOCKS
    return Blocked(
        negative_tnc_subaccount_seen_at_block=negative_tnc or 0,
        chain_outage_seen_at_block=shown_outage,
        withdrawals_and_transfers_unblocked_at_block=unblocked,
    )
