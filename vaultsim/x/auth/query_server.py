"""Queries of x/auth."""

from __future__ import annotations

from collections.abc import Mapping

from vaultsim.address import InvalidAddress, from_bech32, module_address
from vaultsim.context import Context
from vaultsim.module import Query
from vaultsim.pb.cosmos.auth.v1beta1 import (
    ModuleAccount,
    QueryAccountInfoRequest,
    QueryAccountInfoResponse,
    QueryAccountRequest,
    QueryAccountResponse,
    QueryAccountsRequest,
    QueryAccountsResponse,
    QueryModuleAccountByNameRequest,
    QueryModuleAccountByNameResponse,
    QueryModuleAccountsRequest,
    QueryModuleAccountsResponse,
    QueryParamsRequest,
    QueryParamsResponse,
)
from vaultsim.pb.runtime import Message
from vaultsim.x.auth.keeper import AccountKeeper
from vaultsim.x.auth.types import MODULE_PERMISSIONS, Account, base_of, to_any
from vaultsim.x.pagination import paginate
from vaultsim.x.sdk_errors import InvalidArgument, NotFound


class QueryServer:
    """Answers from the state of a context."""

    def __init__(self, keeper: AccountKeeper) -> None:
        self.keeper = keeper

    def account(self, ctx: Context, request: QueryAccountRequest) -> QueryAccountResponse:
        """One account. Raises NotFound."""
        return QueryAccountResponse(account=to_any(self._find(ctx, request.address)))

    def account_info(self, ctx: Context, request: QueryAccountInfoRequest) -> QueryAccountInfoResponse:
        """The plain part of one account. Raises NotFound."""
        return QueryAccountInfoResponse(info=base_of(self._find(ctx, request.address)))

    def accounts(self, ctx: Context, request: QueryAccountsRequest) -> QueryAccountsResponse:
        """Accounts in the order of their addresses."""
        rows, page = paginate(ctx, self.keeper.state.accounts, request.pagination)
        return QueryAccountsResponse(accounts=tuple(to_any(account) for _, account in rows), pagination=page)

    def params(self, ctx: Context, _: QueryParamsRequest) -> QueryParamsResponse:
        """The parameters."""
        return QueryParamsResponse(params=self.keeper.params(ctx))

    def module_accounts(self, ctx: Context, _: QueryModuleAccountsRequest) -> QueryModuleAccountsResponse:
        """The module accounts that exist, by name."""
        found = [self.keeper.find(ctx, module_address(name)) for name in sorted(MODULE_PERMISSIONS)]
        accounts = tuple(to_any(account) for account in found if isinstance(account, ModuleAccount))
        return QueryModuleAccountsResponse(accounts=accounts)

    def module_account_by_name(
        self, ctx: Context, request: QueryModuleAccountByNameRequest
    ) -> QueryModuleAccountByNameResponse:
        """One module account. Raises NotFound."""
        found = self.keeper.find(ctx, module_address(request.name)) if request.name in MODULE_PERMISSIONS else None
        if found is None:
            raise NotFound(f"account {request.name} not found")
        return QueryModuleAccountByNameResponse(account=to_any(found))

    def _find(self, ctx: Context, text: str) -> Account:
        try:
            account = self.keeper.find(ctx, from_bech32(text))
        except InvalidAddress as problem:
            raise InvalidArgument(str(problem)) from None
        if account is None:
            raise NotFound(f"account {text} not found")
        return account


def queries(keeper: AccountKeeper) -> Mapping[str, tuple[type[Message], Query]]:
    """Every method by its gRPC name."""
    server = QueryServer(keeper)
    base = "/cosmos.auth.v1beta1.Query"
    return {
        f"{base}/Account": (QueryAccountRequest, server.account),
        f"{base}/AccountInfo": (QueryAccountInfoRequest, server.account_info),
        f"{base}/Accounts": (QueryAccountsRequest, server.accounts),
        f"{base}/Params": (QueryParamsRequest, server.params),
        f"{base}/ModuleAccounts": (QueryModuleAccountsRequest, server.module_accounts),
        f"{base}/ModuleAccountByName": (QueryModuleAccountByNameRequest, server.module_account_by_name),
    }
