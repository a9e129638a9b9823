"""Queries of x/auth."""

from __future__ import annotations

from collections.abc import Mapping

from vaultsim.address import PREFIX, InvalidAddress, from_bech32, module_address, to_bech32
from vaultsim.context import Context
from vaultsim.module import Query
from vaultsim.pb.cosmos.auth.v1beta1 import (
    AddressBytesToStringRequest,
    AddressBytesToStringResponse,
    AddressStringToBytesRequest,
    AddressStringToBytesResponse,
    Bech32PrefixRequest,
    Bech32PrefixResponse,
    ModuleAccount,
    QueryAccountAddressByIDRequest,
    QueryAccountAddressByIDResponse,
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

    def address_by_id(self, ctx: Context, request: QueryAccountAddressByIDRequest) -> QueryAccountAddressByIDResponse:
        """The address of an account number. Raises InvalidArgument for the field of old, NotFound."""
        if request.id:
            raise InvalidArgument("requesting with id isn't supported, try to request using account-id")
        address = self.keeper.state.addresses_by_number.get(ctx, request.account_id)
        if address is None:
            raise NotFound(f"account address not found with account number {request.account_id}")
        return QueryAccountAddressByIDResponse(account_address=to_bech32(address))

    def prefix(self, _: Context, __: Bech32PrefixRequest) -> Bech32PrefixResponse:
        """The prefix of account addresses."""
        return Bech32PrefixResponse(bech32_prefix=PREFIX)

    def address_text(self, _: Context, request: AddressBytesToStringRequest) -> AddressBytesToStringResponse:
        """Bytes to bech32. Raises InvalidArgument for none."""
        if not request.address_bytes:
            raise InvalidArgument("empty address bytes is not allowed")
        return AddressBytesToStringResponse(address_string=to_bech32(request.address_bytes))

    def address_bytes(self, _: Context, request: AddressStringToBytesRequest) -> AddressStringToBytesResponse:
        """Bech32 to bytes. Raises InvalidArgument."""
        if not request.address_string:
            raise InvalidArgument("empty address string is not allowed")
        try:
            return AddressStringToBytesResponse(address_bytes=from_bech32(request.address_string))
        except InvalidAddress as problem:
            raise InvalidArgument(str(problem)) from None

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
        f"{base}/AccountAddressByID": (QueryAccountAddressByIDRequest, server.address_by_id),
        f"{base}/Bech32Prefix": (Bech32PrefixRequest, server.prefix),
        f"{base}/AddressBytesToString": (AddressBytesToStringRequest, server.address_text),
        f"{base}/AddressStringToBytes": (AddressStringToBytesRequest, server.address_bytes),
    }
