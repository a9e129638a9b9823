"""Queries of x/vault. Source: dydx-vault §5."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.lib.ints import NIL_INT
from vaultsim.lib.maths import trunc_div
from vaultsim.pb.dydxprotocol.vault import (
    NumShares,
    OwnerShare,
    QueryAllVaultsRequest,
    QueryAllVaultsResponse,
    QueryMegavaultAllOwnerSharesRequest,
    QueryMegavaultAllOwnerSharesResponse,
    QueryMegavaultOwnerSharesRequest,
    QueryMegavaultOwnerSharesResponse,
    QueryMegavaultTotalSharesRequest,
    QueryMegavaultTotalSharesResponse,
    QueryMegavaultWithdrawalInfoRequest,
    QueryMegavaultWithdrawalInfoResponse,
    QueryParamsRequest,
    QueryParamsResponse,
    QueryVaultParamsRequest,
    QueryVaultParamsResponse,
    QueryVaultRequest,
    QueryVaultResponse,
    VaultId,
)
from vaultsim.x.pagination import paginate
from vaultsim.x.sdk_errors import NotFound, UnknownRequest
from vaultsim.x.vault.keeper import VaultKeeper
from vaultsim.x.vault.keeper_base import perpetual_id_of
from vaultsim.x.vault.keeper_shares import total_locked
from vaultsim.x.vault.msg_server import nil_pointer
from vaultsim.x.vault.types import account_of, parse_vault_id


class VaultQueryServer:
    """Answers of x/vault."""

    def __init__(self, keeper: VaultKeeper) -> None:
        self._keeper = keeper

    def params(self, ctx: Context, _: QueryParamsRequest) -> QueryParamsResponse:
        """Default quoting parameters and operator."""
        return QueryParamsResponse(
            default_quoting_params=self._keeper.default_quoting_params(ctx),
            operator_params=self._keeper.operator_params(ctx),
        )

    def vault(self, ctx: Context, request: QueryVaultRequest) -> QueryVaultResponse:
        """One vault with its equity (may be negative) and inventory. Raises NotFound, UnknownRequest."""
        keeper = self._keeper
        vault_id = VaultId(type=request.type, number=request.number)
        params = keeper.find_params(ctx, vault_id)
        if params is None:
            raise _not_found("vault not found")
        try:
            equity = keeper.vault_equity(ctx, vault_id)
        except ChainError:
            raise _internal("failed to get vault equity") from None
        pair = keeper.clob.find_clob_pair(ctx, vault_id.number)
        return QueryVaultResponse(
            vault_id=vault_id,
            subaccount_id=account_of(vault_id).subaccount_id,
            equity=equity,
            inventory=0 if pair is None else keeper.vault_inventory(ctx, vault_id, perpetual_id_of(pair)),
            vault_params=params,
            most_recent_client_ids=keeper.most_recent_client_ids(ctx, vault_id),
        )

    def all_vaults(self, ctx: Context, request: QueryAllVaultsRequest) -> QueryAllVaultsResponse:
        """A page of vaults; whatever is wrong with one of them fails the page. Raises UnknownRequest."""
        try:
            rows, page = paginate(ctx, self._keeper.state.vault_params, request.pagination)
            ids = [parse_vault_id(text) for text, _ in rows]
            vaults = [self.vault(ctx, QueryVaultRequest(type=one.type, number=one.number)) for one in ids]
        except ChainError as problem:
            raise _internal(problem.log) from None
        return QueryAllVaultsResponse(vaults=tuple(vaults), pagination=page)

    def total_shares(self, ctx: Context, _: QueryMegavaultTotalSharesRequest) -> QueryMegavaultTotalSharesResponse:
        """The number of all shares."""
        return QueryMegavaultTotalSharesResponse(total_shares=NumShares(num_shares=self._keeper.total_shares(ctx)))

    def owner_shares(
        self, ctx: Context, request: QueryMegavaultOwnerSharesRequest
    ) -> QueryMegavaultOwnerSharesResponse:
        """Shares of an owner and what they are worth (quote quantums), truncated twice for the unlocked part.

        Raises NotFound, UnknownRequest; no shares at all are a chain panic.
        """
        keeper, owner = self._keeper, request.address
        shares = keeper.find_owner_shares(ctx, owner)
        if shares is None:
            raise _not_found("owner not found")
        record = NumShares(num_shares=shares)
        if shares < 0:
            raise _internal("owner has negative shares")
        if shares == 0:
            return QueryMegavaultOwnerSharesResponse(address=owner, shares=record)
        unlocks = keeper.find_share_unlocks(ctx, owner) or ()
        try:
            megavault_equity = keeper.megavault_equity(ctx)
        except ChainError as problem:
            raise _internal(problem.log) from None
        equity = trunc_div(shares * megavault_equity, keeper.total_shares(ctx))
        return QueryMegavaultOwnerSharesResponse(
            address=owner,
            shares=record,
            share_unlocks=unlocks,
            equity=equity,
            withdrawable_equity=trunc_div((shares - total_locked(unlocks)) * equity, shares),
        )

    def all_owner_shares(
        self, ctx: Context, request: QueryMegavaultAllOwnerSharesRequest
    ) -> QueryMegavaultAllOwnerSharesResponse:
        """A page of owners by bech32 text. Raises UnknownRequest."""
        try:
            rows, page = paginate(ctx, self._keeper.state.owner_shares, request.pagination)
        except ChainError as problem:
            raise _internal(problem.log) from None
        owners = tuple(OwnerShare(owner=owner, shares=shares) for owner, shares in rows)
        return QueryMegavaultAllOwnerSharesResponse(owner_shares=owners, pagination=page)

    def vault_params(self, ctx: Context, request: QueryVaultParamsRequest) -> QueryVaultParamsResponse:
        """Parameters of a vault. Raises NotFound."""
        vault_id = VaultId(type=request.type, number=request.number)
        params = self._keeper.find_params(ctx, vault_id)
        if params is None:
            raise _not_found("vault not found")
        return QueryVaultParamsResponse(vault_id=vault_id, vault_params=params)

    def withdrawal_info(
        self, ctx: Context, request: QueryMegavaultWithdrawalInfoRequest
    ) -> QueryMegavaultWithdrawalInfoResponse:
        """What a withdrawal would give now. Raises UnknownRequest; absent shares are a chain panic."""
        shares = request.shares_to_withdraw.num_shares
        if shares is NIL_INT:
            raise nil_pointer()
        try:
            redeemed = self._keeper.redeem(ctx, shares, simulate=True)
        except ChainError as problem:
            raise UnknownRequest(problem.log) from problem
        return QueryMegavaultWithdrawalInfoResponse(
            shares_to_withdraw=request.shares_to_withdraw,
            expected_quote_quantums=redeemed.quote_quantums,
            megavault_equity=redeemed.megavault_equity,
            total_shares=NumShares(num_shares=redeemed.total_shares),
        )


def _not_found(text: str) -> NotFound:
    return NotFound(f"rpc error: code = NotFound desc = {text}")


def _internal(text: str) -> UnknownRequest:
    return UnknownRequest(f"rpc error: code = Internal desc = {text}")
