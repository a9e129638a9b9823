"""The megavault and its vaults: everything that other modules, messages, queries and hooks call.

Source: dydx-vault §§10, 18, 19.
"""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.pb.dydxprotocol.vault import OperatorParams, QuotingParams, VaultId, VaultParams
from vaultsim.pb.runtime import replace
from vaultsim.x.assets.types import USDC_ASSET_ID
from vaultsim.x.vault.errors import ClobPairNotFound, DeactivatePositiveEquityVault, VaultParamsNotFound
from vaultsim.x.vault.events import SweepToMegavault, magnitude
from vaultsim.x.vault.keeper_quoting import good_til_block_time
from vaultsim.x.vault.keeper_refresh import RefreshKeeper
from vaultsim.x.vault.params import validate_operator_params, validate_quoting_params, validate_vault_params
from vaultsim.x.vault.types import (
    DEACTIVATED,
    MAIN_VAULT,
    MEGAVAULT_ADDRESS,
    STAND_BY,
    VaultAccount,
    account_named,
    account_of,
)


class VaultKeeper(RefreshKeeper):
    """Reads and writes of x/vault."""

    def set_default_quoting_params(self, ctx: Context, params: QuotingParams) -> None:
        """Stores the quoting parameters of vaults without their own; raises what their validation raises."""
        validate_quoting_params(params)
        self.state.default_quoting_params.set(ctx, params)

    def set_operator_params(self, ctx: Context, params: OperatorParams) -> None:
        """Stores operator and description; raises EmptyOperator [24]."""
        validate_operator_params(params)
        self.state.operator_params.set(ctx, params)

    def set_vault_params(self, ctx: Context, vault_id: VaultId, params: VaultParams) -> None:
        """Creates or changes a vault; one that stops quoting for good has its orders cancelled at once.

        Raises what validation raises, DeactivatePositiveEquityVault [29], and what the equity raises. Neither the clob
        pair nor the address set is looked at.
        """
        validate_vault_params(params)
        status = params.status
        if status == DEACTIVATED and self.vault_equity(ctx, vault_id) > 0:
            raise DeactivatePositiveEquityVault()
        account = account_of(vault_id)
        old = self.find_params(ctx, vault_id)
        if old is not None:
            quoting = self.effective_quoting_params(ctx, old)
            if status in (DEACTIVATED, STAND_BY):
                self._cancel_all(ctx, account, quoting)
        self.state.vault_params.set(ctx, account.text, params)

    def set_vault_status(self, ctx: Context, vault_id: VaultId, status: int) -> None:
        """Changes a vault's status only; raises VaultParamsNotFound [20] and what `set_vault_params` raises."""
        params = self.find_params(ctx, vault_id)
        if params is None:
            raise VaultParamsNotFound()
        self.set_vault_params(ctx, vault_id, replace(params, status=status))

    def allocate_to_vault(self, ctx: Context, vault_id: VaultId, quantums: int) -> None:
        """Moves quote quantums from the main vault to a vault, which is created as stand-by if it does not exist.

        Raises ClobPairNotFound [2] and what the transfer raises.
        """
        if self.clob.find_clob_pair(ctx, vault_id.number) is None:
            raise ClobPairNotFound()
        if self.find_params(ctx, vault_id) is None:
            self.set_vault_params(ctx, vault_id, VaultParams(status=STAND_BY))
            self.add_vault_address(ctx, vault_id)
        self.transfer(ctx, MAIN_VAULT, account_of(vault_id).subaccount_id, quantums)

    def retrieve_from_vault(self, ctx: Context, vault_id: VaultId, quantums: int) -> None:
        """Moves quote quantums from a vault to the main vault.

        Raises VaultParamsNotFound [20] and what the transfer raises.
        """
        if self.find_params(ctx, vault_id) is None:
            raise VaultParamsNotFound()
        self.transfer(ctx, account_of(vault_id).subaccount_id, MAIN_VAULT, quantums)

    def decommission_non_positive_equity_vaults(self, ctx: Context) -> None:
        """Removes every deactivated vault without equity; shares and subaccounts stay. Source: dydx-vault §18."""
        for text, params in self.state.vault_params.items(ctx):
            account = account_named(text)
            if params.status != DEACTIVATED or account is None:
                continue
            try:
                equity = self.vault_equity(ctx, account.vault_id)
            except ChainError:
                continue
            if equity <= 0:
                self.decommission(ctx, account.vault_id)

    def decommission(self, ctx: Context, vault_id: VaultId) -> None:
        """Removes a vault's address, parameters and client ids."""
        account = account_of(vault_id)
        self.state.addresses.delete(ctx, account.address)
        self.state.vault_params.delete(ctx, account.text)
        self.state.client_ids.delete(ctx, account.text)

    def sweep_main_vault_bank_balance(self, ctx: Context) -> None:
        """Deposits the USDC of the megavault's account into the main vault; a refusal is only logged by the chain."""
        usdc = self.assets.find(ctx, USDC_ASSET_ID)
        if usdc is None:
            return
        amount = self.bank.balance(ctx, MEGAVAULT_ADDRESS, usdc.denom)
        if amount <= 0:
            return
        try:
            self.subaccounts.deposit(ctx, MEGAVAULT_ADDRESS, MAIN_VAULT, USDC_ASSET_ID, amount)
        except ChainError:
            return
        ctx.emit(SweepToMegavault(magnitude(amount)))

    def _cancel_all(self, ctx: Context, account: VaultAccount, quoting: QuotingParams) -> None:
        good_til = good_til_block_time(ctx, quoting)
        for client_id in self.state.client_ids.get(ctx, account.text) or ():
            order_id = account.order_id(client_id)
            if self.clob.find_long_term_placement(ctx, order_id) is None:
                continue
            try:
                self.clob.cancel_stateful_order(ctx, order_id, good_til)
            except ChainError:
                continue
        self.state.client_ids.set(ctx, account.text, ())
