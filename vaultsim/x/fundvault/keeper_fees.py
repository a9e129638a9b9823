"""Fees: one assessment for each elapsed period, paid in units of the owner. Source: fund-vault §6.2."""

from __future__ import annotations

from typing import Final

from vaultsim.context import NANOSECONDS, Context
from vaultsim.lib.fixed import fixed_from_text, text_of_fixed
from vaultsim.lib.maths import floor_div
from vaultsim.pb.runtime import replace
from vaultsim.pb.vaultsim.fundvault.v1 import Vault
from vaultsim.x.clock import timestamp_ns, timestamp_of
from vaultsim.x.fundvault.events import VaultFeesAssessed, VaultUpdated
from vaultsim.x.fundvault.formulas import Fees, assess
from vaultsim.x.fundvault.keeper_dates import DatesKeeper
from vaultsim.x.fundvault.types import ACTIVE, MOST_BITS

MOST_PERIODS_PER_BLOCK: Final = 10_000
"""Periods with a fee that one block catches up with; the next block goes on."""


class FeesKeeper(DatesKeeper):
    """Assesses fees."""

    def assess_fees(self, ctx: Context, vault: Vault) -> Vault:
        """Assesses every period that has elapsed, up to a limit; the worth of now counts for each of them.

        A scheduled change that is due counts for what falls due from its time on.
        """
        if vault.status != ACTIVE:
            return vault
        if is_change_due(ctx, vault):
            vault = self.settle_terms(ctx, vault)
            if is_change_due(ctx, vault):
                return vault
        return self._assess_until(ctx, vault, ctx.time_ns)

    def settle_terms(self, ctx: Context, vault: Vault) -> Vault:
        """Assesses what fell due before a scheduled change's time by the old terms, then lets the change take effect;
        a limit on periods may leave that to the next block."""
        pending = vault.pending_update
        if pending is None:
            return vault
        vault = self._assess_until(ctx, vault, timestamp_ns(pending.effective_at) - 1)
        return vault if has_earlier_fee(vault) else self.take_over(ctx, vault)

    def take_over(self, ctx: Context, vault: Vault) -> Vault:
        """Lets a scheduled change take effect."""
        pending = vault.pending_update
        if pending is None:
            return vault
        management, performance = pending.management_fee_factor, pending.performance_fee_factor
        fee_period, cut_off_period = pending.fee_period, pending.cut_off_period
        changed = replace(
            vault,
            fee_period=vault.fee_period if fee_period is None else fee_period,
            management_fee_factor=vault.management_fee_factor if management is None else management,
            performance_fee_factor=vault.performance_fee_factor if performance is None else performance,
            cut_off_period=vault.cut_off_period if cut_off_period is None else cut_off_period,
            pending_update=None,
        )
        self.set_vault(ctx, changed)
        ctx.emit(VaultUpdated(vault.id))
        return changed

    def _assess_until(self, ctx: Context, vault: Vault, until_ns: int) -> Vault:
        elapsed = _elapsed_periods(vault, until_ns)
        if elapsed == 0:
            return vault
        due_ns = timestamp_ns(vault.next_fee_time)
        total = self.standing(ctx, vault.id).total
        if total > 0 and vault.total_units != "0" and fixed_from_text(vault.invested_amount):
            for done in range(elapsed):
                if done == MOST_PERIODS_PER_BLOCK:
                    elapsed = done
                    break
                before, vault = vault, self._assess_once(ctx, vault, total)
                if vault is before:
                    break
        vault = replace(vault, next_fee_time=timestamp_of(due_ns + elapsed * vault.fee_period * NANOSECONDS))
        self.set_vault(ctx, vault)
        return vault

    def preview(self, ctx: Context, vault: Vault, total: int) -> Fees:
        """What an assessment would give now, without regard to late redemptions; nothing without units or worth."""
        mark, invested = fixed_from_text(vault.high_water_mark), fixed_from_text(vault.invested_amount)
        if total <= 0 or vault.total_units == "0" or invested == 0:
            return Fees(mark, 0, 0, 0, 0)
        management = fixed_from_text(vault.management_fee_factor)
        performance = fixed_from_text(vault.performance_fee_factor)
        return assess(total, int(vault.total_units), invested, mark, management, performance)

    def _assess_once(self, ctx: Context, vault: Vault, total: int) -> Vault:
        """One period. While a redemption is late the mark rises and nothing is charged; the same vault when nothing
        changed, as then the further periods change nothing either."""
        fees = self.preview(ctx, vault, total)
        if vault.buckets:
            fees = fees._replace(management=0, performance=0, units=0)
        elif int(vault.total_units) + fees.units >> MOST_BITS:
            # The owner holds all but the last few digits by then.
            fees = fees._replace(units=0)
        ctx.emit(
            VaultFeesAssessed(
                vault.id,
                total,
                text_of_fixed(fees.high_water_mark),
                text_of_fixed(fees.new_gains),
                text_of_fixed(fees.management),
                text_of_fixed(fees.performance),
                fees.units,
            )
        )
        mark = text_of_fixed(fees.high_water_mark)
        if fees.units == 0 and mark == vault.high_water_mark:
            return vault
        if fees.units:
            held = self.units(ctx, vault.id, vault.owner)
            self.set_units(ctx, vault.id, vault.owner, held + fees.units)
        return replace(vault, total_units=str(int(vault.total_units) + fees.units), high_water_mark=mark)


def is_change_due(ctx: Context, vault: Vault) -> bool:
    """Whether the time of a scheduled change has come."""
    pending = vault.pending_update
    return pending is not None and timestamp_ns(pending.effective_at) <= ctx.time_ns


def has_earlier_fee(vault: Vault) -> bool:
    """Whether a fee that is to be assessed falls due before a scheduled change of fees."""
    pending = vault.pending_update
    if pending is None:
        return False
    terms = (pending.fee_period, pending.management_fee_factor, pending.performance_fee_factor)
    is_about_fees = any(term is not None for term in terms)
    return is_about_fees and timestamp_ns(vault.next_fee_time) < timestamp_ns(pending.effective_at)


def _elapsed_periods(vault: Vault, until_ns: int) -> int:
    """How many fee times are reached; none after the closing date counts. Source: fund-vault §6.5."""
    if vault.redemption_dates:
        until_ns = min(until_ns, timestamp_ns(vault.redemption_dates[-1].date))
    behind_ns = until_ns - timestamp_ns(vault.next_fee_time)
    if behind_ns < 0:
        return 0
    return floor_div(behind_ns, vault.fee_period * NANOSECONDS) + 1
