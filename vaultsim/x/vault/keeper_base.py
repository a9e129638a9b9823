"""What every part of the vault keeper shares: state, ports, parameters, remembered client ids, the address set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from vaultsim.context import Context
from vaultsim.lib.ints import wrap_u32
from vaultsim.pb.dydxprotocol.vault import OperatorParams, QuotingParams, VaultId, VaultParams, VaultStatus
from vaultsim.x.authority import GOV_OR_DELAYMSG
from vaultsim.x.vault import formulas, ports
from vaultsim.x.vault.errors import InvalidAuthority, VaultParamsNotFound
from vaultsim.x.vault.state import VaultState
from vaultsim.x.vault.types import vault_bech32, vault_text

_NO_PARAMS = QuotingParams()
_NO_OPERATOR = OperatorParams()


class VaultPorts(NamedTuple):
    """The other modules that x/vault calls."""

    subaccounts: ports.SubaccountsPort
    sending: ports.SendingPort
    clob: ports.ClobPort
    perpetuals: ports.PerpetualsPort
    prices: ports.PricesPort
    assets: ports.AssetsPort
    bank: ports.BankPort
    delaymsg: ports.DelaymsgPort


class VaultBase:
    """State and ports, parameters and the small records beside them."""

    def __init__(self, state: VaultState, others: VaultPorts) -> None:
        self.state = state
        self.subaccounts = others.subaccounts
        self.sending = others.sending
        self.clob = others.clob
        self.perpetuals = others.perpetuals
        self.prices = others.prices
        self.assets = others.assets
        self.bank = others.bank
        self.delaymsg = others.delaymsg

    # --- parameters ----------------------------------------------------------------------------------------------

    def default_quoting_params(self, ctx: Context) -> QuotingParams:
        """The parameters of vaults without their own."""
        return self.state.default_quoting_params.get(ctx) or _NO_PARAMS

    def set_default_quoting_params(self, ctx: Context, params: QuotingParams) -> None:
        """Checks [8]…[31] and stores."""
        formulas.require_valid_quoting_params(params)
        self.state.default_quoting_params.set(ctx, params)

    def operator_params(self, ctx: Context) -> OperatorParams:
        """Who operates the megavault."""
        return self.state.operator_params.get(ctx) or _NO_OPERATOR

    def set_operator_params(self, ctx: Context, params: OperatorParams) -> None:
        """Checks [24] and stores."""
        formulas.require_valid_operator_params(params)
        self.state.operator_params.set(ctx, params)

    def require_authority_or_operator(self, ctx: Context, authority: str) -> None:
        """Raises InvalidAuthority [26] for anybody but gov, delaymsg and the operator."""
        operator = self.operator_params(ctx).operator
        if authority not in GOV_OR_DELAYMSG and authority != operator:
            raise InvalidAuthority(f"invalid authority {authority}")

    def find_vault_params(self, ctx: Context, vault_id: VaultId) -> VaultParams | None:
        """A vault's parameters; None when there is no such vault."""
        return self.state.vault_params.get(ctx, vault_text(vault_id))

    def vault_params(self, ctx: Context, vault_id: VaultId) -> VaultParams:
        """A vault's parameters. Raises VaultParamsNotFound [20]."""
        params = self.find_vault_params(ctx, vault_id)
        if params is None:
            raise VaultParamsNotFound(vault_text(vault_id))
        return params

    def all_vault_params(self, ctx: Context) -> Iterator[tuple[str, VaultParams]]:
        """Every vault's key text and parameters, in byte order of the texts."""
        return self.state.vault_params.items(ctx)

    def effective_quoting_params(self, ctx: Context, params: VaultParams) -> QuotingParams:
        """The vault's own quoting parameters, or the defaults now in force."""
        own = params.quoting_params
        return self.default_quoting_params(ctx) if own is None else own

    def is_active(self, params: VaultParams) -> bool:
        """Whether the vault counts in equity and redemptions."""
        return params.status != VaultStatus.VAULT_STATUS_DEACTIVATED

    # --- client ids and addresses --------------------------------------------------------------------------------

    def client_ids(self, ctx: Context, vault_id: VaultId) -> tuple[int, ...]:
        """The client ids that the vault tried last, by index of its quotes."""
        return self.state.client_ids.get(ctx, vault_text(vault_id)) or ()

    def is_vault(self, ctx: Context, bech32: str) -> bool:
        """Whether the address is in the vault address set."""
        return self.state.vault_addresses.has(ctx, bech32)

    def add_address(self, ctx: Context, vault_id: VaultId) -> None:
        """Puts a vault's address into the set."""
        self.state.vault_addresses.add(ctx, vault_bech32(vault_id))

    def good_til_block_time(self, ctx: Context, params: QuotingParams) -> int:
        """Block time plus the orders' life in seconds; wraps at 32 bits."""
        return wrap_u32(wrap_u32(ctx.unix_seconds) + params.order_expiration_seconds)
