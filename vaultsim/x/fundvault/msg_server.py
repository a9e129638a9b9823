"""Messages of x/fundvault. Source: fund-vault §4, designs-on-chain (fundvault)."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.pb.vaultsim.fundvault.v1 import (
    MsgChangeVaultOwner,
    MsgChangeVaultOwnerResponse,
    MsgCloseVault,
    MsgCloseVaultResponse,
    MsgCreateVault,
    MsgCreateVaultResponse,
    MsgDepositToVault,
    MsgDepositToVaultResponse,
    MsgRequestRedemption,
    MsgRequestRedemptionResponse,
    MsgUpdateParams,
    MsgUpdateParamsResponse,
    MsgUpdateVault,
    MsgUpdateVaultResponse,
    MsgVaultCancelOrder,
    MsgVaultCancelOrderResponse,
    MsgVaultPlaceOrder,
    MsgVaultPlaceOrderResponse,
)
from vaultsim.x.authority import GOV, require_authority
from vaultsim.x.fundvault.keeper import FundVaultKeeper
from vaultsim.x.fundvault.types import parse_amount


class FundVaultMsgServer:
    """Handlers of x/fundvault."""

    def __init__(self, keeper: FundVaultKeeper) -> None:
        self._keeper = keeper

    def create_vault(self, ctx: Context, msg: MsgCreateVault) -> MsgCreateVaultResponse:
        """Opens a vault."""
        return MsgCreateVaultResponse(vault_id=self._keeper.create_vault(ctx, msg))

    def deposit(self, ctx: Context, msg: MsgDepositToVault) -> MsgDepositToVaultResponse:
        """Mints units for money."""
        units = self._keeper.deposit(ctx, msg.party, msg.vault_id, parse_amount(msg.amount))
        return MsgDepositToVaultResponse(units=str(units))

    def request_redemption(self, ctx: Context, msg: MsgRequestRedemption) -> MsgRequestRedemptionResponse:
        """Asks for money on a redemption date."""
        amount = parse_amount(msg.amount) if msg.amount else None
        request_id = self._keeper.request_redemption(ctx, msg.party, msg.vault_id, amount)
        return MsgRequestRedemptionResponse(request_id=request_id)

    def update_vault(self, ctx: Context, msg: MsgUpdateVault) -> MsgUpdateVaultResponse:
        """Changes a vault."""
        self._keeper.update_vault(ctx, msg)
        return MsgUpdateVaultResponse()

    def change_owner(self, ctx: Context, msg: MsgChangeVaultOwner) -> MsgChangeVaultOwnerResponse:
        """Hands a vault over."""
        self._keeper.change_owner(ctx, msg.vault_id, msg.owner, msg.new_owner)
        return MsgChangeVaultOwnerResponse()

    def close_vault(self, ctx: Context, msg: MsgCloseVault) -> MsgCloseVaultResponse:
        """Pays out and stops a vault."""
        self._keeper.close(ctx, msg.vault_id, msg.owner)
        return MsgCloseVaultResponse()

    def place_order(self, ctx: Context, msg: MsgVaultPlaceOrder) -> MsgVaultPlaceOrderResponse:
        """Places a stateful order as the vault; a short-term one is a chain panic, as of any trader."""
        self._keeper.admit_order(ctx, msg)
        self._keeper.clob.place_stateful_order(ctx, msg.order, internal=False)
        return MsgVaultPlaceOrderResponse()

    def cancel_order(self, ctx: Context, msg: MsgVaultCancelOrder) -> MsgVaultCancelOrderResponse:
        """Cancels a stateful order of the vault; a short-term one is a chain panic."""
        self._keeper.trading(ctx, msg.vault_id, msg.owner)
        self._keeper.clob.cancel_stateful_order(ctx, msg.order_id, msg.good_til_block_time or 0)
        return MsgVaultCancelOrderResponse()

    def update_params(self, ctx: Context, msg: MsgUpdateParams) -> MsgUpdateParamsResponse:
        """Replaces the parameters."""
        require_authority(msg.authority, GOV)
        self._keeper.params(ctx)
        self._keeper.set_params(ctx, msg.params)
        return MsgUpdateParamsResponse()
