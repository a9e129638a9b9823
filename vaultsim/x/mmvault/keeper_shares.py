"""Deposits, withdrawals and their cooldown. Source: mm-vault §§4.1, 4.2, 5.2."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from vaultsim.context import Context, run_cached_logged
from vaultsim.lib.margin import Risk
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.vaultsim.mmvault.v1 import Unlock, UnlockQueue
from vaultsim.x.mmvault.errors import (
    DepositCapExceeded,
    InsufficientMargin,
    InsufficientShares,
    InsufficientVaultMargin,
    Slippage,
    TooManyUnlocks,
    TradingHalted,
    ZeroRelease,
    ZeroShares,
)
from vaultsim.x.mmvault.events import LiquidityAdded, LiquidityReleased, LiquidityUnlocking
from vaultsim.x.mmvault.formulas import release_value, shares_to_mint
from vaultsim.x.mmvault.keeper_base import MmvaultBase, available_margin
from vaultsim.x.mmvault.types import UNLOCKING, VAULT


class Release(NamedTuple):
    """What burnt shares bring: quote quantums, and the unix second from which they are paid."""

    amount: int
    end_time: int


class MmvaultSharesKeeper(MmvaultBase):
    """Money in, shares out; shares in, money out later."""

    def add_liquidity(self, ctx: Context, subaccount_id: SubaccountId, amount: int, least_shares: int) -> int:
        """Moves quote quantums (above 0) of a subaccount into the vault; returns the shares minted for its owner.

        Raises [13], [4], [6], [19], [7], [8] or [10], the first that applies in this order, and what the transfer
        raises.
        """
        params = self.params(ctx)
        if not params.trading_enabled:
            raise TradingHalted()
        free = self.free_collateral(ctx, subaccount_id)
        if free < amount:
            raise InsufficientMargin(f"{free} available, {amount} to deposit")
        cap = params.vault_deposit_cap
        if cap and self.vault_margin(ctx) + amount > cap:
            raise DepositCapExceeded(f"cap {cap}")
        minted = self.preview_add(ctx, amount)
        if minted < least_shares:
            raise Slippage(f"{minted} of at least {least_shares}")
        owner = subaccount_id.owner
        self.set_shares(ctx, owner, self.shares_of(ctx, owner) + minted, self.share_supply(ctx) + minted)
        self.transfer(ctx, subaccount_id, VAULT, amount)
        ctx.emit(LiquidityAdded(owner, amount, minted))
        return minted

    def preview_add(self, ctx: Context, amount: int) -> int:
        """Shares that a deposit mints now; raises [19], [7] or [8]."""
        minted = shares_to_mint(amount, self.share_supply(ctx), self.solvent_risk(ctx).nc)
        if minted < 1:
            raise ZeroShares(f"deposit of {amount}")
        return minted

    def remove_liquidity(self, ctx: Context, subaccount_id: SubaccountId, shares: int) -> Release:
        """Burns shares (above 0) of the subaccount's owner; what they are worth leaves the vault at once and is paid
        into the subaccount after the cooldown.

        Raises [5], [11], [19], [7], [9] or [12], the first that applies in this order, and what the transfer raises.
        """
        owner, params = subaccount_id.owner, self.params(ctx)
        owned = self.shares_of(ctx, owner)
        if owned < shares:
            raise InsufficientShares(f"{owned} owned, {shares} to burn")
        unlocks = self.unlocks_of(ctx, owner)
        if len(unlocks) >= params.max_unlocks:
            raise TooManyUnlocks(f"{len(unlocks)} under way")
        release = self.preview_remove(ctx, shares)
        self.set_shares(ctx, owner, owned - shares, self.share_supply(ctx) - shares)
        self.transfer(ctx, VAULT, UNLOCKING, release.amount)
        unlock = Unlock(
            owner=owner,
            subaccount_number=subaccount_id.number,
            amount=str(release.amount),
            end_time=release.end_time,
        )
        self.set_unlocks(ctx, owner, (*unlocks, unlock))
        ctx.emit(LiquidityUnlocking(owner, release.amount, shares, release.end_time))
        return release

    def preview_remove(self, ctx: Context, shares: int) -> Release:
        """What shares would bring now. Raises [19], [7], [9] or [12]."""
        risk = self.solvent_risk(ctx)
        amount = self._release_value(ctx, shares, risk)
        if amount < 1:
            raise ZeroRelease(f"{shares} shares")
        if amount > available_margin(risk):
            raise InsufficientVaultMargin(f"{available_margin(risk)} available, {amount} to release")
        return Release(amount, ctx.unix_seconds + self.params(ctx).vault_cooldown_period_seconds)

    def _release_value(self, ctx: Context, shares: int, risk: Risk) -> int:
        """F4; the last owner of a vault without positions gets no more than there is. Source: mm-vault §12 (D3)."""
        share_supply = self.share_supply(ctx)
        amount = release_value(shares, share_supply, risk.nc)
        if shares == share_supply and not self.subaccounts.get(ctx, VAULT).perpetual_positions:
            return min(amount, risk.nc)
        return amount

    # --- unlocks -------------------------------------------------------------------------------------------------

    def unlocks_of(self, ctx: Context, owner: str) -> tuple[Unlock, ...]:
        """An owner's unlocks, oldest first."""
        queue = self.state.unlocks.get(ctx, owner)
        return () if queue is None else queue.unlocks

    def set_unlocks(self, ctx: Context, owner: str, unlocks: tuple[Unlock, ...]) -> None:
        """Stores an owner's unlocks and when the oldest is due."""
        old = self.unlocks_of(ctx, owner)
        if old:
            self.state.unlock_times.delete(ctx, (old[0].end_time, owner))
        if unlocks:
            self.state.unlock_times.add(ctx, (unlocks[0].end_time, owner))
            self.state.unlocks.set(ctx, owner, UnlockQueue(unlocks=unlocks))
        else:
            self.state.unlocks.delete(ctx, owner)

    def process_unlocks(self, ctx: Context) -> None:
        """Pays every unlock that is due and stands behind none that is not, by time of the oldest, then by owner."""
        before = (ctx.unix_seconds + 1).to_bytes(8, "big")
        for _, owner in list(self.state.unlock_times.keys(ctx, before=before)):
            run_cached_logged(ctx, partial(self._release, owner=owner))

    def _release(self, ctx: Context, owner: str) -> None:
        unlocks = self.unlocks_of(ctx, owner)
        count = next((n for n, one in enumerate(unlocks) if one.end_time > ctx.unix_seconds), len(unlocks))
        amounts: dict[int, int] = {}
        for one in unlocks[:count]:
            amounts[one.subaccount_number] = amounts.get(one.subaccount_number, 0) + int(one.amount)
        for number, amount in amounts.items():
            self.transfer(ctx, UNLOCKING, SubaccountId(owner=owner, number=number), amount)
        self.set_unlocks(ctx, owner, unlocks[count:])
        ctx.emit(LiquidityReleased(owner, sum(amounts.values())))
