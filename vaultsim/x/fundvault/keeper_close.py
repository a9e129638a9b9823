"""Coins that reach a vault from outside, and the end of a vault. Source: fund-vault §§2, 4.6, 6.5."""

from __future__ import annotations

from vaultsim.address import from_bech32
from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.pb.dydxprotocol.clob import Order
from vaultsim.pb.runtime import replace
from vaultsim.pb.vaultsim.fundvault.v1 import Vault
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.bank.types import Coin
from vaultsim.x.clob.types import is_buy
from vaultsim.x.fundvault.errors import FundsNotFree, OpenOrders, OpenPositions, VaultNotActive
from vaultsim.x.fundvault.events import VaultAssetDistributed, VaultStopped
from vaultsim.x.fundvault.formulas import split_by_units
from vaultsim.x.fundvault.keeper_base import with_units
from vaultsim.x.fundvault.keeper_settlement import Settlement
from vaultsim.x.fundvault.keeper_subscribe import SubscribeKeeper
from vaultsim.x.fundvault.types import STOPPED, STOPPING, is_living, normal_address, subaccount_of
from vaultsim.x.subaccounts.types import usdc_balance


class CloseKeeper(SubscribeKeeper):
    """What a vault passes on, and how it ends."""

    # --- coins from outside --------------------------------------------------------------------------------------

    def has_coins(self, ctx: Context, vault: Vault) -> bool:
        """Whether something waits to be passed on."""
        if self.bank.balances(ctx, from_bech32(vault.id)):
            return True
        return not is_living(vault) and self._leftovers(ctx, vault) > 0

    def pass_on_coins(self, ctx: Context, vault: Vault) -> None:
        """Empties the bank account of a vault's key: the vault asset into the vault, other assets to the holders by
        units, everything to the owner where there are no holders or the vault is stopped."""
        key = from_bech32(vault.id)
        for coin in self.bank.balances(ctx, key):
            if coin.denom == USDC_DENOM and is_living(vault):
                self.pay_in(ctx, vault.id, key, coin.amount)
            else:
                self._distribute(ctx, vault, coin)
        if not is_living(vault):
            self.pay_out(ctx, vault.id, {vault.owner: self._leftovers(ctx, vault)})

    def _distribute(self, ctx: Context, vault: Vault, coin: Coin) -> None:
        holders = self.holders(ctx, vault.id)
        parts = split_by_units(coin.amount, holders) if holders else {vault.owner: coin.amount}
        given = {party: amount for party, amount in parts.items() if amount}
        self.share_out(ctx, from_bech32(vault.id), coin.denom, given)
        for party, amount in given.items():
            ctx.emit(VaultAssetDistributed(vault.id, coin.denom, party, amount))

    def _leftovers(self, ctx: Context, vault: Vault) -> int:
        # A vault that stopped without worth may have had positions, which the chain ended later.
        subaccount = self.subaccounts.get(ctx, subaccount_of(vault.id))
        return 0 if subaccount.perpetual_positions else max(0, usdc_balance(subaccount))

    # --- the end -------------------------------------------------------------------------------------------------

    def close(self, ctx: Context, vault_id: str, owner: str) -> None:
        """Pays every holder and stops the vault; dust goes to the owner.

        Raises VaultNotFound [2], NotVaultOwner [4], VaultNotActive [5], OpenPositions [26], OpenOrders [27],
        FundsNotFree [28].
        """
        vault = self.owned(ctx, vault_id, normal_address(owner))
        if not is_living(vault):
            raise VaultNotActive(vault_id)
        if self.has_positions(ctx, vault_id):
            raise OpenPositions(vault_id)
        if self.clob.stateful_count(ctx, subaccount_of(vault_id)):
            raise OpenOrders(vault_id)
        settlement = Settlement(self, ctx, vault)
        if settlement.total != settlement.general:
            raise FundsNotFree(f"{settlement.general} of {settlement.total}")
        payouts = {party: settlement.value(party) for party in self.holders(ctx, vault_id)}
        settlement.pay(payouts, late=False)
        settlement.fill_all(payouts)
        self._stop(ctx, settlement)

    def follow_stopping(self, ctx: Context, vault: Vault) -> None:
        """Withdraws orders that would not reduce a position any more, and stops the vault once all of its money is
        free and paid, or nothing of it is left."""
        if vault.status != STOPPING:
            return
        self._withdraw_orders(ctx, vault, keep_reducing=True)
        settlement = Settlement(self, ctx, vault)
        if settlement.total > 0:
            if settlement.total != settlement.general or self.has_positions(ctx, vault.id):
                return
            if any(settlement.value(party) for party in self.holders(ctx, vault.id)):
                return
        self._stop(ctx, settlement)

    def _stop(self, ctx: Context, settlement: Settlement) -> None:
        """Completes all requests, gives what is left to the owner and archives the vault."""
        for request in list(settlement.requests.values()):
            settlement.write_off(request)
        settlement.store_requests()
        vault, dust = settlement.vault, max(0, settlement.general)
        for party in self.holders(ctx, vault.id):
            self.set_units(ctx, vault.id, party, 0)
        self.pay_out(ctx, vault.id, {vault.owner: dust})
        self._withdraw_orders(ctx, vault, keep_reducing=False)
        stopped = replace(vault, status=STOPPED, redemption_dates=(), buckets=(), pending_update=None)
        self.archive(ctx, with_units(stopped, 0))
        ctx.emit(VaultStopped(vault.id, dust))

    # --- orders of a vault that ends -----------------------------------------------------------------------------

    def _withdraw_orders(self, ctx: Context, vault: Vault, *, keep_reducing: bool) -> None:
        """Cancels the vault's stateful orders; with `keep_reducing`, those only that reduce no position."""
        subaccount_id = subaccount_of(vault.id)
        if not self.clob.stateful_count(ctx, subaccount_id):
            return
        reducing: dict[int, int] = {}
        for order in self.clob.open_orders(ctx, subaccount_id):
            pair = order.order_id.clob_pair_id
            quantums = reducing.get(pair, 0) + order.quantums - self.clob.fill_amount(ctx, order.order_id)
            if keep_reducing and self.reduces(ctx, order, quantums):
                reducing[pair] = quantums
                continue
            try:
                self.clob.cancel_stateful_order(ctx, order.order_id, order.good_til_block_time or 0)
            except ChainError:
                # What the order book does not give up now, it is asked for again in the next block.
                continue

    def reduces(self, ctx: Context, order: Order, quantums: int) -> bool:
        """Whether `quantums` on the order's side do no more than close the position in its market."""
        order_id = order.order_id
        position = self.clob.position(ctx, order_id.subaccount_id, order_id.clob_pair_id)
        opposes = position < 0 if is_buy(order) else position > 0
        return opposes and quantums <= abs(position)
