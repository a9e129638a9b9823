"""The orders that a vault wants to have on its book. Source: dydx-vault §16."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.lib.ints import U64_MAX, wrap_u64
from vaultsim.lib.maths import floor_mod
from vaultsim.lib.quantums import base_to_quote_quantums, price_to_subticks
from vaultsim.pb.dydxprotocol.clob import ClobPair_Status, Order, OrderId
from vaultsim.pb.dydxprotocol.vault import VaultId, VaultStatus
from vaultsim.x.vault import quotes
from vaultsim.x.vault.errors import InvalidOrderSize, NonPositiveEquity, ZeroMarketPrice
from vaultsim.x.vault.formulas import spread_ppm
from vaultsim.x.vault.keeper_equity import Market
from vaultsim.x.vault.keeper_withdraw import WithdrawKeeper
from vaultsim.x.vault.quotes import BUY, SELL, Quote
from vaultsim.x.vault.types import canonical_client_id, vault_order_id

_SILENT = (VaultStatus.VAULT_STATUS_DEACTIVATED, VaultStatus.VAULT_STATUS_STAND_BY)


class QuotesKeeper(WithdrawKeeper):
    """What a vault quotes now."""

    def vault_quotes(self, ctx: Context, vault_id: VaultId) -> list[Quote]:
        """The vault's quotes in order of their index; empty without a pair, or when its status keeps it silent.

        Raises [17], [5], [20], [14], or what a lookup raises.
        """
        pair = self.clob.find_clob_pair(ctx, vault_id.number)
        if pair is None or pair.status == ClobPair_Status.STATUS_FINAL_SETTLEMENT:
            return []
        market = self.market(ctx, vault_id)
        if market.price.price == 0:
            raise ZeroMarketPrice(f"market {market.price.id}")
        equity = self.vault_equity(ctx, vault_id)
        if equity <= 0:
            raise NonPositiveEquity(f"equity {equity}")
        return self._quotes_in(ctx, vault_id, market, equity)

    def _quotes_in(self, ctx: Context, vault_id: VaultId, market: Market, equity: int) -> list[Quote]:
        terms, price, pair = market.perpetual.params, market.price, market.pair
        inventory = self.inventory(ctx, vault_id, terms.id)
        notional = base_to_quote_quantums(inventory, terms.atomic_resolution, price.price, price.exponent)
        params = self.vault_params(ctx, vault_id)
        is_closing = params.status == VaultStatus.VAULT_STATUS_CLOSE_ONLY
        if params.status in _SILENT or (is_closing and notional == 0):
            return []
        quoting = self.effective_quoting_params(ctx, params)
        size = quotes.order_size(equity, quoting, price, terms.atomic_resolution, pair.step_base_quantums)
        if size == 0:
            return []
        if size > U64_MAX:
            raise InvalidOrderSize(str(size))
        ladder = quotes.ladder(
            leverage=quotes.leverage_ppm(notional, equity),
            size=size,
            params=quoting,
            spread=spread_ppm(quoting, market.param.min_price_change_ppm),
            oracle_subticks=price_to_subticks(
                price.price, price.exponent, terms.atomic_resolution, pair.quantum_conversion_exponent
            ),
            pair=pair,
        )
        if not is_closing:
            return ladder
        whole_steps = abs(inventory) - floor_mod(abs(inventory), pair.step_base_quantums)
        return quotes.closing_only(ladder, wrap_u64(whole_steps), SELL if notional > 0 else BUY)

    def vault_clob_orders(self, ctx: Context, vault_id: VaultId) -> list[Order]:
        """The quotes as orders under their canonical client ids."""
        wanted = self.vault_quotes(ctx, vault_id)
        if not wanted:
            return []
        quoting = self.effective_quoting_params(ctx, self.vault_params(ctx, vault_id))
        until = self.good_til_block_time(ctx, quoting)
        return [
            order_of(quote, vault_order_id(vault_id, canonical_client_id(quote.side == SELL, quote.layer)), until)
            for quote in wanted
        ]

    def vault_clob_order_ids(self, ctx: Context, vault_id: VaultId) -> list[OrderId]:
        """The canonical ids of all layers, ask then bid; the clob pair need not exist. Raises [20]."""
        quoting = self.effective_quoting_params(ctx, self.vault_params(ctx, vault_id))
        return [
            vault_order_id(vault_id, canonical_client_id(is_sell, layer))
            for layer in range(quoting.layers)
            for is_sell in (True, False)
        ]


def order_of(quote: Quote, order_id: OrderId, good_til_block_time: int) -> Order:
    """A quote as a long-term order."""
    return Order(
        order_id=order_id,
        side=quote.side,
        quantums=quote.quantums,
        subticks=quote.subticks,
        good_til_block_time=good_til_block_time,
        time_in_force=quote.time_in_force,
    )


