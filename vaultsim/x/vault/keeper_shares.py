"""Shares: minting, locking, unlocking, deposits. Source: dydx-vault §§13, 15."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.lib.ints import wrap_u32
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.dydxprotocol.vault import MsgUnlockShares, NumShares, OwnerShareUnlocks, ShareUnlock
from vaultsim.x.assets.types import USDC_ASSET_ID
from vaultsim.x.authority import DELAYMSG_BECH32
from vaultsim.x.vault import formulas
from vaultsim.x.vault.errors import (
    EmptyOwnerAddress,
    InvalidQuoteQuantums,
    LockedSharesExceedsOwnerShares,
    NegativeShares,
    OwnerNotFound,
)
from vaultsim.x.vault.events import DepositToMegavault, low_word
from vaultsim.x.vault.keeper_equity import EquityKeeper
from vaultsim.x.vault.types import MEGAVAULT_SUBACCOUNT


class SharesKeeper(EquityKeeper):
    """Who owns how much of the megavault."""

    def total_shares(self, ctx: Context) -> int:
        """All shares."""
        stored = self.state.total_shares.get(ctx)
        return 0 if stored is None else stored.num_shares

    def set_total_shares(self, ctx: Context, shares: int) -> None:
        """Raises NegativeShares [1]."""
        if shares < 0:
            raise NegativeShares(str(shares))
        self.state.total_shares.set(ctx, NumShares(num_shares=shares))

    def find_owner_shares(self, ctx: Context, owner: str) -> int | None:
        """An owner's shares; None without a record."""
        stored = self.state.owner_shares.get(ctx, owner)
        return None if stored is None else stored.num_shares

    def set_owner_shares(self, ctx: Context, owner: str, shares: int) -> None:
        """Raises NegativeShares [1]."""
        if shares < 0:
            raise NegativeShares(str(shares))
        self.state.owner_shares.set(ctx, owner, NumShares(num_shares=shares))

    def find_unlocks(self, ctx: Context, owner: str) -> OwnerShareUnlocks | None:
        """An owner's recorded locks."""
        return self.state.owner_share_unlocks.get(ctx, owner)

    def set_unlocks(self, ctx: Context, unlocks: OwnerShareUnlocks) -> None:
        """Raises EmptyOwnerAddress [21]."""
        if not unlocks.owner_address:
            raise EmptyOwnerAddress()
        self.state.owner_share_unlocks.set(ctx, unlocks.owner_address, unlocks)

    def mint_shares(self, ctx: Context, owner: str, quote_quantums: int) -> int:
        """Mints the shares that a deposit of `quote_quantums` buys at the equity now, and returns them.

        Raises [4], [5], [12], or what the equity raises.
        """
        if quote_quantums <= 0:
            raise InvalidQuoteQuantums(str(quote_quantums))
        total = self.total_shares(ctx)
        if total <= 0:
            minted = quote_quantums
        else:
            minted = formulas.shares_to_mint(quote_quantums, total, self.megavault_equity(ctx))
        self.set_total_shares(ctx, total + minted)
        self.set_owner_shares(ctx, owner, (self.find_owner_shares(ctx, owner) or 0) + minted)
        return minted

    def deposit_to_megavault(self, ctx: Context, subaccount_id: SubaccountId, quote_quantums: int) -> int:
        """Mints shares for the owner, then moves the money to the main vault; returns the shares.

        When it raises, earlier writes stay for the caller to drop.
        """
        minted = self.mint_shares(ctx, subaccount_id.owner, quote_quantums)
        self.sending.process_transfer(ctx, subaccount_id, MEGAVAULT_SUBACCOUNT, USDC_ASSET_ID, quote_quantums)
        ctx.emit(
            DepositToMegavault(
                depositor=subaccount_id.owner, quote_quantums=low_word(quote_quantums), minted_shares=low_word(minted)
            )
        )
        return minted

    def lock_shares(self, ctx: Context, owner: str, shares: int, til_height: int) -> None:
        """Locks shares until a height and schedules their unlocking there.

        Raises a plain ChainError for bad arguments, [22], [23], or what the scheduling raises.
        """
        if not owner or shares <= 0 or til_height <= wrap_u32(ctx.height):
            raise ChainError(f"invalid parameters: owner {owner!r}, shares {shares}, until {til_height}")
        known = self.find_unlocks(ctx, owner)
        lock = ShareUnlock(shares=NumShares(num_shares=shares), unlock_block_height=til_height)
        unlocks = OwnerShareUnlocks(
            owner_address=owner, share_unlocks=(*(known.share_unlocks if known else ()), lock)
        )
        owned = self.find_owner_shares(ctx, owner)
        if owned is None:
            raise OwnerNotFound(owner)
        if formulas.total_locked(unlocks) > owned:
            raise LockedSharesExceedsOwnerShares(owner)
        message = MsgUnlockShares(authority=DELAYMSG_BECH32, owner_address=owner)
        self.delaymsg.delay_by_blocks(ctx, message, til_height - wrap_u32(ctx.height))
        self.set_unlocks(ctx, unlocks)

    def unlock_shares(self, ctx: Context, owner: str) -> int:
        """Removes the locks whose height has come and returns their sum. Raises OwnerNotFound [22]."""
        known = self.find_unlocks(ctx, owner)
        if known is None:
            raise OwnerNotFound(owner)
        height = wrap_u32(ctx.height)
        due = [one for one in known.share_unlocks if one.unlock_block_height <= height]
        left = tuple(one for one in known.share_unlocks if one.unlock_block_height > height)
        if left:
            self.set_unlocks(ctx, OwnerShareUnlocks(owner_address=known.owner_address, share_unlocks=left))
        else:
            self.state.owner_share_unlocks.delete(ctx, owner)
        return sum(int(one.shares.num_shares) for one in due)
