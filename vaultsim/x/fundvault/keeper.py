"""Fund accounts: everything that messages, queries and hooks call. Source: fund-vault §6."""

from __future__ import annotations

from functools import partial

from vaultsim.context import Context, run_cached_logged
from vaultsim.pb.vaultsim.fundvault.v1 import RedemptionRequest, Vault
from vaultsim.x.clock import timestamp_ns
from vaultsim.x.fundvault.keeper_dates import is_date_due
from vaultsim.x.fundvault.keeper_orders import OrdersKeeper
from vaultsim.x.fundvault.types import ACTIVE, STOPPING

Requests = tuple[RedemptionRequest, ...]


class FundVaultKeeper(OrdersKeeper):
    """Reads and writes of x/fundvault.

    Its verbs live in files of their own, each building on the one before: settlement, dates, fees, management,
    subscription, the end of a vault, orders.
    """

    def begin_block(self, ctx: Context) -> None:
        """Starts an epoch of the spam counts; lets scheduled changes take effect."""
        self.start_epoch(ctx)
        for vault in self.state.vaults.values(ctx):
            self.apply_pending(ctx, vault)

    def end_block(self, ctx: Context) -> None:
        """Passes on coins, then pays, assesses and redeems vault by vault in order of their ids.

        Whatever goes wrong in one vault is dropped with everything its step did, and tried again in the next block.
        """
        vaults = list(self.state.vaults.values(ctx))
        for vault in (*self.state.archive.values(ctx), *vaults):
            if self.has_coins(ctx, vault):
                run_cached_logged(ctx, partial(self.pass_on_coins, vault=vault))
        # Requests are read before the first vault writes: a range over rows of this block costs more with each of them.
        due = [(vault, tuple(self.open_requests(ctx, vault.id))) for vault in vaults if _is_due(ctx, vault)]
        for vault, requests in due:
            run_cached_logged(ctx, partial(self._process, vault=vault, requests=requests))

    def _process(self, ctx: Context, vault: Vault, requests: Requests) -> None:
        """One vault: late redemptions, fees, dates, late redemptions once more, the stop check. Source: §6."""
        known: Requests | None = None if vault.buckets else requests
        vault = self.serve_late(ctx, vault)
        vault = self.assess_fees(ctx, vault)
        vault = self.reach_dates(ctx, vault, known)
        self.follow_stopping(ctx, vault)


def _is_due(ctx: Context, vault: Vault) -> bool:
    """Whether there is anything to do for a vault in this block."""
    if vault.buckets or vault.status == STOPPING or is_date_due(ctx, vault):
        return True
    return vault.status == ACTIVE and timestamp_ns(vault.next_fee_time) <= ctx.time_ns
