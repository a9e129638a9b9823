"""Deposits to the megavault. Source: dydx-vault §13."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.x.vault.errors import InvalidQuoteQuantums, NonPositiveEquity
from vaultsim.x.vault.events import DepositToMegavault, magnitude
from vaultsim.x.vault.formulas import shares_to_mint
from vaultsim.x.vault.keeper_shares import SharesKeeper
from vaultsim.x.vault.types import MAIN_VAULT


class DepositKeeper(SharesKeeper):
    """Money in, shares out."""

    def deposit_to_megavault(self, ctx: Context, subaccount_id: SubaccountId, quote_quantums: int) -> int:
        """Mints shares for the subaccount's owner, then moves the money to the main vault; returns the shares.

        Raises what `mint_shares` and the transfer raise; the minted shares stay then, so callers run this on a branch.
        """
        minted = self.mint_shares(ctx, subaccount_id.owner, quote_quantums)
        self.transfer(ctx, subaccount_id, MAIN_VAULT, quote_quantums)
        ctx.emit(DepositToMegavault(subaccount_id.owner, magnitude(quote_quantums), magnitude(minted)))
        return minted

    def mint_shares(self, ctx: Context, owner: str, quote_quantums: int) -> int:
        """Adds the shares that a deposit is worth, truncated; the first deposit mints one share a quote quantum.

        Raises InvalidQuoteQuantums [4], NonPositiveEquity [5] or ZeroSharesToMint [12].
        """
        if quote_quantums <= 0:
            raise InvalidQuoteQuantums()
        total = self.total_shares(ctx)
        minted = quote_quantums
        if total > 0:
            equity = self.megavault_equity(ctx)
            if equity <= 0:
                raise NonPositiveEquity()
            minted = shares_to_mint(quote_quantums, total, equity)
        self.set_total_shares(ctx, total + minted)
        owned = self.find_owner_shares(ctx, owner) or 0
        self.set_owner_shares(ctx, owner, owned + minted)
        return minted
