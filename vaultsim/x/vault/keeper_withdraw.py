"""Withdrawals from the megavault. Source: dydx-vault §14."""

from __future__ import annotations

from typing import NamedTuple

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.lib.ints import is_u64
from vaultsim.lib.maths import trunc_div
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.dydxprotocol.vault import VaultId
from vaultsim.x.vault.errors import (
    InsufficientRedeemedQuoteQuantums,
    InsufficientWithdrawableShares,
    InvalidSharesToWithdraw,
    NonPositiveEquity,
    OwnerNotFound,
    VaultParamsNotFound,
)
from vaultsim.x.vault.events import WithdrawFromMegavault, magnitude
from vaultsim.x.vault.formulas import (
    ZERO,
    Ratio,
    estimated_slippage,
    open_notional,
    redeemed_from_vault,
    simple_slippage,
    smaller,
    spread_ppm,
)
from vaultsim.x.vault.keeper_deposit import DepositKeeper
from vaultsim.x.vault.keeper_shares import total_locked
from vaultsim.x.vault.types import MAIN_VAULT, Market, VaultAccount


class Redemption(NamedTuple):
    """What shares are worth: redeemed quote quantums, equity of everything that contributed, total shares before."""

    quote_quantums: int
    megavault_equity: int
    total_shares: int


class WithdrawKeeper(DepositKeeper):
    """Shares in, money out."""

    def withdraw_from_megavault(
        self, ctx: Context, subaccount_id: SubaccountId, shares: int, min_quote_quantums: int
    ) -> int:
        """Redeems shares of the subaccount's owner into the subaccount; returns the quote quantums.

        Raises [25], [22], [27], [28], and what the transfer raises; sub vaults have paid by then, so callers run this
        on a branch.
        """
        left = self._shares_after_withdrawal(ctx, subaccount_id.owner, shares)
        redeemed = self.redeem(ctx, shares, simulate=False)
        amount = redeemed.quote_quantums
        if amount <= 0 or not is_u64(amount) or amount < min_quote_quantums:
            raise InsufficientRedeemedQuoteQuantums(f"redeemed {amount}, minimum {min_quote_quantums}")
        self.transfer(ctx, MAIN_VAULT, subaccount_id, amount)
        self.set_total_shares(ctx, redeemed.total_shares - shares)
        if left:
            self.set_owner_shares(ctx, subaccount_id.owner, left)
        else:
            self.delete_owner_shares(ctx, subaccount_id.owner)
        ctx.emit(
            WithdrawFromMegavault(
                subaccount_id.owner,
                magnitude(shares),
                magnitude(redeemed.total_shares),
                magnitude(redeemed.megavault_equity),
                magnitude(amount),
            )
        )
        return amount

    def redeem(self, ctx: Context, shares: int, *, simulate: bool) -> Redemption:
        """Value of shares in the main vault and every vault, truncated each; moves it to the main vault unless
        simulated.

        A vault that has no market, no equity, no valid slippage, nothing to give, or cannot pay is left out. Raises
        InvalidSharesToWithdraw [25] and what the main vault's equity raises; no shares at all are a chain panic.
        """
        total = self.total_shares(ctx)
        if shares > total:
            raise InvalidSharesToWithdraw(f"shares to withdraw {shares} exceeds total shares {total}")
        equity_sum = self.main_equity(ctx)
        redeemed = trunc_div(equity_sum * shares, total)
        for account, _ in self.living_vaults(ctx):
            try:
                equity, amount = self._redeemable(ctx, account, shares, total)
                if amount <= 0 or not is_u64(amount):
                    continue
                if not simulate:
                    self.transfer(ctx, account.subaccount_id, MAIN_VAULT, amount)
            except ChainError:
                continue
            redeemed += amount
            equity_sum += equity
        return Redemption(redeemed, equity_sum, total)

    def withdrawal_slippage(
        self, ctx: Context, vault_id: VaultId, shares: int, total_shares: int, leverage: Ratio, market: Market
    ) -> Ratio:
        """Part of a vault's payout that a withdrawal forfeits, exact; the sign of the leverage does not matter.

        Raises InvalidSharesToWithdraw [25], VaultParamsNotFound [20] or [perpetuals 12]. Source: dydx-vault §14.1.
        """
        if shares <= 0 or shares > total_shares:
            raise InvalidSharesToWithdraw(f"shares to withdraw {shares}, total shares {total_shares}")
        params = self.find_params(ctx, vault_id)
        if params is None:
            raise VaultParamsNotFound()
        quoting = self.effective_quoting_params(ctx, params)
        if leverage[0] == 0:
            return ZERO
        size = abs(leverage[0]), leverage[1]
        tier = self.perpetuals.liquidity_tier(ctx, market.perpetual.params.liquidity_tier)
        simple = simple_slippage(size, tier.initial_margin_ppm)
        if shares == total_shares:
            return simple
        spread = spread_ppm(quoting, market.param.min_price_change_ppm)
        return smaller(simple, estimated_slippage(size, quoting.skew_factor_ppm, spread, shares, total_shares))

    def _redeemable(self, ctx: Context, account: VaultAccount, shares: int, total: int) -> tuple[int, int]:
        market = self.market_of(ctx, account.vault_id)
        # Read by read as the chain does it, since this is paid for; quotes have a shorter way to the same numbers.
        equity = self.vault_equity(ctx, account.vault_id)
        if equity <= 0:
            raise NonPositiveEquity(f"vault {account.text}")
        notional = open_notional(market, self.vault_inventory(ctx, account.vault_id, market.perpetual.params.id))
        slippage = self.withdrawal_slippage(ctx, account.vault_id, shares, total, (notional, equity), market)
        return equity, redeemed_from_vault(equity, shares, total, slippage)

    def _shares_after_withdrawal(self, ctx: Context, owner: str, shares: int) -> int:
        if shares <= 0:
            raise InvalidSharesToWithdraw(f"{shares}")
        owned = self.find_owner_shares(ctx, owner)
        if owned is None:
            raise OwnerNotFound()
        locked = total_locked(self.find_share_unlocks(ctx, owner) or ())
        if owned - shares < locked:
            raise InsufficientWithdrawableShares(f"shares to withdraw {shares}, owned {owned}, locked {locked}")
        return owned - shares
