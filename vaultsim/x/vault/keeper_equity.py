"""Equity, inventory and leverage. Source: dydx-vault §12."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.lib.quantums import base_to_quote_quantums
from vaultsim.pb.dydxprotocol.clob import ClobPair
from vaultsim.pb.dydxprotocol.perpetuals import Perpetual
from vaultsim.pb.dydxprotocol.prices import MarketParam, MarketPrice
from vaultsim.pb.dydxprotocol.vault import VaultId
from vaultsim.x.subaccounts.types import position_quantums
from vaultsim.x.vault.errors import ClobPairNotFound, MarketParamNotFound, NonPositiveEquity
from vaultsim.x.vault.keeper_base import VaultBase
from vaultsim.x.vault.types import MEGAVAULT_SUBACCOUNT, parse_vault_text, vault_subaccount


class Market(NamedTuple):
    """All that a vault's number leads to."""

    pair: ClobPair
    perpetual: Perpetual
    param: MarketParam
    price: MarketPrice


class EquityKeeper(VaultBase):
    """What vaults are worth and how far they are leveraged."""

    def vault_equity(self, ctx: Context, vault_id: VaultId) -> int:
        """Settled net collateral of a vault's subaccount in quote quantums; may be negative."""
        return self.subaccounts.net_collateral(ctx, vault_subaccount(vault_id))

    def main_equity(self, ctx: Context) -> int:
        """Equity of the main vault."""
        return self.subaccounts.net_collateral(ctx, MEGAVAULT_SUBACCOUNT)

    def megavault_equity(self, ctx: Context) -> int:
        """Main equity plus the positive equities of all vaults that are not deactivated.

        A vault whose key or equity cannot be told is skipped.
        """
        total = self.main_equity(ctx)
        for text, params in self.all_vault_params(ctx):
            if not self.is_active(params):
                continue
            try:
                equity = self.vault_equity(ctx, parse_vault_text(text))
            except ChainError:
                continue
            total += max(equity, 0)
        return total

    def market(self, ctx: Context, vault_id: VaultId) -> Market:
        """A vault's market. Raises ClobPairNotFound [2], MarketParamNotFound [3], or what the lookups raise."""
        pair = self.clob.find_clob_pair(ctx, vault_id.number)
        if pair is None:
            raise ClobPairNotFound(f"clob pair {vault_id.number}")
        perpetual = self.perpetuals.get(ctx, perpetual_of(pair))
        market_id = perpetual.params.market_id
        param = self.prices.find_market_param(ctx, market_id)
        if param is None:
            raise MarketParamNotFound(f"market {market_id}")
        return Market(pair, perpetual, param, self.prices.market_price(ctx, market_id))

    def inventory(self, ctx: Context, vault_id: VaultId, perpetual_id: int) -> int:
        """Stored base quantums of a vault's position, signed; 0 without one."""
        return position_quantums(self.subaccounts.get(ctx, vault_subaccount(vault_id)), perpetual_id)

    def leverage_and_equity(self, ctx: Context, vault_id: VaultId, market: Market) -> tuple[Fraction, int]:
        """Open notional over equity, exact and signed, and the equity. Raises NonPositiveEquity [5]."""
        equity = self.vault_equity(ctx, vault_id)
        if equity <= 0:
            raise NonPositiveEquity(f"equity {equity}")
        params, price = market.perpetual.params, market.price
        inventory = self.inventory(ctx, vault_id, params.id)
        notional = base_to_quote_quantums(inventory, params.atomic_resolution, price.price, price.exponent)
        return Fraction(notional, equity), equity


def perpetual_of(pair: ClobPair) -> int:
    """The pair's perpetual; a chain panic for a spot pair."""
    metadata = pair.perpetual_clob_metadata
    if metadata is None:
        raise ChainPanic(f"clob pair {pair.id} is not a perpetual pair")
    return metadata.perpetual_id
