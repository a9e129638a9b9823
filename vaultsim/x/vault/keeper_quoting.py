"""Which orders a vault wants. Source: dydx-vault §16."""

from __future__ import annotations

from collections.abc import Sequence

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.lib.ints import wrap_u32
from vaultsim.pb.dydxprotocol.clob import Order, OrderId
from vaultsim.pb.dydxprotocol.subaccounts import Subaccount
from vaultsim.pb.dydxprotocol.vault import QuotingParams, VaultId, VaultParams
from vaultsim.x.subaccounts.types import position_quantums
from vaultsim.x.vault.errors import VaultParamsNotFound, ZeroMarketPrice
from vaultsim.x.vault.keeper_withdraw import WithdrawKeeper
from vaultsim.x.vault.quotes import Quote, ladder, leverage_ppm, order_size, reducing_only
from vaultsim.x.vault.types import (
    BUY,
    CLOSE_ONLY,
    DEACTIVATED,
    FINAL_SETTLEMENT,
    SELL,
    STAND_BY,
    Market,
    VaultAccount,
    account_of,
    canonical_client_id,
)


class QuotingKeeper(WithdrawKeeper):
    """From a vault's state to its quotes."""

    def vault_clob_orders(self, ctx: Context, vault_id: VaultId) -> list[Order]:
        """The orders that a vault wants, with canonical client ids.

        Raises what the market look-up raises, ZeroMarketPrice [17], NonPositiveEquity [5], VaultParamsNotFound [20] or
        InvalidOrderSize [14]; empty without a clob pair or with one in final settlement.
        """
        account = account_of(vault_id)
        market = self.find_quotable_market(ctx, account)
        if market is None:
            return []
        params = self.find_params(ctx, vault_id)
        quoting = None if params is None else self.effective_quoting_params(ctx, params)
        subaccount = self.subaccounts.get(ctx, account.subaccount_id)
        quotes = self.quotes_in_market(ctx, account, params, quoting, subaccount, market)
        if quoting is None:
            return []
        good_til = good_til_block_time(ctx, quoting)
        return [order_of(account.order_id(quote.client_id), quote, good_til) for quote in quotes]

    def vault_clob_order_ids(self, ctx: Context, vault_id: VaultId) -> list[OrderId]:
        """Canonical ids of ask and bid of every layer; empty without parameters."""
        params = self.find_params(ctx, vault_id)
        if params is None:
            return []
        account = account_of(vault_id)
        return [
            account.order_id(canonical_client_id(side, layer))
            for layer in range(self.effective_quoting_params(ctx, params).layers)
            for side in (SELL, BUY)
        ]

    def find_quotable_market(self, ctx: Context, account: VaultAccount) -> Market | None:
        """The vault's market; None without a clob pair or in final settlement, whatever else is missing then."""
        pair = self.clob.find_clob_pair(ctx, account.vault_id.number)
        if pair is None:
            return None
        try:
            market = self.market_of_pair(ctx, pair)
        except ChainError:
            if pair.status == FINAL_SETTLEMENT:
                return None
            raise
        return None if pair.status == FINAL_SETTLEMENT else market

    def quotes_in_market(
        self,
        ctx: Context,
        account: VaultAccount,
        params: VaultParams | None,
        quoting: QuotingParams | None,
        subaccount: Subaccount,
        market: Market,
    ) -> Sequence[Quote]:
        """The quotes of a vault whose market is known; params are None for a vault that does not exist."""
        if market.price.price == 0:
            raise ZeroMarketPrice(f"vault {account.text}")
        equity, notional = self.equity_and_notional(ctx, account, subaccount, market)
        if params is None or quoting is None:
            raise VaultParamsNotFound(f"vault {account.text}")
        status = params.status
        if status in (DEACTIVATED, STAND_BY) or (status == CLOSE_ONLY and notional == 0):
            return ()
        quantums = order_size(equity, quoting, market)
        if quantums == 0:
            return ()
        quotes = ladder(quoting, market, leverage_ppm(notional, equity), quantums)
        if status != CLOSE_ONLY:
            return quotes
        inventory = position_quantums(subaccount, market.perpetual.params.id)
        return reducing_only(quotes, inventory, market.pair.step_base_quantums, notional > 0)


def good_til_block_time(ctx: Context, quoting: QuotingParams) -> int:
    """Unix seconds at which an order placed now expires; uint32, wraps."""
    return wrap_u32(ctx.unix_seconds + quoting.order_expiration_seconds)


def order_of(order_id: OrderId, quote: Quote, good_til: int) -> Order:
    """The long-term order of a quote."""
    return Order(
        order_id=order_id,
        side=quote.side,
        quantums=quote.quantums,
        subticks=quote.subticks,
        good_til_block_time=good_til,
        time_in_force=quote.time_in_force,
    )
