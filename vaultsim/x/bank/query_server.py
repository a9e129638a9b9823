"""Queries of x/bank."""

from __future__ import annotations

from collections.abc import Mapping

from vaultsim.address import InvalidAddress, from_bech32, to_bech32
from vaultsim.context import Context
from vaultsim.module import Query
from vaultsim.pb.cosmos.bank.v1beta1 import (
    DenomOwner,
    QueryAllBalancesRequest,
    QueryAllBalancesResponse,
    QueryBalanceRequest,
    QueryBalanceResponse,
    QueryDenomMetadataByQueryStringRequest,
    QueryDenomMetadataByQueryStringResponse,
    QueryDenomMetadataRequest,
    QueryDenomMetadataResponse,
    QueryDenomOwnersByQueryRequest,
    QueryDenomOwnersByQueryResponse,
    QueryDenomOwnersRequest,
    QueryDenomOwnersResponse,
    QueryDenomsMetadataRequest,
    QueryDenomsMetadataResponse,
    QueryParamsRequest,
    QueryParamsResponse,
    QuerySendEnabledRequest,
    QuerySendEnabledResponse,
    QuerySpendableBalanceByDenomRequest,
    QuerySpendableBalanceByDenomResponse,
    QuerySpendableBalancesRequest,
    QuerySpendableBalancesResponse,
    QuerySupplyOfRequest,
    QuerySupplyOfResponse,
    QueryTotalSupplyRequest,
    QueryTotalSupplyResponse,
    SendEnabled,
)
from vaultsim.pb.cosmos.base.query.v1beta1 import PageRequest, PageResponse
from vaultsim.pb.cosmos.base.v1beta1 import Coin as PbCoin
from vaultsim.pb.runtime import Message
from vaultsim.x.bank.keeper import BankKeeper
from vaultsim.x.bank.types import Coin, is_denom, to_wire
from vaultsim.x.pagination import DEFAULT_LIMIT, paginate
from vaultsim.x.sdk_errors import InvalidArgument, NotFound


class QueryServer:
    """Answers from the state of a context."""

    def __init__(self, keeper: BankKeeper) -> None:
        self.keeper = keeper

    def balance(self, ctx: Context, request: QueryBalanceRequest) -> QueryBalanceResponse:
        """What an address holds of one denomination."""
        amount = self.keeper.balance(ctx, _address(request.address), request.denom)
        return QueryBalanceResponse(balance=PbCoin(denom=request.denom, amount=str(amount)))

    def all_balances(self, ctx: Context, request: QueryAllBalancesRequest) -> QueryAllBalancesResponse:
        """All that an address holds."""
        coins, page = self._held(ctx, request.address, request.pagination)
        return QueryAllBalancesResponse(balances=coins, pagination=page)

    def spendable_balances(
        self, ctx: Context, request: QuerySpendableBalancesRequest
    ) -> QuerySpendableBalancesResponse:
        """All that an address may spend."""
        coins, page = self._held(ctx, request.address, request.pagination)
        return QuerySpendableBalancesResponse(balances=coins, pagination=page)

    def total_supply(self, ctx: Context, request: QueryTotalSupplyRequest) -> QueryTotalSupplyResponse:
        """The supply of every denomination."""
        rows, page = paginate(ctx, self.keeper.state.supply, request.pagination)
        return QueryTotalSupplyResponse(supply=to_wire(Coin(denom, amount) for denom, amount in rows), pagination=page)

    def supply_of(self, ctx: Context, request: QuerySupplyOfRequest) -> QuerySupplyOfResponse:
        """The supply of one denomination."""
        amount = self.keeper.supply(ctx, request.denom)
        return QuerySupplyOfResponse(amount=PbCoin(denom=request.denom, amount=str(amount)))

    def params(self, ctx: Context, _: QueryParamsRequest) -> QueryParamsResponse:
        """The parameters."""
        return QueryParamsResponse(params=self.keeper.params(ctx))

    def denom_metadata(self, ctx: Context, request: QueryDenomMetadataRequest) -> QueryDenomMetadataResponse:
        """What is said about one denomination. Raises NotFound."""
        found = self.keeper.state.denom_metadata.get(ctx, request.denom)
        if found is None:
            raise NotFound(f"client metadata for denom {request.denom}")
        return QueryDenomMetadataResponse(metadata=found)

    def denoms_metadata(self, ctx: Context, request: QueryDenomsMetadataRequest) -> QueryDenomsMetadataResponse:
        """What is said about every denomination."""
        rows, page = paginate(ctx, self.keeper.state.denom_metadata, request.pagination)
        return QueryDenomsMetadataResponse(metadatas=tuple(one for _, one in rows), pagination=page)

    def spendable_balance(
        self, ctx: Context, request: QuerySpendableBalanceByDenomRequest
    ) -> QuerySpendableBalanceByDenomResponse:
        """What an address may spend of one denomination."""
        amount = self.keeper.balance(ctx, _address(request.address), _denom(request.denom))
        return QuerySpendableBalanceByDenomResponse(balance=PbCoin(denom=request.denom, amount=str(amount)))

    def denom_metadata_by_text(
        self, ctx: Context, request: QueryDenomMetadataByQueryStringRequest
    ) -> QueryDenomMetadataByQueryStringResponse:
        """What is said about one denomination, for names with slashes. Raises NotFound."""
        found = self.denom_metadata(ctx, QueryDenomMetadataRequest(denom=request.denom))
        return QueryDenomMetadataByQueryStringResponse(metadata=found.metadata)

    def denom_owners(self, ctx: Context, request: QueryDenomOwnersRequest) -> QueryDenomOwnersResponse:
        """Who holds a denomination, by address."""
        owners, page = self._owners(ctx, _denom(request.denom), request.pagination)
        return QueryDenomOwnersResponse(denom_owners=owners, pagination=page)

    def denom_owners_by_text(
        self, ctx: Context, request: QueryDenomOwnersByQueryRequest
    ) -> QueryDenomOwnersByQueryResponse:
        """Who holds a denomination, for names with slashes."""
        owners, page = self._owners(ctx, _denom(request.denom), request.pagination)
        return QueryDenomOwnersByQueryResponse(denom_owners=owners, pagination=page)

    def send_enabled(self, ctx: Context, request: QuerySendEnabledRequest) -> QuerySendEnabledResponse:
        """Whether denominations may be sent: of the named ones those with an entry, else a page of all entries."""
        entries = self.keeper.state.send_enabled
        if request.denoms:
            found = [(denom, entries.get(ctx, denom)) for denom in request.denoms]
            listed = tuple(SendEnabled(denom=denom, enabled=on) for denom, on in found if on is not None)
            return QuerySendEnabledResponse(send_enabled=listed)
        rows, page = paginate(ctx, entries, request.pagination)
        return QuerySendEnabledResponse(
            send_enabled=tuple(SendEnabled(denom=denom, enabled=on) for denom, on in rows), pagination=page
        )

    def _owners(
        self, ctx: Context, denom: str, page: PageRequest | None
    ) -> tuple[tuple[DenomOwner, ...], PageResponse]:
        prefix = denom.encode() + b"\x00"
        rows, answer = paginate(ctx, self.keeper.state.holders, page, under=prefix)
        owners = [
            DenomOwner(
                address=to_bech32(address),
                balance=PbCoin(denom=denom, amount=str(self.keeper.balance(ctx, address, denom))),
            )
            for (address, _), _ in rows
        ]
        return tuple(owners), answer

    def _held(self, ctx: Context, text: str, page: PageRequest | None) -> tuple[tuple[PbCoin, ...], PageResponse]:
        asked = page or PageRequest()
        coins = list(self.keeper.balances(ctx, _address(text)))
        total = len(coins)
        if asked.reverse:
            coins.reverse()
        start = asked.offset
        if asked.key:
            start = next((at for at, coin in enumerate(coins) if coin.denom.encode() == asked.key), total)
        end = start + (asked.limit or DEFAULT_LIMIT)
        following = coins[end].denom.encode() if end < total else b""
        counted = not asked.key and (asked.count_total or not asked.limit)
        return to_wire(coins[start:end]), PageResponse(next_key=following, total=total if counted else 0)


def _address(text: str) -> bytes:
    try:
        return from_bech32(text)
    except InvalidAddress as problem:
        raise InvalidArgument(f"invalid address: {problem}") from None


def _denom(text: str) -> str:
    if not is_denom(text):
        raise InvalidArgument(f"invalid denom: {text}")
    return text


def queries(keeper: BankKeeper) -> Mapping[str, tuple[type[Message], Query]]:
    """Every method by its gRPC name."""
    server = QueryServer(keeper)
    base = "/cosmos.bank.v1beta1.Query"
    return {
        f"{base}/Balance": (QueryBalanceRequest, server.balance),
        f"{base}/AllBalances": (QueryAllBalancesRequest, server.all_balances),
        f"{base}/SpendableBalances": (QuerySpendableBalancesRequest, server.spendable_balances),
        f"{base}/TotalSupply": (QueryTotalSupplyRequest, server.total_supply),
        f"{base}/SupplyOf": (QuerySupplyOfRequest, server.supply_of),
        f"{base}/Params": (QueryParamsRequest, server.params),
        f"{base}/DenomMetadata": (QueryDenomMetadataRequest, server.denom_metadata),
        f"{base}/DenomsMetadata": (QueryDenomsMetadataRequest, server.denoms_metadata),
        f"{base}/SpendableBalanceByDenom": (QuerySpendableBalanceByDenomRequest, server.spendable_balance),
        f"{base}/DenomMetadataByQueryString": (QueryDenomMetadataByQueryStringRequest, server.denom_metadata_by_text),
        f"{base}/DenomOwners": (QueryDenomOwnersRequest, server.denom_owners),
        f"{base}/DenomOwnersByQuery": (QueryDenomOwnersByQueryRequest, server.denom_owners_by_text),
        f"{base}/SendEnabled": (QuerySendEnabledRequest, server.send_enabled),
    }
