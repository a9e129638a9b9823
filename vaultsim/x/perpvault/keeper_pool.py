"""Liquidity in and out: USDG, direct deposits, swaps, fees. Source: perp-vault §7.4."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.pb.vaultsim.perpvault.v1 import Role
from vaultsim.x.bank.types import Coin
from vaultsim.x.perpvault import formulas
from vaultsim.x.perpvault.errors import (
    Forbidden,
    InvalidAmountOut,
    InvalidRedemptionAmount,
    InvalidTokenAmount,
    InvalidTokens,
    InvalidUsdgAmount,
    PoolAmountExceeded,
    SwapsDisabled,
)
from vaultsim.x.perpvault.events import BuyUsdg, DirectPoolDeposit, SellUsdg, Swap
from vaultsim.x.perpvault.keeper_funding import FundingKeeper
from vaultsim.x.perpvault.types import MODULE_NAME, USDG, Token


class PoolKeeper(FundingKeeper):
    """What liquidity providers do."""

    def direct_pool_deposit(self, ctx: Context, sender: str, denom: str, amount: int) -> None:
        """Gives tokens to the pool; nothing is minted. Raises [8], [9] and what the bank raises."""

        def deposit(ctx: Context) -> None:
            self.listed_token(ctx, denom)
            if amount <= 0:
                raise InvalidTokenAmount
            self.move_in(ctx, sender, denom, amount)
            self.increase_pool(ctx, denom, amount)
            ctx.emit(DirectPoolDeposit(sender, denom, amount))

        self.entry(ctx, deposit)

    def buy_usdg(self, ctx: Context, sender: str, denom: str, amount: int, receiver: str) -> int:
        """Tokens for USDG at the min price, less the fee; returns what was minted.

        Raises [34] in manager mode, [8], [9], [10], [33] and what feed and bank raise.
        """
        return self.entry(ctx, lambda ctx: self._buy_usdg(ctx, sender, denom, amount, receiver))

    def sell_usdg(self, ctx: Context, sender: str, denom: str, usdg: int, receiver: str) -> int:
        """USDG for tokens at the max price, less the fee; returns what was paid.

        Raises [34] in manager mode, [8], [10], [11], [35], [32], [12] and what feed and bank raise.
        """
        return self.entry(ctx, lambda ctx: self._sell_usdg(ctx, sender, denom, usdg, receiver))

    def swap(self, ctx: Context, sender: str, token_in: str, token_out: str, amount: int, receiver: str) -> int:
        """One token for another, in at the min and out at the max price, less the fee; returns what was paid.

        Raises [13] unless swaps are enabled, [8], [14], [9], [12], [33], [35], [32] and what feed and bank raise.
        """
        return self.entry(ctx, lambda ctx: self._swap(ctx, sender, token_in, token_out, amount, receiver))

    def _buy_usdg(self, ctx: Context, sender: str, denom: str, amount: int, receiver: str) -> int:
        self._require_manager(ctx, sender)
        self.listed_token(ctx, denom)
        if amount <= 0:
            raise InvalidTokenAmount
        self.move_in(ctx, sender, denom, amount)
        self.update_cumulative_funding_rate(ctx, denom, denom)
        token, price = self.token(ctx, denom), self.min_price(ctx, denom)
        gross = formulas.token_to_usdg(amount, price, token.decimals)
        if gross <= 0:
            raise InvalidUsdgAmount
        fee_bps = self.utils.usdg_fee_bps(ctx, token, gross, is_buy=True)
        left = self._less_swap_fee(ctx, denom, amount, fee_bps)
        minted = formulas.token_to_usdg(left, price, token.decimals)
        self.increase_usdg(ctx, denom, minted)
        self.increase_pool(ctx, denom, left)
        if minted:
            self.bank.mint_to_module(ctx, MODULE_NAME, (Coin(USDG, minted),))
            self.move_out(ctx, USDG, minted, receiver)
        ctx.emit(BuyUsdg(sender, receiver, denom, amount, minted, fee_bps))
        return minted

    def _sell_usdg(self, ctx: Context, sender: str, denom: str, usdg: int, receiver: str) -> int:
        self._require_manager(ctx, sender)
        self.listed_token(ctx, denom)
        if usdg <= 0:
            raise InvalidUsdgAmount
        self.move_in(ctx, sender, USDG, usdg)
        self.update_cumulative_funding_rate(ctx, denom, denom)
        redeemed = self.redemption_amount(ctx, self.token(ctx, denom), usdg)
        if redeemed <= 0:
            raise InvalidRedemptionAmount
        self.decrease_usdg(ctx, denom, usdg)
        self.decrease_pool(ctx, denom, redeemed)
        self.bank.burn_from_module(ctx, MODULE_NAME, (Coin(USDG, usdg),))
        fee_bps = self.utils.usdg_fee_bps(ctx, self.token(ctx, denom), usdg, is_buy=False)
        paid = self._less_swap_fee(ctx, denom, redeemed, fee_bps)
        if paid <= 0:
            raise InvalidAmountOut
        self.move_out(ctx, denom, paid, receiver)
        ctx.emit(SellUsdg(sender, receiver, denom, usdg, paid, fee_bps))
        return paid

    def _swap(self, ctx: Context, sender: str, token_in: str, token_out: str, amount: int, receiver: str) -> int:
        if not self.params(ctx).is_swap_enabled:
            raise SwapsDisabled
        for denom in (token_in, token_out):
            self.listed_token(ctx, denom)
        if token_in == token_out:
            raise InvalidTokens
        if amount <= 0:
            raise InvalidTokenAmount
        for denom in (token_in, token_out):
            self.update_cumulative_funding_rate(ctx, denom, denom)
        self.move_in(ctx, sender, token_in, amount)
        given, taken = self.token(ctx, token_in), self.token(ctx, token_out)
        price_in, price_out = self.min_price(ctx, token_in), self.max_price(ctx, token_out)
        out = formulas.swapped(amount, price_in, price_out, given.decimals, taken.decimals)
        usdg = formulas.token_to_usdg(amount, price_in, given.decimals)
        fee_bps = self.utils.swap_fee_bps(ctx, given, taken, usdg)
        paid = self._less_swap_fee(ctx, token_out, out, fee_bps)
        if paid <= 0:
            raise InvalidAmountOut
        self.increase_usdg(ctx, token_in, usdg)
        self.decrease_usdg(ctx, token_out, usdg)
        self.increase_pool(ctx, token_in, amount)
        self.decrease_pool(ctx, token_out, out)
        if self.token(ctx, token_out).pool_amount < taken.buffer_amount:
            raise PoolAmountExceeded(f"{token_out}: the buffer is {taken.buffer_amount}")
        self.move_out(ctx, token_out, paid, receiver)
        ctx.emit(Swap(sender, receiver, token_in, token_out, amount, out, paid, fee_bps))
        return paid

    def redemption_amount(self, ctx: Context, token: Token, usdg: int) -> int:
        """Tokens for USDG before fees."""
        return formulas.usdg_to_token(usdg, self.max_price(ctx, token.token), token.decimals)

    def _less_swap_fee(self, ctx: Context, denom: str, amount: int, fee_bps: int) -> int:
        """Books the fee and returns the rest."""
        left = formulas.after_fee(amount, fee_bps)
        self.add_fees(ctx, denom, amount - left)
        return left

    def _require_manager(self, ctx: Context, sender: str) -> None:
        if self.params(ctx).in_manager_mode and not self.has_role(ctx, Role.ROLE_MANAGER, sender):
            raise Forbidden(f"{sender} is no manager")
