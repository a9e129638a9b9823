"""What all verbs of x/fundvault share: state, ports, look-ups, a vault's worth, and the ways its money moves.

Source: fund-vault §§2, 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from vaultsim.address import from_bech32
from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.subaccounts import Subaccount
from vaultsim.pb.runtime import replace
from vaultsim.pb.vaultsim.fundvault.v1 import Params, RedemptionRequest, Vault
from vaultsim.x.assets.types import USDC_ASSET_ID, USDC_DENOM
from vaultsim.x.bank.types import Coin
from vaultsim.x.fundvault import keys
from vaultsim.x.fundvault.errors import NotVaultOwner, VaultNotActive, VaultNotFound
from vaultsim.x.fundvault.ports import Accounts, Assets, Bank, Clob, Epochs, Signers, Subaccounts
from vaultsim.x.fundvault.state import FundVaultState
from vaultsim.x.fundvault.types import ACTIVE, COMPLETED, Standing, subaccount_of, with_defaults
from vaultsim.x.sdk_errors import UnknownRequest
from vaultsim.x.subaccounts.types import AssetUpdate, Update, UpdateType, usdc_balance


class FundVaultBase:
    """State, ports and look-ups. `router`, which knows who signs a message, is bound late."""

    def __init__(
        self,
        state: FundVaultState,
        accounts: Accounts,
        subaccounts: Subaccounts,
        bank: Bank,
        assets: Assets,
        epochs: Epochs,
        clob: Clob,
    ) -> None:
        self.state = state
        self.accounts = accounts
        self.subaccounts = subaccounts
        self.bank = bank
        self.assets = assets
        self.epochs = epochs
        self.clob = clob
        self.router: Signers | None = None

    # --- look-ups ------------------------------------------------------------------------------------------------

    def is_on(self, ctx: Context) -> bool:
        """Whether the chain's genesis has a section of this module."""
        return self.state.params.get(ctx) is not None

    def params(self, ctx: Context) -> Params:
        """The parameters. Raises UnknownRequest [sdk 6] on a chain without this module."""
        params = self.state.params.get(ctx)
        if params is None:
            raise UnknownRequest("the genesis of this chain has no section fundvault")
        return params

    def set_params(self, ctx: Context, params: Params) -> None:
        """Stores the parameters, what is absent by its default."""
        self.state.params.set(ctx, with_defaults(params))

    def find(self, ctx: Context, vault_id: str) -> Vault | None:
        """A vault, stopped ones included."""
        vault = self.state.vaults.get(ctx, vault_id)
        return self.state.archive.get(ctx, vault_id) if vault is None else vault

    def is_vault(self, ctx: Context, address: str) -> bool:
        """Whether an address (bech32) is the key of a vault."""
        return self.state.vaults.has(ctx, address) or self.state.archive.has(ctx, address)

    def get(self, ctx: Context, vault_id: str) -> Vault:
        """A vault, stopped ones included. Raises VaultNotFound [2]."""
        self.params(ctx)
        vault = self.find(ctx, vault_id)
        if vault is None:
            raise VaultNotFound(vault_id)
        return vault

    def active(self, ctx: Context, vault_id: str) -> Vault:
        """A vault that takes messages. Raises VaultNotFound [2], VaultNotActive [5]."""
        return _require_active(self.get(ctx, vault_id))

    def owned(self, ctx: Context, vault_id: str, owner: str) -> Vault:
        """An owner's vault. Raises VaultNotFound [2], NotVaultOwner [4]."""
        vault = self.get(ctx, vault_id)
        if vault.owner != owner:
            raise NotVaultOwner(f"{owner} does not own {vault_id}")
        return vault

    def owned_active(self, ctx: Context, vault_id: str, owner: str) -> Vault:
        """An owner's vault that takes messages. Raises VaultNotFound [2], NotVaultOwner [4], VaultNotActive [5]."""
        return _require_active(self.owned(ctx, vault_id, owner))

    def units(self, ctx: Context, vault_id: str, party: str) -> int:
        """Units that a party holds."""
        return self.state.units.get(ctx, (vault_id, party)) or 0

    def units_of(self, ctx: Context, vault_id: str, parties: Iterable[str]) -> dict[str, int]:
        """Units that each of some parties holds."""
        keys = [(vault_id, party) for party in parties]
        held = self.state.units.get_all(ctx, keys)
        return {party: units or 0 for (_, party), units in zip(keys, held, strict=True)}

    def holders(self, ctx: Context, vault_id: str) -> dict[str, int]:
        """Units by holder, in order of the addresses."""
        return {party: units for (_, party), units in self.state.units.items(ctx, keys.under(vault_id))}

    def set_units(self, ctx: Context, vault_id: str, party: str, units: int) -> None:
        """Stores a party's units; none is no row."""
        if units:
            self.state.units.set(ctx, (vault_id, party), units)
        else:
            self.state.units.delete(ctx, (vault_id, party))

    def set_units_of(self, ctx: Context, vault_id: str, units: Mapping[str, int]) -> None:
        """Stores the units of some parties; none is no row."""
        self.state.units.set_all(ctx, {(vault_id, party): held for party, held in units.items() if held})
        self.state.units.delete_all(ctx, [(vault_id, party) for party, held in units.items() if not held])

    def open_requests(self, ctx: Context, vault_id: str) -> Iterator[RedemptionRequest]:
        """Requests of a vault that are not completed, oldest first."""
        return self.state.open_requests.values(ctx, keys.under(vault_id))

    def set_request(self, ctx: Context, request: RedemptionRequest) -> None:
        """Stores a request among the open or the completed ones."""
        self.set_requests(ctx, (request,))

    def set_requests(self, ctx: Context, requests: Iterable[RedemptionRequest]) -> None:
        """Stores each request among the open or the completed ones."""
        still_open: dict[tuple[str, int], RedemptionRequest] = {}
        done: dict[int, RedemptionRequest] = {}
        gone: list[tuple[str, int]] = []
        for request in requests:
            if request.status == COMPLETED:
                done[request.id] = request
                gone.append((request.vault_id, request.id))
            else:
                still_open[request.vault_id, request.id] = request
        self.state.open_requests.delete_all(ctx, gone)
        self.state.done_requests.set_all(ctx, done)
        self.state.open_requests.set_all(ctx, still_open)

    def take_request_id(self, ctx: Context) -> int:
        """The id of a new request; ids count from 1."""
        number = self.state.next_request_id.get(ctx) or 1
        self.state.next_request_id.set(ctx, number + 1)
        return number

    # --- worth and money -----------------------------------------------------------------------------------------

    def standing(self, ctx: Context, vault_id: str) -> Standing:
        """Worth and free cash of a vault; raises what x/subaccounts raises. Source: fund-vault §2."""
        subaccount = self.subaccounts.get(ctx, subaccount_of(vault_id))
        if not subaccount.perpetual_positions:
            cash = usdc_balance(subaccount)
            return Standing(cash, max(0, cash))
        risk = self.subaccounts.risk(ctx, Update(subaccount_of(vault_id)))
        cash = usdc_balance(self.subaccounts.settled(ctx, subaccount_of(vault_id)))
        return Standing(risk.nc, max(0, min(cash, risk.nc - risk.imr)))

    def has_positions(self, ctx: Context, vault_id: str) -> bool:
        """Whether the vault has an open position."""
        return _is_exposed(self.subaccounts.get(ctx, subaccount_of(vault_id)))

    def pay_in(self, ctx: Context, vault_id: str, payer: bytes, amount: int) -> None:
        """Moves base units from a bank account to the vault. Raises [sdk 5], [subaccounts 102]."""
        pool = self.subaccounts.collateral_pool_for_subaccount(ctx, subaccount_of(vault_id))
        self.bank.send_coins(ctx, payer, pool, (Coin(USDC_DENOM, amount),))
        self._change_cash(ctx, vault_id, amount)

    def pay_out(self, ctx: Context, vault_id: str, payments: Mapping[str, int]) -> None:
        """Moves base units from the vault to bank accounts, in the given order. Raises [sdk 5], [subaccounts 102]."""
        total = sum(payments.values())
        if total == 0:
            return
        pool = self.subaccounts.collateral_pool_for_subaccount(ctx, subaccount_of(vault_id))
        self.share_out(ctx, pool, USDC_DENOM, payments)
        self._change_cash(ctx, vault_id, -total)

    def share_out(self, ctx: Context, payer: bytes, denom: str, parts: Mapping[str, int]) -> None:
        """Moves coins of one bank account to several, in the given order. Raises [sdk 5]."""
        self.bank.take(ctx, payer, (Coin(denom, sum(parts.values())),))
        self.bank.give_to_each(ctx, denom, {from_bech32(party): amount for party, amount in parts.items() if amount})

    def _change_cash(self, ctx: Context, vault_id: str, delta: int) -> None:
        # Not of the kinds that stand still after an outage of the chain: dates and deposits of a fund go on. Margin is
        # judged all the same.
        changes = (Update(subaccount_of(vault_id), (AssetUpdate(USDC_ASSET_ID, delta),)),)
        success, results = self.subaccounts.update(ctx, changes, UpdateType.UNSPECIFIED)
        self.subaccounts.raise_on_failure(success, results, changes)

    def set_vault(self, ctx: Context, vault: Vault) -> None:
        """Stores a living vault."""
        self.state.vaults.set(ctx, vault.id, vault)

    def archive(self, ctx: Context, vault: Vault) -> None:
        """Stores a stopped vault."""
        self.state.vaults.delete(ctx, vault.id)
        self.state.archive.set(ctx, vault.id, vault)


def with_units(vault: Vault, total_units: int) -> Vault:
    """The vault with another number of units; without any, nothing is invested."""
    if total_units == 0:
        return replace(vault, total_units="0", invested_amount=NOTHING_INVESTED)
    return replace(vault, total_units=str(total_units))


NOTHING_INVESTED = "0.000000000000000000"


def _require_active(vault: Vault) -> Vault:
    if vault.status != ACTIVE:
        raise VaultNotActive(vault.id)
    return vault


def _is_exposed(subaccount: Subaccount) -> bool:
    return any(position.quantums or position.quote_balance for position in subaccount.perpetual_positions)
