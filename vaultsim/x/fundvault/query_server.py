"""Queries of x/fundvault. Source: fund-vault §9."""

from __future__ import annotations

from vaultsim.address import from_bech32
from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.lib.fixed import text_of_fixed
from vaultsim.pb.cosmos.base.query.v1beta1 import PageRequest, PageResponse
from vaultsim.pb.google.protobuf import Timestamp
from vaultsim.pb.vaultsim.fundvault.v1 import (
    AccountBalance,
    AssetBalances,
    PartyShare,
    QueryFeePreviewRequest,
    QueryFeePreviewResponse,
    QueryParamsRequest,
    QueryParamsResponse,
    QueryRedemptionsRequest,
    QueryRedemptionsResponse,
    QueryShareRequest,
    QueryShareResponse,
    QueryVaultBalancesRequest,
    QueryVaultBalancesResponse,
    QueryVaultsRequest,
    QueryVaultsResponse,
    RedemptionRequest,
    Vault,
    VaultView,
)
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.clock import timestamp_ns
from vaultsim.x.fundvault.formulas import share_of, value_of
from vaultsim.x.fundvault.keeper import FundVaultKeeper
from vaultsim.x.fundvault.keeper_settlement import Settlement
from vaultsim.x.pagination import DEFAULT_LIMIT
from vaultsim.x.sdk_errors import NotFound, UnknownRequest


class FundVaultQueryServer:
    """Answers of x/fundvault."""

    def __init__(self, keeper: FundVaultKeeper) -> None:
        self._keeper = keeper

    def params(self, ctx: Context, _: QueryParamsRequest) -> QueryParamsResponse:
        """The parameters. Raises UnknownRequest on a chain without this module."""
        return QueryParamsResponse(params=self._keeper.params(ctx))

    def vaults(self, ctx: Context, request: QueryVaultsRequest) -> QueryVaultsResponse:
        """One vault, or a page of all, living ones before stopped ones. Raises NotFound, UnknownRequest."""
        if request.vault_id:
            return QueryVaultsResponse(vaults=(self._view(ctx, self._vault(ctx, request.vault_id)),))
        state = self._keeper.state
        every = [*state.vaults.values(ctx), *state.archive.values(ctx)]
        chosen, page = _page(every, request.pagination)
        return QueryVaultsResponse(vaults=tuple(self._view(ctx, vault) for vault in chosen), pagination=page)

    def redemptions(self, ctx: Context, request: QueryRedemptionsRequest) -> QueryRedemptionsResponse:
        """Requests that fit everything that is asked for, by id."""
        state = self._keeper.state
        every = [*state.open_requests.values(ctx), *state.done_requests.values(ctx)]
        found = sorted((one for one in every if _fits(one, request)), key=lambda one: one.id)
        return QueryRedemptionsResponse(redemptions=tuple(found))

    def vault_balances(self, ctx: Context, request: QueryVaultBalancesRequest) -> QueryVaultBalancesResponse:
        """What the accounts of a vault hold. Raises NotFound, UnknownRequest."""
        return QueryVaultBalancesResponse(balances=self._balances(ctx, self._vault(ctx, request.vault_id)))

    def share(self, ctx: Context, request: QueryShareRequest) -> QueryShareResponse:
        """A party's part of a vault; nothing for one that holds none. Raises NotFound, UnknownRequest."""
        vault = self._vault(ctx, request.vault_id)
        units = self._keeper.units(ctx, vault.id, request.party)
        held = _party_share(request.party, units, self._total(ctx, vault), int(vault.total_units))
        return QueryShareResponse(
            party=held.party, units=held.units, total_units=vault.total_units, share=held.share, value=held.value
        )

    def fee_preview(self, ctx: Context, request: QueryFeePreviewRequest) -> QueryFeePreviewResponse:
        """What an assessment would do now. Raises NotFound, UnknownRequest."""
        vault = self._vault(ctx, request.vault_id)
        total = self._total(ctx, vault)
        fees = self._keeper.preview(ctx, vault, total)
        if vault.buckets:
            fees = fees._replace(management=0, performance=0, units=0)
        return QueryFeePreviewResponse(
            value=str(total),
            high_water_mark=text_of_fixed(fees.high_water_mark),
            new_gains=text_of_fixed(fees.new_gains),
            management_fee=text_of_fixed(fees.management),
            performance_fee=text_of_fixed(fees.performance),
            units=str(fees.units),
            next_fee_time=vault.next_fee_time,
        )

    # --- parts of answers ----------------------------------------------------------------------------------------

    def _vault(self, ctx: Context, vault_id: str) -> Vault:
        vault = self._keeper.find(ctx, vault_id)
        if vault is None:
            raise NotFound("rpc error: code = NotFound desc = vault not found")
        return vault

    def _total(self, ctx: Context, vault: Vault) -> int:
        try:
            return self._keeper.standing(ctx, vault.id).total
        except ChainError as problem:
            raise UnknownRequest(f"rpc error: code = Internal desc = {problem.log}") from None

    def _view(self, ctx: Context, vault: Vault) -> VaultView:
        total, total_units = self._total(ctx, vault), int(vault.total_units)
        holders = self._keeper.holders(ctx, vault.id)
        next_time: Timestamp | None = vault.redemption_dates[0].date if vault.redemption_dates else None
        return VaultView(
            id=vault.id,
            status=vault.status,
            owner=vault.owner,
            asset=vault.asset,
            metadata=vault.metadata,
            fee_period=vault.fee_period,
            next_fee_time=vault.next_fee_time,
            management_fee_factor=vault.management_fee_factor,
            performance_fee_factor=vault.performance_fee_factor,
            cut_off_period=vault.cut_off_period,
            redemption_dates=vault.redemption_dates,
            next_redemption_time=next_time,
            whitelist_enabled=vault.whitelist_enabled,
            whitelist=vault.whitelist,
            parties=tuple(_party_share(party, units, total, total_units) for party, units in holders.items()),
            total_units=vault.total_units,
            investment_value=str(total),
            balances=self._balances(ctx, vault),
            invested_amount=vault.invested_amount,
            high_water_mark=vault.high_water_mark,
            late_total=str(Settlement(self._keeper, ctx, vault).late_total()),
            pending_update=vault.pending_update,
        )

    def _balances(self, ctx: Context, vault: Vault) -> tuple[AssetBalances, ...]:
        """The vault asset first: free cash, what trading holds, what waits at the key; then other assets."""
        total = self._total(ctx, vault)
        general = self._keeper.standing(ctx, vault.id).general
        waiting = dict(self._keeper.bank.balances(ctx, from_bech32(vault.id)))
        accounts = {"general": general, "margin": total - general, "bank": waiting.pop(USDC_DENOM, 0)}
        own = _asset_balances(USDC_DENOM, accounts)
        return (own, *(_asset_balances(denom, {"bank": amount}) for denom, amount in waiting.items()))


def _asset_balances(denom: str, accounts: dict[str, int]) -> AssetBalances:
    return AssetBalances(
        asset=denom,
        accounts=tuple(AccountBalance(account=name, balance=str(amount)) for name, amount in accounts.items()),
        total=str(sum(accounts.values())),
    )


def _party_share(party: str, units: int, total: int, total_units: int) -> PartyShare:
    return PartyShare(
        party=party,
        units=str(units),
        share=text_of_fixed(share_of(units, total_units)),
        value=str(value_of(units, total, total_units)),
    )


def _fits(one: RedemptionRequest, request: QueryRedemptionsRequest) -> bool:
    if request.vault_id not in ("", one.vault_id) or request.party not in ("", one.party):
        return False
    if request.status not in (0, one.status):
        return False
    asked_ns = timestamp_ns(one.requested_at)
    if request.from_ is not None and asked_ns < timestamp_ns(request.from_):
        return False
    return request.to is None or asked_ns <= timestamp_ns(request.to)


def _page(every: list[Vault], page: PageRequest | None) -> tuple[list[Vault], PageResponse]:
    """A page by offset and limit, or by the id that the page before named."""
    page = page or PageRequest()
    if page.reverse:
        every = every[::-1]
    start = page.offset
    if page.key:
        start = next((at for at, vault in enumerate(every) if vault.id.encode() == page.key), len(every))
    limit = page.limit or DEFAULT_LIMIT
    following = every[start + limit].id.encode() if start + limit < len(every) else b""
    counted = not page.key and (page.count_total or not page.limit)
    return every[start : start + limit], PageResponse(next_key=following, total=len(every) if counted else 0)
