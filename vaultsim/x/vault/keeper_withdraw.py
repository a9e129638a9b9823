"""Withdrawals: redemption from the main vault and the sub-vaults, with slippage. Source: dydx-vault §14."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.lib.ints import U64_MAX
from vaultsim.lib.maths import trunc_div
from vaultsim.pb.dydxprotocol.perpetuals import Perpetual
from vaultsim.pb.dydxprotocol.prices import MarketParam
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.dydxprotocol.vault import VaultId
from vaultsim.x.assets.types import USDC_ASSET_ID
from vaultsim.x.vault import formulas
from vaultsim.x.vault.errors import (
    InsufficientRedeemedQuoteQuantums,
    InsufficientWithdrawableShares,
    InvalidSharesToWithdraw,
    OwnerNotFound,
)
from vaultsim.x.vault.events import WithdrawFromMegavault, low_word
from vaultsim.x.vault.keeper_shares import SharesKeeper
from vaultsim.x.vault.types import MEGAVAULT_SUBACCOUNT, parse_vault_text, vault_subaccount


class Redemption(NamedTuple):
    """What shares redeem: quote quantums, the equity of the vaults that contributed, all shares before."""

    redeemed: int
    equity: int
    total_shares: int


class WithdrawKeeper(SharesKeeper):
    """Money out of the megavault."""

    def withdrawal_slippage(
        self,
        ctx: Context,
        vault_id: VaultId,
        shares: int,
        total_shares: int,
        leverage: Fraction,
        perpetual: Perpetual,
        market_param: MarketParam,
    ) -> Fraction:
        """The part of its share that a sub-vault keeps, exact. Raises [25], [20], or a missing tier's error."""
        if not 0 < shares <= total_shares:
            raise InvalidSharesToWithdraw(f"{shares} of {total_shares}")
        params = self.effective_quoting_params(ctx, self.vault_params(ctx, vault_id))
        if leverage == 0:
            return Fraction(0)
        tier = self.perpetuals.liquidity_tier(ctx, perpetual.params.liquidity_tier)
        return formulas.withdrawal_slippage(
            shares=shares,
            total_shares=total_shares,
            leverage=leverage,
            imf_ppm=tier.initial_margin_ppm,
            params=params,
            min_price_change_ppm=market_param.min_price_change_ppm,
        )

    def redeem(self, ctx: Context, shares: int, *, simulate: bool) -> Redemption:
        """Gathers in the main vault what `shares` redeem; `simulate` only computes.

        A sub-vault that cannot contribute is skipped. Raises [25], or what the main vault's equity raises.
        """
        total = self.total_shares(ctx)
        if shares > total:
            raise InvalidSharesToWithdraw(f"{shares} of {total}")
        equity = self.main_equity(ctx)
        redeemed = trunc_div(equity * shares, total)
        for text, params in self.all_vault_params(ctx):
            if not self.is_active(params):
                continue
            try:
                vault_id = parse_vault_text(text)
                part, vault_equity = self._part_of(ctx, vault_id, shares, total)
                if not formulas.is_quote_amount(part):
                    continue
                if not simulate:
                    self.sending.process_transfer(
                        ctx, vault_subaccount(vault_id), MEGAVAULT_SUBACCOUNT, USDC_ASSET_ID, part
                    )
            except ChainError:
                continue
            redeemed += part
            equity += vault_equity
        return Redemption(redeemed, equity, total)

    def _part_of(self, ctx: Context, vault_id: VaultId, shares: int, total: int) -> tuple[int, int]:
        """A sub-vault's contribution, truncated, and its equity."""
        market = self.market(ctx, vault_id)
        leverage, equity = self.leverage_and_equity(ctx, vault_id, market)
        slippage = self.withdrawal_slippage(ctx, vault_id, shares, total, leverage, market.perpetual, market.param)
        exact = equity * Fraction(shares, total) * (1 - slippage)
        return trunc_div(exact.numerator, exact.denominator), equity

    def withdraw_from_megavault(
        self, ctx: Context, recipient: SubaccountId, shares: int, min_quote_quantums: int
    ) -> int:
        """Redeems an owner's shares into a subaccount and returns the quote quantums.

        Raises [25], [22], [27], [28], or what the transfer raises.
        """
        owner = recipient.owner
        if shares <= 0:
            raise InvalidSharesToWithdraw(str(shares))
        owned = self.find_owner_shares(ctx, owner)
        if owned is None:
            raise OwnerNotFound(owner)
        left = owned - shares
        if left < formulas.total_locked(self.find_unlocks(ctx, owner)):
            raise InsufficientWithdrawableShares(f"{shares} of {owned}")
        redemption = self.redeem(ctx, shares, simulate=False)
        redeemed = redemption.redeemed
        if not 0 < redeemed <= U64_MAX or redeemed < min_quote_quantums:
            raise InsufficientRedeemedQuoteQuantums(f"{redeemed}, minimum {min_quote_quantums}")
        self.sending.process_transfer(ctx, MEGAVAULT_SUBACCOUNT, recipient, USDC_ASSET_ID, redeemed)
        self.set_total_shares(ctx, redemption.total_shares - shares)
        if left == 0:
            self.state.owner_shares.delete(ctx, owner)
        else:
            self.set_owner_shares(ctx, owner, left)
        ctx.emit(_withdrawn(owner, shares, redemption))
        return redeemed


def _withdrawn(owner: str, shares: int, redemption: Redemption) -> WithdrawFromMegavault:
    return WithdrawFromMegavault(
        withdrawer=owner,
        shares_to_withdraw=low_word(shares),
        total_shares=low_word(redemption.total_shares),
        megavault_equity=low_word(redemption.equity),
        redeemed_quote_quantums=low_word(redemption.redeemed),
    )
