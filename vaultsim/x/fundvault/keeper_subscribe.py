"""Deposits, requests to redeem, and the counts that keep both from being spam. Source: fund-vault §§4.2, 4.3, 8."""

from __future__ import annotations

from vaultsim.address import from_bech32
from vaultsim.context import NANOSECONDS, Context
from vaultsim.lib.fixed import ONE_FIXED, fixed_from_text, text_of_fixed
from vaultsim.pb.runtime import replace
from vaultsim.pb.vaultsim.fundvault.v1 import EpochCount, RedemptionRequest, Vault
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.clock import block_timestamp, timestamp_of
from vaultsim.x.fundvault.errors import (
    BelowMinimum,
    InsufficientFunds,
    InsufficientShare,
    InvalidAmount,
    NotWhitelisted,
    TooManyThisEpoch,
    VaultInsolvent,
)
from vaultsim.x.fundvault.events import RedemptionRequested, VaultDeposited
from vaultsim.x.fundvault.formulas import share_of, units_for_deposit, value_of
from vaultsim.x.fundvault.keeper_manage import ManageKeeper
from vaultsim.x.fundvault.types import ALL, EPOCH_NAME, MOST_BITS, PENDING, normal_address


class SubscribeKeeper(ManageKeeper):
    """What subscribers do."""

    def deposit(self, ctx: Context, party: str, vault_id: str, amount: int) -> int:
        """Pays base units into a vault and returns the units minted, rounded down.

        Raises VaultNotFound [2], VaultNotActive [5], NotWhitelisted [6], BelowMinimum [11], TooManyThisEpoch [12],
        InsufficientFunds [8], VaultInsolvent [10], and InvalidAmount [7] past 256 bits of units.
        """
        party = normal_address(party)
        vault = self.active(ctx, vault_id)
        if vault.whitelist_enabled and party not in vault.whitelist:
            raise NotWhitelisted(party)
        params = self.params(ctx)
        if amount < params.min_deposit_quantum_multiple:
            raise BelowMinimum(f"{amount}, at least {params.min_deposit_quantum_multiple}")
        count = self._count(ctx, party)
        _require_left(count.deposits, params.max_deposits_per_epoch)
        payer = from_bech32(party)
        balance = self.bank.balance(ctx, payer, USDC_DENOM)
        if balance < amount:
            raise InsufficientFunds(f"{balance} of {amount}")
        total = self.standing(ctx, vault_id).total
        units = self._mint(ctx, vault, party, amount, total)
        self.pay_in(ctx, vault_id, payer, amount)
        self.state.epoch_counts.set(ctx, party, replace(count, deposits=count.deposits + 1))
        held, total_units = self.units(ctx, vault_id, party), int(vault.total_units) + units
        ctx.emit(VaultDeposited(vault_id, party, amount, units, text_of_fixed(share_of(held, total_units))))
        return units

    def request_redemption(self, ctx: Context, party: str, vault_id: str, amount: int | None) -> int:
        """Asks for base units, or for everything (None), and returns the request's id. Units stay until paid.

        Raises VaultNotFound [2], VaultNotActive [5], InsufficientShare [9], BelowMinimum [11], TooManyThisEpoch [12].
        """
        party = normal_address(party)
        vault = self.active(ctx, vault_id)
        left = self._left_to_ask_for(ctx, vault, party)
        if left <= 0 or (amount is not None and amount > left):
            raise InsufficientShare(f"{max(left, 0)} can be asked for")
        params = self.params(ctx)
        least = params.min_redemption_quantum_multiple
        if amount is not None and amount < least and amount < left:
            raise BelowMinimum(f"{amount}, at least {least}")
        count = self._count(ctx, party)
        _require_left(count.redemptions, params.max_redemptions_per_epoch)
        self.state.epoch_counts.set(ctx, party, replace(count, redemptions=count.redemptions + 1))
        text = ALL if amount is None else str(amount)
        request = RedemptionRequest(
            id=self.take_request_id(ctx),
            vault_id=vault_id,
            party=party,
            amount_requested=text,
            remaining=text,
            due="0",
            amount_received="0",
            status=PENDING,
            eligible_from=timestamp_of(ctx.time_ns + vault.cut_off_period * NANOSECONDS),
            requested_at=block_timestamp(ctx),
            updated_at=block_timestamp(ctx),
            cancelled_amount="0",
            written_off="0",
        )
        self.set_request(ctx, request)
        ctx.emit(RedemptionRequested(vault_id, request.id, party, text))
        return request.id

    def start_epoch(self, ctx: Context) -> None:
        """Forgets the counts of the epoch before."""
        if self.epochs.started_this_block(ctx, EPOCH_NAME):
            for party in self.state.epoch_counts.keys(ctx):
                self.state.epoch_counts.delete(ctx, party)

    def _mint(self, ctx: Context, vault: Vault, party: str, amount: int, total: int) -> int:
        total_units = int(vault.total_units)
        if total_units and total <= 0:
            raise VaultInsolvent(f"{vault.id} is worth {total}")
        units = units_for_deposit(amount, total, total_units)
        if units == 0:
            raise BelowMinimum(f"{amount} is less than a unit")
        if total_units + units >> MOST_BITS:
            raise InvalidAmount(f"{amount} would make too many units")
        invested = fixed_from_text(vault.invested_amount) + amount * ONE_FIXED
        self.set_vault(
            ctx, replace(vault, total_units=str(total_units + units), invested_amount=text_of_fixed(invested))
        )
        self.set_units(ctx, vault.id, party, self.units(ctx, vault.id, party) + units)
        return units

    def _left_to_ask_for(self, ctx: Context, vault: Vault, party: str) -> int:
        """What the party's units are worth less what it asked for already; nothing while it asks for everything."""
        held = self.units(ctx, vault.id, party)
        if held == 0:
            raise InsufficientShare(f"{party} holds no units of {vault.id}")
        left = value_of(held, self.standing(ctx, vault.id).total, int(vault.total_units))
        for request in self.open_requests(ctx, vault.id):
            if request.party == party:
                if request.remaining == ALL:
                    return 0
                left -= int(request.remaining) + int(request.due)
        return left

    def _count(self, ctx: Context, party: str) -> EpochCount:
        return self.state.epoch_counts.get(ctx, party) or EpochCount(party=party)


def _require_left(done: int, most: int) -> None:
    if most and done >= most:
        raise TooManyThisEpoch(f"{done} of {most}")
