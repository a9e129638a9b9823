"""The passive market maker's vault at the end of a run: money, shares, and its quotes by pair."""

from __future__ import annotations

import msgspec

from vaultsim.app.app import App
from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.vaultsim.mmvault.v1 import (
    PairQuoteParams,
    QueryQuotesRequest,
    QueryQuotesResponse,
    QueryVaultRequest,
    QueryVaultResponse,
    VaultStatus,
)
from vaultsim.x.mmvault.formulas import effective_supply
from vaultsim.x.mmvault.types import BUY, VAULT
from vaultsim.x.subaccounts.types import position_quantums

_QUERY = "/vaultsim.mmvault.v1.Query/"


class MmvaultPairSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One pair: the vault's position in base quantums, its best bid and ask in subticks (None without)."""

    clob_pair_id: int
    market: str
    base_quantums: int
    bid_subticks: int | None
    ask_subticks: int | None
    order_quantums: int


class MmvaultSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The vault at the end of a run; equity and what follows from it are None while a position cannot be priced.

    A share costs effective equity over effective supply.
    """

    status: str
    margin_quote_quantums: int
    equity_quote_quantums: int | None
    available_margin_quote_quantums: int | None
    share_supply: int
    owners: int
    unlocks: int
    unlocking_quote_quantums: int
    effective_equity_quote_quantums: int | None
    effective_supply: int
    pairs: tuple[MmvaultPairSummary, ...]


def summarize_mmvault(app: App) -> MmvaultSummary | None:
    """The figures of the app's committed state; None on a chain without the vault."""
    keeper, ctx = app.modules.keepers.mmvault, app.query_context()
    if not keeper.is_active(ctx):
        return None
    vault = _vault(app)
    unlocks = [unlock for queue in keeper.state.unlocks.values(ctx) for unlock in queue.unlocks]
    share_supply = keeper.share_supply(ctx)
    return MmvaultSummary(
        status="UNPRICED" if vault is None else VaultStatus.NAMES[vault.status].removeprefix("VAULT_STATUS_"),
        margin_quote_quantums=keeper.vault_margin(ctx),
        equity_quote_quantums=None if vault is None else int(vault.equity),
        available_margin_quote_quantums=None if vault is None else int(vault.available_margin),
        share_supply=share_supply,
        owners=sum(1 for _ in keeper.state.shares.keys(ctx)),
        unlocks=len(unlocks),
        unlocking_quote_quantums=sum(int(unlock.amount) for unlock in unlocks),
        effective_equity_quote_quantums=None if vault is None else int(vault.effective_equity),
        effective_supply=effective_supply(share_supply),
        pairs=tuple(_pair(app, ctx, params) for params in keeper.state.pairs.values(ctx)),
    )


def _vault(app: App) -> QueryVaultResponse | None:
    try:
        found = app.query(_QUERY + "Vault", QueryVaultRequest())
    except (ChainError, ChainPanic):
        return None
    assert isinstance(found, QueryVaultResponse)
    return found


def _pair(app: App, ctx: Context, params: PairQuoteParams) -> MmvaultPairSummary:
    pair_id = params.clob_pair_id
    found = app.query(_QUERY + "Quotes", QueryQuotesRequest(pair=pair_id))
    assert isinstance(found, QueryQuotesResponse)
    orders = [quote.order for quote in found.quotes]
    market, base_quantums = _position(app, ctx, pair_id)
    return MmvaultPairSummary(
        clob_pair_id=pair_id,
        market=market,
        base_quantums=base_quantums,
        bid_subticks=next((order.subticks for order in orders if order.side == BUY), None),
        ask_subticks=next((order.subticks for order in orders if order.side != BUY), None),
        order_quantums=max((order.quantums for order in orders), default=0),
    )


def _position(app: App, ctx: Context, clob_pair_id: int) -> tuple[str, int]:
    """The market's ticker and the base quantums that the vault holds."""
    pair = app.modules.clob.find_clob_pair(ctx, clob_pair_id)
    if pair is None or pair.perpetual_clob_metadata is None:
        return "", 0
    perpetual_id = pair.perpetual_clob_metadata.perpetual_id
    perpetual = app.modules.perpetuals.find(ctx, perpetual_id)
    held = position_quantums(app.modules.subaccounts.get(ctx, VAULT), perpetual_id)
    return "" if perpetual is None else perpetual.params.ticker, held
