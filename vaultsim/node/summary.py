"""The summary of a run: vaults with status, equity, leverage and orders; shares and what they are worth."""

from __future__ import annotations

from vaultsim.app.app import App
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.lib.ints import NIL_INT
from vaultsim.lib.maths import ONE_MILLION, trunc_div
from vaultsim.node.fundvault_summary import summarize_fund_vaults
from vaultsim.node.mmvault_summary import summarize_mmvault
from vaultsim.node.perpvault_summary import summarize_perpvault
from vaultsim.node.reports import ReplaySummary, VaultSummary
from vaultsim.node.times import format_time
from vaultsim.pb.cosmos.base.query.v1beta1 import PageRequest
from vaultsim.pb.dydxprotocol.vault import (
    QueryAllVaultsRequest,
    QueryAllVaultsResponse,
    QueryMegavaultTotalSharesRequest,
    QueryMegavaultTotalSharesResponse,
    QueryVaultResponse,
    VaultStatus,
    VaultType,
)
from vaultsim.x.vault.types import account_of

_QUERY = "/dydxprotocol.vault.Query/"


def summarize(app: App, *, blocks: int, transactions: int, failed: int) -> ReplaySummary:
    """The figures of the app's committed state after so many blocks and transactions."""
    shares = app.query(_QUERY + "MegavaultTotalShares", QueryMegavaultTotalSharesRequest())
    assert isinstance(shares, QueryMegavaultTotalSharesResponse)
    total = shares.total_shares.num_shares if shares.total_shares is not None else NIL_INT
    return ReplaySummary(
        chain_id=app.chain_id,
        height=app.height,
        time=format_time(app.time_ns),
        app_hash=app.store.app_hash.hex(),
        blocks=blocks,
        transactions=transactions,
        failed_transactions=failed,
        total_shares=int(total),
        megavault_equity_quote_quantums=_megavault_equity(app),
        vaults=tuple(_vault(app, vault) for vault in _all_vaults(app)),
        mmvault=summarize_mmvault(app),
        fund_vaults=summarize_fund_vaults(app),
        perpvault=summarize_perpvault(app),
    )


def _all_vaults(app: App) -> tuple[QueryVaultResponse, ...]:
    try:
        found = app.query(_QUERY + "AllVaults", QueryAllVaultsRequest(pagination=PageRequest(limit=1_000_000)))
    except (ChainError, ChainPanic):
        return ()
    assert isinstance(found, QueryAllVaultsResponse)
    return found.vaults


def _megavault_equity(app: App) -> int:
    try:
        return app.modules.vault.megavault_equity(app.query_context())
    except (ChainError, ChainPanic):
        return 0


def _vault(app: App, vault: QueryVaultResponse) -> VaultSummary:
    number = vault.vault_id.number
    market, notional = _position(app, number, int(vault.inventory))
    equity = int(vault.equity)
    leverage = trunc_div(notional * ONE_MILLION, equity) if notional is not None and equity > 0 else None
    return VaultSummary(
        kind=_short(VaultType.NAMES, vault.vault_id.type),
        number=number,
        market=market,
        status=_short(VaultStatus.NAMES, vault.vault_params.status),
        equity_quote_quantums=equity,
        leverage_ppm=leverage,
        orders=_live_orders(app, vault),
    )


def _live_orders(app: App, vault: QueryVaultResponse) -> int:
    """How many of the orders that the vault remembers exist."""
    ctx, account = app.query_context(), account_of(vault.vault_id)
    ids = (account.order_id(client_id) for client_id in vault.most_recent_client_ids)
    return sum(app.modules.clob.find_long_term_placement(ctx, order_id) is not None for order_id in ids)


def _position(app: App, clob_pair_id: int, inventory: int) -> tuple[str, int | None]:
    """The market's ticker and the notional of `inventory` in quote quantums, None when there is no such market."""
    ctx = app.query_context()
    pair = app.modules.clob.find_clob_pair(ctx, clob_pair_id)
    if pair is None or pair.perpetual_clob_metadata is None:
        return "", None
    perpetuals = app.modules.perpetuals
    perpetual = perpetuals.find(ctx, pair.perpetual_clob_metadata.perpetual_id)
    if perpetual is None:
        return "", None
    priced = perpetuals.perpetual_and_price(ctx, perpetual.params.id)
    return perpetual.params.ticker, perpetuals.net_notional(priced, inventory)


def _short(names: dict[int, str], number: int) -> str:
    return names.get(number, str(number)).removeprefix("VAULT_TYPE_").removeprefix("VAULT_STATUS_")
