"""What a run tells about itself: to whoever watches it, and at its end. Values only; the command line prints them."""

from __future__ import annotations

from typing import Protocol

import msgspec

from vaultsim.node.fundvault_summary import FundVaultSummary
from vaultsim.node.mmvault_summary import MmvaultSummary
from vaultsim.node.perpvault_summary import PerpvaultSummary


class VaultSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One vault at the end of a run.

    `equity_quote_quantums` and `leverage_ppm` (exact leverage, rounded to zero at the sixth decimal) are None where
    the chain itself cannot tell them, e.g. leverage of a vault without equity.
    """

    kind: str
    number: int
    market: str
    status: str
    equity_quote_quantums: int | None
    leverage_ppm: int | None
    orders: int


class ReplaySummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The end of a run, as `summary.json` holds it: the same bytes whenever the same blocks ran.

    Tables of modules that the genesis does not have are left out.
    """

    chain_id: str
    height: int
    time: str
    app_hash: str
    blocks: int
    transactions: int
    failed_transactions: int
    total_shares: int
    megavault_equity_quote_quantums: int
    vaults: tuple[VaultSummary, ...]
    mmvault: MmvaultSummary | None = None
    fund_vaults: tuple[FundVaultSummary, ...] = ()
    perpvault: PerpvaultSummary | None = None


class ReplayResult(msgspec.Struct, frozen=True, kw_only=True):
    """A run that reached its end, or the first difference from what `--expect` names (both sides, readable)."""

    summary: ReplaySummary
    difference: str | None = None


class GenesisSection(msgspec.Struct, frozen=True, kw_only=True):
    """One module's part of a genesis: what it holds in words, and whether it is simulated or only kept aside."""

    module: str
    holds: str
    simulated: bool


class GenesisReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a genesis holds, what is kept aside or filled in on loading it, and each problem as one sentence that
    starts with its path."""

    chain_id: str
    notes: tuple[str, ...]
    sections: tuple[GenesisSection, ...]
    problems: tuple[str, ...]


class Watcher(Protocol):
    """Told how a run goes, while it goes."""

    def started(self, chain_id: str, blocks: int | None) -> None:
        """The genesis is loaded; `blocks` are to come, None when that is not known."""

    def block(self, height: int) -> None:
        """This block is committed."""

    def noted(self, text: str) -> None:
        """Something worth a line, once: sections kept aside, a rolled back hook."""
