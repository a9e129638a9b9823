"""The fund accounts at the end of a run: worth, water mark, what is owed and asked for."""

from __future__ import annotations

import msgspec

from vaultsim.app.app import App
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.json_text import time_to_text
from vaultsim.pb.vaultsim.fundvault.v1 import Vault, VaultStatus
from vaultsim.x.fundvault.types import ALL


class FundVaultSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One fund account at the end of a run; `value_quote_quantums` is None where the chain itself cannot tell it."""

    vault_id: str
    name: str
    status: str
    holders: int
    value_quote_quantums: int | None
    invested_quote_quantums: str
    high_water_mark: str
    late_quote_quantums: int
    open_requests: int
    next_redemption: str


def summarize_fund_vaults(app: App) -> tuple[FundVaultSummary, ...]:
    """Every fund of the app's committed state: those that run, then the archived ones."""
    state, ctx = app.modules.keepers.fundvault.state, app.query_context()
    return tuple(_fund_vault(app, vault) for vault in (*state.vaults.values(ctx), *state.archive.values(ctx)))


def _fund_vault(app: App, vault: Vault) -> FundVaultSummary:
    keeper, ctx = app.modules.keepers.fundvault, app.query_context()
    try:
        value: int | None = keeper.standing(ctx, vault.id).total
    except (ChainError, ChainPanic):
        value = None
    claims = (claim for bucket in vault.buckets for claim in bucket.claims)
    upcoming = vault.redemption_dates
    return FundVaultSummary(
        vault_id=vault.id,
        name=vault.metadata.name,
        status=VaultStatus.NAMES[vault.status].removeprefix("VAULT_STATUS_"),
        holders=len(keeper.holders(ctx, vault.id)),
        value_quote_quantums=value,
        invested_quote_quantums=vault.invested_amount,
        high_water_mark=vault.high_water_mark,
        late_quote_quantums=sum(int(claim.amount) for claim in claims if claim.amount != ALL),
        open_requests=len(list(keeper.open_requests(ctx, vault.id))),
        next_redemption=time_to_text(upcoming[0].date.seconds, upcoming[0].date.nanos) if upcoming else "",
    )
