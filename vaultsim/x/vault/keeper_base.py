"""What all verbs of x/vault share: state, ports, parameters of a vault, its market and its equity.

Source: dydx-vault §§2, 8, 12.
"""

from __future__ import annotations

from collections.abc import Iterator

from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.clob import ClobPair
from vaultsim.pb.dydxprotocol.subaccounts import Subaccount, SubaccountId
from vaultsim.pb.dydxprotocol.vault import OperatorParams, QuotingParams, VaultId, VaultParams
from vaultsim.x.assets.types import USDC_ASSET_ID
from vaultsim.x.subaccounts.types import position_quantums
from vaultsim.x.vault.equity_memo import EquityMemo
from vaultsim.x.vault.errors import ClobPairNotFound, MarketParamNotFound, NonPositiveEquity
from vaultsim.x.vault.formulas import equity_in_market, is_in_market_only, open_notional
from vaultsim.x.vault.ports import Assets, Bank, Clob, Delaymsg, Perpetuals, Prices, Sending, Subaccounts
from vaultsim.x.vault.settled import SettledRefresh
from vaultsim.x.vault.state import VaultState
from vaultsim.x.vault.types import DEACTIVATED, MAIN_VAULT, Market, VaultAccount, account_named, account_of
from vaultsim.x.vault.watch import RefreshWatch


class VaultBase:
    """State, ports and look-ups of x/vault.

    incremental: whether what follows from rows that did not change is kept: refreshes of vaults, and their equity.
    """

    def __init__(
        self,
        state: VaultState,
        subaccounts: Subaccounts,
        sending: Sending,
        clob: Clob,
        perpetuals: Perpetuals,
        prices: Prices,
        assets: Assets,
        bank: Bank,
        delaymsg: Delaymsg,
        *,
        incremental: bool = True,
    ) -> None:
        self.state = state
        self.subaccounts = subaccounts
        self.sending = sending
        self.clob = clob
        self.perpetuals = perpetuals
        self.prices = prices
        self.assets = assets
        self.bank = bank
        self.delaymsg = delaymsg
        self.incremental = incremental
        # By vault text, the last refresh that need not be repeated; holds on every branch, see `keeper_refresh`.
        self.settled: dict[str, SettledRefresh] = {}
        self.watch = RefreshWatch(state)
        self.equity_memo = EquityMemo(self._sum_of_positive_equities)

    def find_params(self, ctx: Context, vault_id: VaultId) -> VaultParams | None:
        """A vault's parameters, or None when there is no such vault."""
        return self.state.vault_params.get(ctx, account_of(vault_id).text)

    def default_quoting_params(self, ctx: Context) -> QuotingParams:
        """Quoting parameters of vaults without their own."""
        return self.state.default_quoting_params.get(ctx) or QuotingParams()

    def effective_quoting_params(self, ctx: Context, params: VaultParams) -> QuotingParams:
        """A vault's own quoting parameters, else the current default ones."""
        own = params.quoting_params
        return self.default_quoting_params(ctx) if own is None else own

    def operator_params(self, ctx: Context) -> OperatorParams:
        """Who may act for the vaults beside the module authorities."""
        return self.state.operator_params.get(ctx) or OperatorParams()

    def most_recent_client_ids(self, ctx: Context, vault_id: VaultId) -> tuple[int, ...]:
        """Client ids of the orders that the vault tried to place last; empty when never stored."""
        return self.state.client_ids.get(ctx, account_of(vault_id).text) or ()

    def set_most_recent_client_ids(self, ctx: Context, vault_id: VaultId, client_ids: tuple[int, ...]) -> None:
        """Stores the client ids of the vault's orders, also an empty list."""
        self.state.client_ids.set(ctx, account_of(vault_id).text, client_ids)

    def is_vault(self, ctx: Context, address: str) -> bool:
        """Whether an address (bech32) is in the set of vault addresses."""
        return self.state.addresses.has(ctx, address)

    def add_vault_address(self, ctx: Context, vault_id: VaultId) -> None:
        """Adds a vault's address to the set."""
        self.state.addresses.add(ctx, account_of(vault_id).address)

    def living_vaults(self, ctx: Context) -> Iterator[tuple[VaultAccount, VaultParams]]:
        """Vaults that are not deactivated, in byte order of their texts; keys that cannot be parsed are left out."""
        for text, params in self.state.vault_params.items(ctx):
            if params.status != DEACTIVATED:
                account = account_named(text)
                if account is not None:
                    yield account, params

    def market_of(self, ctx: Context, vault_id: VaultId) -> Market:
        """The vault's pair, perpetual, market and price.

        Raises ClobPairNotFound [2], [perpetuals 1], MarketParamNotFound [3] or [prices 201]; another pair than a
        perpetual one is a chain panic.
        """
        pair = self.clob.find_clob_pair(ctx, vault_id.number)
        if pair is None:
            raise ClobPairNotFound(f"vault {account_of(vault_id).text}")
        return self.market_of_pair(ctx, pair)

    def market_of_pair(self, ctx: Context, pair: ClobPair) -> Market:
        """Like `market_of`, for a pair at hand."""
        perpetual = self.perpetuals.get(ctx, perpetual_id_of(pair))
        market_id = perpetual.params.market_id
        param = self.prices.find_market_param(ctx, market_id)
        if param is None:
            raise MarketParamNotFound(f"market {market_id} of clob pair {pair.id}")
        return Market(pair, perpetual, param, self.prices.market_price(ctx, market_id))

    def vault_equity(self, ctx: Context, vault_id: VaultId) -> int:
        """Net collateral of a vault's subaccount in quote quantums; may be negative. Raises what x/subaccounts does."""
        return self.subaccounts.net_collateral(ctx, account_of(vault_id).subaccount_id)

    def vault_inventory(self, ctx: Context, vault_id: VaultId, perpetual_id: int) -> int:
        """Signed base quantums that the vault holds of a perpetual."""
        return position_quantums(self.subaccounts.get(ctx, account_of(vault_id).subaccount_id), perpetual_id)

    def equity_and_notional(
        self, ctx: Context, account: VaultAccount, subaccount: Subaccount, market: Market
    ) -> tuple[int, int]:
        """Equity and signed open notional in the vault's market, in quote quantums; leverage is their quotient.

        Raises NonPositiveEquity [5].
        """
        perpetual_id = market.perpetual.params.id
        if is_in_market_only(subaccount, perpetual_id):
            equity = equity_in_market(subaccount, market)
        else:
            equity = self.subaccounts.net_collateral(ctx, account.subaccount_id)
        if equity <= 0:
            raise NonPositiveEquity(f"vault {account.text}")
        return equity, open_notional(market, position_quantums(subaccount, perpetual_id))

    def main_equity(self, ctx: Context) -> int:
        """Net collateral of the main vault in quote quantums, of any sign."""
        return self.subaccounts.net_collateral(ctx, MAIN_VAULT)

    def megavault_equity(self, ctx: Context) -> int:
        """Equity of the main vault plus the positive equities of all vaults that are not deactivated.

        Raises for the main vault only; a vault whose equity cannot be told is left out. Source: dydx-vault §12.
        """
        main = self.main_equity(ctx)
        if self.incremental:
            return main + self.equity_memo.sum_of_positive_equities(ctx)
        return main + self._sum_of_positive_equities(ctx)

    def _sum_of_positive_equities(self, ctx: Context) -> int:
        total = 0
        for account, _ in self.living_vaults(ctx):
            try:
                equity = self.subaccounts.net_collateral(ctx, account.subaccount_id)
            except ChainError:
                continue
            if equity > 0:
                total += equity
        return total

    def transfer(self, ctx: Context, sender: SubaccountId, recipient: SubaccountId, quote_quantums: int) -> None:
        """Moves quote quantums between subaccounts; raises what x/subaccounts raises."""
        self.sending.process_transfer(ctx, sender, recipient, USDC_ASSET_ID, quote_quantums)


def perpetual_id_of(pair: ClobPair) -> int:
    """The perpetual of a pair; a pair without one is a chain panic."""
    metadata = pair.perpetual_clob_metadata
    if metadata is None:
        raise ChainPanic(f"clob pair {pair.id} is not a perpetual pair")
    return metadata.perpetual_id
