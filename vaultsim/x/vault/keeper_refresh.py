"""Bringing the orders of all vaults in line with their quotes. Source: dydx-vault §17.

What a refresh does depends on the vault's parameters, subaccount, market and remembered orders alone. After one that
left every remembered order live, the same inputs lead to the same quotes and nothing is to be done, so the vault is
skipped. Values are frozen, so identity tells that an input is the same, whatever branch it is read from.

Orders are placed for a vault by its refresh alone, and a refresh that places something stores a new tuple of client
ids. While the very same tuple is stored, the vault's orders can only disappear. So each remembered order that is still
there is the one that was seen; and where exactly the remembered orders were open when the tuple was stored, their
number tells that none is gone.
"""

from __future__ import annotations

from collections.abc import Sequence

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.pb.dydxprotocol.clob import Order, OrderId
from vaultsim.pb.dydxprotocol.subaccounts import Subaccount
from vaultsim.pb.dydxprotocol.vault import QuotingParams, VaultParams
from vaultsim.store.branch import ReadLog
from vaultsim.x.subaccounts.types import usdc_balance
from vaultsim.x.vault.errors import VaultParamsNotFound
from vaultsim.x.vault.formulas import is_in_market_only
from vaultsim.x.vault.keeper_quoting import QuotingKeeper, good_til_block_time, order_of
from vaultsim.x.vault.ports import LongTermOrders
from vaultsim.x.vault.quotes import Quote
from vaultsim.x.vault.settled import Inputs, SettledRefresh, are_same, inputs_of
from vaultsim.x.vault.types import CLOB, CLOSE_ONLY, QUOTING, VaultAccount, account_named


class RefreshKeeper(QuotingKeeper):
    """Places, keeps, replaces and cancels the orders of vaults."""

    def refresh_all(self, ctx: Context) -> None:
        """Refreshes every vault that quotes and is active, in byte order of their texts.

        A vault's error stops that vault only. A vault without any perpetual position and with less USDC than its
        activation threshold is skipped: its orders stay until they expire.
        """
        texts = self.watch.begin(ctx) if self.incremental else None
        for text in self.state.vault_params.keys(ctx) if texts is None else texts:
            params = self.state.vault_params.get(ctx, text)
            account = account_named(text)
            if account is None or params is None:
                continue
            try:
                is_at_rest = self._refresh_unless_settled(ctx, account, params)
            except ChainError:
                is_at_rest = False
            if not self.incremental:
                continue
            if is_at_rest:
                log = ReadLog(ctx.branch)
                self._is_at_rest(ctx.replaced(branch=log), account, params)
                self.watch.note_rest(text, log.rows)
            else:
                self.watch.note_restless(text)

    def capture_refreshes(self) -> dict[str, SettledRefresh]:
        """The refreshes that need not be repeated."""
        return dict(self.settled)

    def restore_refreshes(self, kept: dict[str, SettledRefresh]) -> None:
        """Goes back to captured refreshes; the next one looks at every vault."""
        self.settled = dict(kept)
        self.watch.forget()

    def confirm_refresh(self) -> None:
        """What `refresh_all` did last is part of the block."""
        self.watch.confirm()

    def _is_at_rest(self, ctx: Context, account: VaultAccount, params: VaultParams) -> bool:
        """Whether a refresh would do nothing; what that depends on besides `params` is read through `ctx`."""
        quoting, subaccount = self._quoting_inputs(ctx, account, params)
        if not _is_active(account, params, quoting, subaccount):
            return True
        market = self.find_quotable_market(ctx, account)
        return market is not None and self._is_settled(ctx, account, inputs_of(params, quoting, subaccount, market))

    def _refresh_unless_settled(self, ctx: Context, account: VaultAccount, params: VaultParams) -> bool:
        """Refreshes a vault unless nothing is to be done; tells whether that was so."""
        quoting, subaccount = self._quoting_inputs(ctx, account, params)
        if not _is_active(account, params, quoting, subaccount):
            return True
        market = self.find_quotable_market(ctx, account)
        if market is None:
            self._replace_orders(ctx, account, (), quoting)
            return False
        inputs = inputs_of(params, quoting, subaccount, market)
        if self.incremental and self._is_settled(ctx, account, inputs):
            return True
        before = self.settled.pop(account.text, None)
        try:
            quotes = self.quotes_in_market(ctx, account, params, quoting, subaccount, market)
        except ChainError:
            self._note(account, SettledRefresh(inputs, None, False))
            raise
        stored = self.state.client_ids.get(ctx, account.text)
        client_ids, all_live = self._replace_orders(ctx, account, quotes, quoting)
        if all_live:
            if client_ids is stored:
                is_exact = before is not None and before.client_ids is stored and before.is_exact
            else:
                is_exact = self.clob.stateful_count(ctx, account.subaccount_id) == len(client_ids)
            self._note(account, SettledRefresh(inputs, client_ids, is_exact))
        return False

    def _quoting_inputs(
        self, ctx: Context, account: VaultAccount, params: VaultParams
    ) -> tuple[QuotingParams, Subaccount]:
        return self.effective_quoting_params(ctx, params), self.subaccounts.get(ctx, account.subaccount_id)

    def _is_settled(self, ctx: Context, account: VaultAccount, inputs: Inputs) -> bool:
        settled = self.settled.get(account.text)
        if settled is None or not are_same(settled.inputs, inputs):
            return False
        client_ids = settled.client_ids
        if client_ids is None:
            return True
        if self.state.client_ids.get(ctx, account.text) is not client_ids:
            return False
        if settled.is_exact:
            return self.clob.stateful_count(ctx, account.subaccount_id) == len(client_ids)
        find, order_id = self.clob.find_long_term_placement, account.order_id
        return all(find(ctx, order_id(client_id)) is not None for client_id in client_ids)

    def _note(self, account: VaultAccount, settled: SettledRefresh) -> None:
        # Positions in other markets would bring in prices that are not among the inputs.
        if is_in_market_only(settled.inputs.subaccount, settled.inputs.perpetual_params.id):
            self.settled[account.text] = settled

    def _replace_orders(
        self, ctx: Context, account: VaultAccount, quotes: Sequence[Quote], quoting: QuotingParams | None
    ) -> tuple[tuple[int, ...], bool]:
        """Remembered client ids, and whether each of them is a live order now. Equal ids are not written again."""
        stored = self.state.client_ids.get(ctx, account.text)
        old = stored or ()
        orders = self.clob.long_term_orders(ctx, account.subaccount_id, account.vault_id.number)
        pass_ = _Pass(orders, account, 0 if quoting is None else good_til_block_time(ctx, quoting))
        ids = [pass_.settle(quote, old[index] if index < len(old) else None) for index, quote in enumerate(quotes)]
        client_ids = tuple(ids)
        if stored is not None and stored == client_ids:
            client_ids = stored
        else:
            self.state.client_ids.set(ctx, account.text, client_ids)
        if quoting is not None:
            for client_id in old[len(ids) :]:
                pass_.cancel_if_live(client_id)
        orders.finish()
        if quoting is None:
            raise VaultParamsNotFound()
        return client_ids, pass_.all_done and pass_.cancelled.isdisjoint(ids)


class _Pass:
    """One vault's refresh: what it cancelled and whether everything went through."""

    __slots__ = ("_account", "_good_til", "_orders", "all_done", "cancelled")

    def __init__(self, orders: LongTermOrders, account: VaultAccount, good_til: int) -> None:
        self._orders = orders
        self._account = account
        self._good_til = good_til
        self.all_done = True
        self.cancelled: set[int] = set()

    def settle(self, quote: Quote, old_id: int | None) -> int:
        """Makes a quote live and returns the client id to remember, which is that of the attempt."""
        account = self._account
        if old_id is None:
            self._place(account.order_id(quote.client_id), quote)
            return quote.client_id
        order = self._orders.find(account.order_id(old_id))
        # An id that was cancelled, removed or expired in this block cannot be used again: the last bit changes.
        new_id = old_id ^ 1
        if order is None:
            self._place(account.order_id(new_id), quote)
            return new_id
        if _fits(order, quote):
            return old_id
        if self._cancel(order):
            self._place(account.order_id(new_id), quote)
        return new_id

    def cancel_if_live(self, client_id: int) -> None:
        """Cancels the order with this client id, if it is live; a refusal is only logged by the chain."""
        order = self._orders.find(self._account.order_id(client_id))
        if order is not None:
            self._cancel(order)

    def _place(self, order_id: OrderId, quote: Quote) -> None:
        try:
            self._orders.place(order_of(order_id, quote, self._good_til))
        except ChainError:
            self.all_done = False

    def _cancel(self, order: Order) -> bool:
        try:
            self._orders.cancel(order, self._good_til)
        except ChainError:
            self.all_done = False
            return False
        self.cancelled.add(order.order_id.client_id)
        return True


def _is_active(account: VaultAccount, params: VaultParams, quoting: QuotingParams, subaccount: Subaccount) -> bool:
    """Whether a vault's orders are looked after at all."""
    if params.status not in (QUOTING, CLOSE_ONLY) or account.vault_id.type != CLOB:
        return False
    if subaccount.perpetual_positions:
        return True
    return usdc_balance(subaccount) >= quoting.activation_threshold_quote_quantums


def _fits(order: Order, quote: Quote) -> bool:
    """Whether an order stays as it is: its original quantums, price and side are those of the quote."""
    return order.quantums == quote.quantums and order.subticks == quote.subticks and order.side == quote.side
