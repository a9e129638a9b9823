"""Shares of owners, their locks and unlocks. Source: dydx-vault §§2, 15."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.lib.ints import wrap_u32
from vaultsim.pb.dydxprotocol.vault import MsgUnlockShares, NumShares, OwnerShareUnlocks, ShareUnlock
from vaultsim.x.authority import DELAYMSG_BECH32
from vaultsim.x.vault.errors import (
    EmptyOwnerAddress,
    LockedSharesExceedsOwnerShares,
    NegativeShares,
    OwnerNotFound,
)
from vaultsim.x.vault.keeper_base import VaultBase


class SharesKeeper(VaultBase):
    """Who owns how much of the megavault."""

    def total_shares(self, ctx: Context) -> int:
        """All shares; 0 when never stored."""
        stored = self.state.total_shares.get(ctx)
        return 0 if stored is None else stored.num_shares

    def set_total_shares(self, ctx: Context, shares: int) -> None:
        """Stores the number of all shares; raises NegativeShares [1]."""
        self.state.total_shares.set(ctx, _num_shares(shares))

    def find_owner_shares(self, ctx: Context, owner: str) -> int | None:
        """Shares of an owner (bech32), or None without a record."""
        stored = self.state.owner_shares.get(ctx, owner)
        return None if stored is None else stored.num_shares

    def set_owner_shares(self, ctx: Context, owner: str, shares: int) -> None:
        """Stores an owner's shares, also 0; raises NegativeShares [1]."""
        self.state.owner_shares.set(ctx, owner, _num_shares(shares))

    def delete_owner_shares(self, ctx: Context, owner: str) -> None:
        """Removes an owner's record."""
        self.state.owner_shares.delete(ctx, owner)

    def find_share_unlocks(self, ctx: Context, owner: str) -> tuple[ShareUnlock, ...] | None:
        """An owner's locked shares with their heights, or None without a record."""
        stored = self.state.owner_share_unlocks.get(ctx, owner)
        return None if stored is None else stored.share_unlocks

    def set_share_unlocks(self, ctx: Context, owner: str, unlocks: tuple[ShareUnlock, ...]) -> None:
        """Stores an owner's locked shares; raises EmptyOwnerAddress [21]."""
        record = OwnerShareUnlocks(owner_address=owner, share_unlocks=unlocks)
        validate_owner_share_unlocks(record)
        self.state.owner_share_unlocks.set(ctx, owner, record)

    def lock_shares(self, ctx: Context, owner: str, shares: int, til_height: int) -> None:
        """Locks shares of an owner until a height and schedules their unlock in its EndBlock.

        Raises ChainError for an empty owner, shares <= 0 or a height that is not in the future, OwnerNotFound [22],
        LockedSharesExceedsOwnerShares [23], and what x/delaymsg raises.
        """
        height = wrap_u32(ctx.height)
        if not owner or shares <= 0 or til_height <= height:
            raise ChainError(
                f"invalid parameters of shares locking: owner {owner!r}, shares {shares}, til height {til_height}"
            )
        lock = ShareUnlock(shares=NumShares(num_shares=shares), unlock_block_height=til_height)
        unlocks = (*(self.find_share_unlocks(ctx, owner) or ()), lock)
        owned = self.find_owner_shares(ctx, owner)
        if owned is None:
            raise OwnerNotFound(f"owner {owner}")
        locked = total_locked(unlocks)
        if locked > owned:
            raise LockedSharesExceedsOwnerShares(f"owner {owner}: {locked} of {owned}")
        message = MsgUnlockShares(authority=DELAYMSG_BECH32, owner_address=owner)
        self.delaymsg.delay_by_blocks(ctx, message, til_height - height)
        self.set_share_unlocks(ctx, owner, unlocks)

    def unlock_shares(self, ctx: Context, owner: str) -> int:
        """Forgets the locks that are due at this height and returns their shares, maybe 0.

        Raises OwnerNotFound [22] without a record.
        """
        unlocks = self.find_share_unlocks(ctx, owner)
        if unlocks is None:
            raise OwnerNotFound()
        height = wrap_u32(ctx.height)
        remaining = tuple(unlock for unlock in unlocks if unlock.unlock_block_height > height)
        if remaining:
            self.set_share_unlocks(ctx, owner, remaining)
        else:
            self.state.owner_share_unlocks.delete(ctx, owner)
        return total_locked(unlocks) - total_locked(remaining)


def total_locked(unlocks: tuple[ShareUnlock, ...]) -> int:
    """Sum of the locked shares, also of those already due."""
    return sum(unlock.shares.num_shares for unlock in unlocks)


def validate_owner_share_unlocks(record: OwnerShareUnlocks) -> None:
    """Raises EmptyOwnerAddress [21]."""
    if not record.owner_address:
        raise EmptyOwnerAddress()


def _num_shares(shares: int) -> NumShares:
    if shares < 0:
        raise NegativeShares()
    return NumShares(num_shares=shares)
