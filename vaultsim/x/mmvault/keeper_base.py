"""What all verbs of x/mmvault share: state, ports, and where the vault stands. Source: mm-vault §§2, 3."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.lib.margin import Risk
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.x.assets.types import USDC_ASSET_ID
from vaultsim.x.mmvault.errors import PriceUnavailable, VaultInsolvent
from vaultsim.x.mmvault.formulas import FLAT, Position, effective_equity
from vaultsim.x.mmvault.params import VaultParams
from vaultsim.x.mmvault.ports import Accounts, Clob, Perpetuals, Subaccounts
from vaultsim.x.mmvault.state import MmvaultState
from vaultsim.x.mmvault.types import VAULT
from vaultsim.x.sdk_errors import UnknownRequest
from vaultsim.x.subaccounts.types import Update, usdc_balance


class MmvaultBase:
    """State, ports and look-ups of x/mmvault."""

    def __init__(
        self, state: MmvaultState, accounts: Accounts, subaccounts: Subaccounts, clob: Clob, perpetuals: Perpetuals
    ) -> None:
        self.state = state
        self.accounts = accounts
        self.subaccounts = subaccounts
        self.clob = clob
        self.perpetuals = perpetuals

    def is_active(self, ctx: Context) -> bool:
        """Whether the chain has this vault: its genesis had the section."""
        return self.state.params.has(ctx)

    def params(self, ctx: Context) -> VaultParams:
        """The vault's parameters; raises UnknownRequest [sdk 6] on a chain without the vault."""
        params = self.state.params.get(ctx)
        if params is None:
            raise UnknownRequest("this chain has no mmvault: its genesis has no such section")
        return params

    def share_supply(self, ctx: Context) -> int:
        """All shares."""
        return self.state.share_supply.get(ctx) or 0

    def shares_of(self, ctx: Context, owner: str) -> int:
        """Shares of an owner (bech32)."""
        return self.state.shares.get(ctx, owner) or 0

    def set_shares(self, ctx: Context, owner: str, shares: int, share_supply: int) -> None:
        """Stores an owner's shares, none being no row, and the sum of all."""
        if shares:
            self.state.shares.set(ctx, owner, shares)
        else:
            self.state.shares.delete(ctx, owner)
        self.state.share_supply.set(ctx, share_supply)

    def free_collateral(self, ctx: Context, subaccount_id: SubaccountId) -> int:
        """F21: quote quantums that a subaccount's positions leave free. Raises what x/subaccounts raises."""
        return available_margin(self.subaccounts.risk(ctx, Update(subaccount_id)))

    def vault_risk(self, ctx: Context) -> Risk:
        """F6: the vault's equity (net collateral) and what its positions need, in quote quantums.

        Raises PriceUnavailable [19] when a market in which it holds a position has no oracle price.
        """
        try:
            for position in self.subaccounts.get(ctx, VAULT).perpetual_positions:
                if self.perpetuals.perpetual_and_price(ctx, position.perpetual_id)[1].price == 0:
                    raise PriceUnavailable(f"perpetual {position.perpetual_id}")
            return self.subaccounts.risk(ctx, Update(VAULT))
        except PriceUnavailable:
            raise
        except ChainError as problem:
            raise PriceUnavailable(problem.log) from problem

    def solvent_risk(self, ctx: Context) -> Risk:
        """`vault_risk` of a vault whose effective equity is positive; raises VaultInsolvent [7] too."""
        risk = self.vault_risk(ctx)
        if effective_equity(risk.nc) <= 0:
            raise VaultInsolvent(f"equity {risk.nc}")
        return risk

    def vault_margin(self, ctx: Context) -> int:
        """The vault's equity (quote quantums) if positions were worth what they cost, funding as last settled."""
        subaccount = self.subaccounts.get(ctx, VAULT)
        paid = (self.position_cost(ctx, one.perpetual_id).quote_quantums for one in subaccount.perpetual_positions)
        return usdc_balance(subaccount) + sum(paid)

    def position_cost(self, ctx: Context, perpetual_id: int) -> Position:
        """Size of the vault's position and what was paid for it."""
        row = self.state.position_costs.get(ctx, perpetual_id)
        return FLAT if row is None else Position(int(row.base_quantums), int(row.quote_quantums))

    def transfer(self, ctx: Context, sender: SubaccountId, recipient: SubaccountId, quote_quantums: int) -> None:
        """Moves quote quantums between subaccounts; raises what x/subaccounts raises.

        Money that moves between margin accounts stays on the exchange, so that the block on transfers after an outage
        or a loss does not hold it up: that block is for what leaves.
        """
        self.subaccounts.transfer(ctx, sender, recipient, USDC_ASSET_ID, quote_quantums, is_gated=False)


def available_margin(risk: Risk) -> int:
    """Net collateral above the initial margin requirement; never below 0."""
    return max(0, risk.nc - risk.imr)
