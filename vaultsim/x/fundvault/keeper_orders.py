"""Trading as a vault, and everything else that its key may not do. Source: fund-vault §§2, 4.7.

A vault's key has no private key behind it: its owner signs for its orders. Messages that would act as the key in any
other way, or bring money to it past a deposit, are refused wherever they come from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.pb.cosmos.bank.v1beta1 import MsgMultiSend, MsgSend
from vaultsim.pb.dydxprotocol.clob import MsgBatchCancel, MsgCancelOrder, MsgPlaceOrder, MsgUpdateLeverage, Order
from vaultsim.pb.dydxprotocol.sending import (
    MsgCreateTransfer,
    MsgDepositToSubaccount,
    MsgSendFromAccountToAccount,
    MsgWithdrawFromSubaccount,
)
from vaultsim.pb.runtime import Message
from vaultsim.pb.vaultsim.fundvault.v1 import MsgVaultCancelOrder, MsgVaultPlaceOrder, Vault
from vaultsim.x.fundvault import validate_basic
from vaultsim.x.fundvault.errors import AssetNotAllowed, NotVaultOwner, ReduceOnly, TransferForbidden, VaultNotActive
from vaultsim.x.fundvault.keeper_close import CloseKeeper
from vaultsim.x.fundvault.types import ACTIVE, is_living, normal_address, subaccount_of
from vaultsim.x.sdk_errors import InvalidAddress

_ORDERS: Final = (MsgPlaceOrder, MsgCancelOrder, MsgBatchCancel, MsgUpdateLeverage)

# Whose money a message moves, and to whom, beside the accounts that must sign it.
_TOUCHED: Final[dict[type[Message], Callable[[Any], tuple[str, ...]]]] = {
    MsgSend: lambda msg: (msg.to_address,),
    MsgMultiSend: lambda msg: tuple(output.address for output in msg.outputs),
    MsgCreateTransfer: lambda msg: () if msg.transfer is None else (msg.transfer.recipient.owner,),
    MsgDepositToSubaccount: lambda msg: (msg.recipient.owner,),
    MsgWithdrawFromSubaccount: lambda msg: (msg.recipient,),
    MsgSendFromAccountToAccount: lambda msg: (msg.sender, msg.recipient),
}


class OrdersKeeper(CloseKeeper):
    """What owners trade as their vaults, and what nobody may do with a vault's key."""

    def admit(self, ctx: Context, message: Message) -> None:
        """The design's checks of a message that reaches the order book; everything else is guarded.

        Raises what `admit_order` and `guard` raise, and NotVaultOwner [4] for an order of another subaccount.
        """
        if isinstance(message, MsgVaultPlaceOrder):
            validate_basic.place_order(message)
            self.admit_order(ctx, message)
        elif isinstance(message, MsgVaultCancelOrder):
            validate_basic.cancel_order(message)
            self.trading(ctx, message.vault_id, message.owner)
        else:
            self.guard(ctx, message)

    def admit_placed(self, ctx: Context, message: Message) -> None:
        """Checks a short-term placement again in the block that matches it. Late redemptions were paid in the block
        before, and nothing came in since: only who may trade counts. Raises what `admit` raises."""
        if isinstance(message, MsgVaultPlaceOrder):
            validate_basic.place_order(message)
            self._require_tradable(ctx, self.trading(ctx, message.vault_id, message.owner), message.order)
        else:
            self.guard(ctx, message)

    def admit_order(self, ctx: Context, msg: MsgVaultPlaceOrder) -> None:
        """Lets the owner place an order; late redemptions are paid first, so that it cannot spend their money.

        Raises VaultNotFound [2], NotVaultOwner [4], VaultNotActive [5], AssetNotAllowed [14], ReduceOnly [30].
        """
        vault = self.trading(ctx, msg.vault_id, msg.owner)
        self._require_tradable(ctx, vault, msg.order)
        self.serve_late(ctx, vault)

    def still_accepts(self, ctx: Context, msg: MsgVaultPlaceOrder) -> bool:
        """Whether a short-term order, placed earlier, could be placed now: owners and vaults change."""
        try:
            self._require_tradable(ctx, self.trading(ctx, msg.vault_id, msg.owner), msg.order)
        except ChainError:
            return False
        return True

    def trading(self, ctx: Context, vault_id: str, owner: str) -> Vault:
        """An owner's vault that is not stopped. Raises [2], [4], [5]."""
        vault = self.owned(ctx, vault_id, normal_address(owner))
        if not is_living(vault):
            raise VaultNotActive(vault_id)
        return vault

    def guard(self, ctx: Context, message: Message) -> None:
        """Refuses what would act as a vault's key or move money to it.

        Raises NotVaultOwner [4] for orders, TransferForbidden [29] for all else.
        """
        ctx = ctx.unmetered()
        if not self.is_on(ctx) or self.router is None:
            return
        for signer in self.router.signers(message):
            if self._is_key(ctx, signer):
                if isinstance(message, _ORDERS):
                    raise NotVaultOwner(f"orders of {signer} come from its owner")
                raise TransferForbidden(signer)
        touched = _TOUCHED.get(type(message))
        for address in touched(message) if touched else ():
            if self._is_key(ctx, address):
                raise TransferForbidden(address)

    def _is_key(self, ctx: Context, address: str) -> bool:
        """Whether an address, in whatever case it is written, is the key of a vault."""
        try:
            return self.is_vault(ctx, normal_address(address))
        except InvalidAddress:
            return False

    def _require_tradable(self, ctx: Context, vault: Vault, order: Order) -> None:
        pair = self.clob.find_clob_pair(ctx, order.order_id.clob_pair_id)
        if pair is None:
            return
        if pair.perpetual_clob_metadata is None:
            raise AssetNotAllowed(f"clob pair {pair.id} does not settle in asset {vault.asset}")
        if vault.status == ACTIVE:
            return
        quantums = order.quantums - self.clob.fill_amount(ctx, order.order_id)
        for other in self.clob.open_orders(ctx, subaccount_of(vault.id)):
            if other.order_id.clob_pair_id == pair.id and other.order_id != order.order_id:
                quantums += other.quantums - self.clob.fill_amount(ctx, other.order_id)
        if not self.reduces(ctx, order, quantums):
            raise ReduceOnly(f"{order.quantums} base quantums in clob pair {pair.id}")
