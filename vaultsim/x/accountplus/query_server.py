"""Queries of x/accountplus."""

from __future__ import annotations

from vaultsim.address import InvalidAddress, from_bech32, to_bech32
from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.accountplus import (
    AccountState,
    AccountStateRequest,
    AccountStateResponse,
    GetAuthenticatorRequest,
    GetAuthenticatorResponse,
    GetAuthenticatorsRequest,
    GetAuthenticatorsResponse,
    QueryParamsRequest,
    QueryParamsResponse,
)
from vaultsim.x.accountplus.keeper import AccountplusKeeper
from vaultsim.x.sdk_errors import InvalidArgument, UnknownRequest


class AccountplusQueryServer:
    """Answers from state."""

    def __init__(self, keeper: AccountplusKeeper) -> None:
        self._keeper = keeper

    def params(self, ctx: Context, _: QueryParamsRequest) -> QueryParamsResponse:
        """The parameters."""
        return QueryParamsResponse(params=self._keeper.params(ctx))

    def authenticator(self, ctx: Context, request: GetAuthenticatorRequest) -> GetAuthenticatorResponse:
        """One authenticator of an account. Raises AuthenticatorNotFound [1], [sdk 6] for an invalid address."""
        account = _account(request.account)
        found = self._keeper.stored_authenticator(ctx, account, request.authenticator_id)
        return GetAuthenticatorResponse(account_authenticator=found)

    def authenticators(self, ctx: Context, request: GetAuthenticatorsRequest) -> GetAuthenticatorsResponse:
        """An account's authenticators in the order of their keys. Raises [sdk 6] for an invalid address."""
        listed = self._keeper.authenticators(ctx, _account(request.account))
        return GetAuthenticatorsResponse(account_authenticators=listed)

    def account_state(self, ctx: Context, request: AccountStateRequest) -> AccountStateResponse:
        """An account's timestamp nonces, an empty state when it used none. Raises [sdk 18] for an invalid address."""
        try:
            address = from_bech32(request.address)
        except InvalidAddress:
            raise InvalidArgument("not valid bech32 address") from None
        return AccountStateResponse(account_state=self._keeper.state.account_states.get(ctx, address) or AccountState())


def _account(text: str) -> str:
    try:
        return to_bech32(from_bech32(text))
    except InvalidAddress as problem:
        raise UnknownRequest(str(problem)) from None
