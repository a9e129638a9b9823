"""The vault's quotes: all of them cancelled and made anew, once a block. Source: mm-vault §5.1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.lib.ints import wrap_u32
from vaultsim.lib.maths import floor_mod
from vaultsim.pb.dydxprotocol.clob import ClobPair, Order
from vaultsim.pb.vaultsim.mmvault.v1 import PairQuoteParams
from vaultsim.x.clob.types import NO_PRICES, BestPrices
from vaultsim.x.mmvault.errors import AlreadyRefreshed, PriceUnavailable
from vaultsim.x.mmvault.events import VaultQuoteSkipped
from vaultsim.x.mmvault.formulas import effective_equity
from vaultsim.x.mmvault.keeper_base import available_margin
from vaultsim.x.mmvault.keeper_shares import MmvaultSharesKeeper
from vaultsim.x.mmvault.params import VaultParams, total_weight
from vaultsim.x.mmvault.ports import LongTermOrders
from vaultsim.x.mmvault.quotes import NO_ALLOCATION, Conditions, PairQuotes, pair_quotes
from vaultsim.x.mmvault.types import ACTIVE, BUY, ORDER_SECONDS, POST_ONLY, SELL, SIDES, TOTAL, VAULT, order_id

NOT_ACTIVE: Final = "pair_not_active"
NO_PRICE: Final = "price_unavailable"
REFUSED: Final = "order_refused"
HALTED: Final = "trading_halted"


class Capital(NamedTuple):
    """What is split among the pairs: quote quantums and the sum of the weights."""

    base: int
    total_weight: int


class MmvaultQuotingKeeper(MmvaultSharesKeeper):
    """From the vault's capital to its orders."""

    def refresh_quotes(self, ctx: Context) -> None:
        """Cancels every order of the vault and places those of the moment; what is amiss with a pair skips that pair.

        Raises AlreadyRefreshed [14] for a second time in a block.
        """
        height = wrap_u32(ctx.height)
        if self.state.last_quote_refresh_height.get(ctx) == height:
            raise AlreadyRefreshed(f"height {height}")
        self.state.last_quote_refresh_height.set(ctx, height)
        pairs = list(self.state.pairs.values(ctx))
        capital = self.find_capital(ctx)
        if isinstance(capital, str):
            for params in pairs:
                self.cancel_quotes(ctx, params.clob_pair_id)
                if capital == NO_PRICE:
                    ctx.emit(VaultQuoteSkipped(params.clob_pair_id, capital))
            return
        best = self.clob.best_stateful_prices(ctx, VAULT.owner)
        for params in pairs:
            self._requote(ctx, params, capital, best)

    def was_refreshed(self, ctx: Context) -> bool:
        """Whether the quotes were refreshed in this block."""
        return self.state.last_quote_refresh_height.get(ctx) == wrap_u32(ctx.height)

    def find_capital(self, ctx: Context) -> Capital | str:
        """What may be quoted with, or why nothing may."""
        params = self.params(ctx)
        weight = total_weight(list(self.state.pairs.values(ctx)))
        if not params.trading_enabled:
            return HALTED
        if weight == 0:
            return "zero_total_weight"
        try:
            base = self.allocation_base(ctx, params)
        except PriceUnavailable:
            return NO_PRICE
        return Capital(base, weight) if base > 0 else NO_ALLOCATION

    def allocation_base(self, ctx: Context, params: VaultParams) -> int:
        """The vault's available margin, or its whole margin, as the parameters say (quote quantums); 0 after a
        catastrophic loss.

        Raises PriceUnavailable [19] in both cases. Source: mm-vault §§2, 12 (D1, D7).
        """
        risk = self.vault_risk(ctx)
        if effective_equity(risk.nc) <= 0:
            return 0
        return self.vault_margin(ctx) if params.margin_basis == TOTAL else available_margin(risk)

    def find_conditions(
        self, ctx: Context, params: PairQuoteParams, pair: ClobPair | None, best: BestPrices
    ) -> Conditions | str:
        """What the quotes of a pair follow from, or why it cannot be quoted."""
        if pair is None or pair.status != ACTIVE or pair.perpetual_clob_metadata is None:
            return NOT_ACTIVE
        try:
            perpetual, price, tier = self.perpetuals.info(ctx, pair.perpetual_clob_metadata.perpetual_id)
        except ChainError:
            return NO_PRICE
        if price.price == 0:
            return NO_PRICE
        return Conditions(
            params, pair, price, perpetual.params.atomic_resolution, tier.initial_margin_ppm, best.bid, best.ask
        )

    def cancel_quotes(self, ctx: Context, clob_pair_id: int) -> None:
        """Cancels the vault's orders in a pair."""
        orders = self.clob.long_term_orders(ctx, VAULT, clob_pair_id)
        for side in SIDES:
            _cancel(orders, clob_pair_id, side, good_til_block_time(ctx))
        orders.finish()

    def _requote(self, ctx: Context, params: PairQuoteParams, capital: Capital, best: Mapping[int, BestPrices]) -> None:
        pair_id, good_til = params.clob_pair_id, good_til_block_time(ctx)
        pair = self.clob.find_clob_pair(ctx, pair_id)
        conditions = self.find_conditions(ctx, params, pair, best.get(pair_id, NO_PRICES))
        quotes = (
            PairQuotes(skip_reason=conditions) if isinstance(conditions, str) else pair_quotes(*capital, conditions)
        )
        orders = self.clob.long_term_orders(ctx, VAULT, pair_id)
        is_refused = False
        for side, quote in ((BUY, quotes.bid), (SELL, quotes.ask)):
            cancelled_bit = _cancel(orders, pair_id, side, good_til)
            if quote.subticks:
                # Without a cancelled order the height tells a bit that the blocks around it do not use.
                bit = floor_mod(ctx.height, 2) if cancelled_bit is None else 1 - cancelled_bit
                is_refused |= not _place(orders, pair_id, side, bit, quotes.quantums, quote.subticks, good_til)
        orders.finish()
        if isinstance(conditions, str):
            ctx.emit(VaultQuoteSkipped(pair_id, conditions))
        elif is_refused:
            ctx.emit(VaultQuoteSkipped(pair_id, REFUSED))


def good_til_block_time(ctx: Context) -> int:
    """Unix seconds at which an order placed now expires."""
    return wrap_u32(ctx.unix_seconds + ORDER_SECONDS)


def _cancel(orders: LongTermOrders, clob_pair_id: int, side: int, good_til: int) -> int | None:
    """Cancels the order of a side and returns the bit of its id, None when there is none."""
    for bit in (0, 1):
        order = orders.find(order_id(clob_pair_id, side, bit))
        if order is not None:
            orders.cancel(order, good_til)
            return bit
    return None


def _place(
    orders: LongTermOrders, clob_pair_id: int, side: int, bit: int, quantums: int, subticks: int, good_til: int
) -> bool:
    """Places an order; tells whether the book's rules allowed it."""
    order = Order(
        order_id=order_id(clob_pair_id, side, bit),
        side=side,
        quantums=quantums,
        subticks=subticks,
        good_til_block_time=good_til,
        time_in_force=POST_ONLY,
    )
    try:
        orders.place(order)
    except ChainError:
        return False
    return True
