"""Refreshing the vaults' orders, block after block. Source: dydx-vault §17.

A vault whose inputs are the very values of its last refresh needs nothing: its quotes would be the same, and its orders
are all still there (only a refresh places orders for a vault, so an unchanged count of them tells). What was read is
kept as a `Snapshot` and compared by identity: values are frozen, and a dropped branch brings the older values back.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.pb.dydxprotocol.clob import Order
from vaultsim.pb.dydxprotocol.subaccounts import Subaccount
from vaultsim.pb.dydxprotocol.vault import VaultId, VaultParams, VaultStatus, VaultType
from vaultsim.store.collections import Collection
from vaultsim.x.subaccounts.types import usdc_balance
from vaultsim.x.vault.keeper_base import VaultPorts
from vaultsim.x.vault.keeper_quotes import QuotesKeeper, order_of
from vaultsim.x.vault.quotes import SELL, Quote
from vaultsim.x.vault.state import VaultState
from vaultsim.x.vault.types import canonical_client_id, parse_vault_text, vault_order_id, vault_subaccount, vault_text

_REFRESHED = (VaultStatus.VAULT_STATUS_QUOTING, VaultStatus.VAULT_STATUS_CLOSE_ONLY)


class Snapshot(NamedTuple):
    """All that a refresh depends on: compared by identity, but for the subaccount, the funding index and the count."""

    values: tuple[Any, ...]
    subaccount: Subaccount
    funding_index: int
    order_count: int

    def is_now(self, other: Snapshot) -> bool:
        """Whether nothing differs."""
        return (
            self.order_count == other.order_count
            and self.funding_index == other.funding_index
            and all(one is two for one, two in zip(self.values, other.values, strict=True))
            and self.subaccount == other.subaccount
        )


class RefreshKeeper(QuotesKeeper):
    """Places, replaces and cancels the vaults' orders.

    incremental: whether unchanged vaults are skipped; watched: the collections that a refresh reads, for skipping all
    vaults at once when none of them changed since the last refresh.
    """

    def __init__(self, state: VaultState, others: VaultPorts, *, incremental: bool = True) -> None:
        super().__init__(state, others)
        self.incremental = incremental
        self.watched: tuple[Collection, ...] = ()
        self._snapshots: dict[str, Snapshot] = {}
        self._versions: tuple[int, ...] | None = None

    def refresh_all(self, ctx: Context) -> None:
        """Refreshes every quoting vault in byte order of the id texts; a vault's error stops that vault only.

        A chain panic propagates: the block hook drops everything then.
        """
        versions = self._watched_versions(ctx)
        if versions is not None and versions == self._versions:
            return
        is_settled = True
        for text, params in self.all_vault_params(ctx):
            if params.status in _REFRESHED:
                is_settled &= self._refresh_unless_same(ctx, text, params)
        self._versions = versions if is_settled else None

    def _watched_versions(self, ctx: Context) -> tuple[int, ...] | None:
        if not (self.incremental and self.watched):
            return None
        versions: list[int] = []
        for collection in self.watched:
            version = ctx.branch.version(collection.slot)
            if version is None:
                return None
            versions.append(version)
        return tuple(versions)

    def _refresh_unless_same(self, ctx: Context, text: str, params: VaultParams) -> bool:
        """Refreshes one vault; returns whether the next refresh with the same inputs may be skipped."""
        try:
            vault_id = parse_vault_text(text)
        except ChainError:
            return True
        if self.incremental:
            known = self._snapshots.get(text)
            if known is not None and known.is_now(self._snapshot(ctx, vault_id, params)):
                return True
            self._snapshots.pop(text, None)
        is_settled = self._refresh_if_active(ctx, vault_id, params)
        if is_settled and self.incremental:
            self._snapshots[text] = self._snapshot(ctx, vault_id, params)
        return is_settled

    def _refresh_if_active(self, ctx: Context, vault_id: VaultId, params: VaultParams) -> bool:
        subaccount = self.subaccounts.get(ctx, vault_subaccount(vault_id))
        if not subaccount.perpetual_positions:
            threshold = self.effective_quoting_params(ctx, params).activation_threshold_quote_quantums
            if usdc_balance(subaccount) < threshold:
                return True
        if vault_id.type != VaultType.VAULT_TYPE_CLOB:
            return True
        try:
            return self.refresh_vault(ctx, vault_id)
        except ChainError:
            return True

    def refresh_vault(self, ctx: Context, vault_id: VaultId) -> bool:
        """Brings one vault's orders in line with its quotes; returns whether every step succeeded.

        Raises what the quotes raise, before anything is changed.
        """
        wanted = self.vault_quotes(ctx, vault_id)
        old = self.client_ids(ctx, vault_id)
        if not wanted and not old:
            if self.state.client_ids.get(ctx, vault_text(vault_id)) is None:
                self.state.client_ids.set(ctx, vault_text(vault_id), ())
            return True
        params = self.effective_quoting_params(ctx, self.vault_params(ctx, vault_id))
        until = self.good_til_block_time(ctx, params)
        steps = [
            self._refresh_quote(ctx, vault_id, quote, old[index] if index < len(old) else None, until)
            for index, quote in enumerate(wanted)
        ]
        ids = tuple(client_id for client_id, _ in steps)
        if ids != old:
            self.state.client_ids.set(ctx, vault_text(vault_id), ids)
        is_settled = all(succeeded for _, succeeded in steps)
        for client_id in old[len(wanted) :]:
            is_settled &= self.cancel_if_live(ctx, vault_id, client_id, until)
        return is_settled

    def _refresh_quote(
        self, ctx: Context, vault_id: VaultId, quote: Quote, old: int | None, until: int
    ) -> tuple[int, bool]:
        """Keeps, replaces or places the order of one index: the client id to remember, and whether it succeeded."""
        if old is None:
            client_id = canonical_client_id(quote.side == SELL, quote.layer)
            return client_id, self._place(ctx, order_of(quote, vault_order_id(vault_id, client_id), until))
        old_id = vault_order_id(vault_id, old)
        live = self.clob.find_long_term_placement(ctx, old_id)
        if live is not None and _is_same(live.order, quote):
            return old, True
        client_id = old ^ 1
        if live is not None:
            try:
                self.clob.cancel_stateful_order(ctx, old_id, until)
            except ChainError:
                return client_id, False
        return client_id, self._place(ctx, order_of(quote, vault_order_id(vault_id, client_id), until))

    def _place(self, ctx: Context, order: Order) -> bool:
        try:
            self.clob.place_stateful_order(ctx, order, True)
        except ChainError:
            return False
        return True

    def cancel_if_live(self, ctx: Context, vault_id: VaultId, client_id: int, until: int) -> bool:
        """Cancels a remembered order that still exists; returns False when the clob refuses."""
        order_id = vault_order_id(vault_id, client_id)
        if self.clob.find_long_term_placement(ctx, order_id) is None:
            return True
        try:
            self.clob.cancel_stateful_order(ctx, order_id, until)
        except ChainError:
            return False
        return True

    def live_order_count(self, ctx: Context, vault_id: VaultId) -> int:
        """How many of the remembered orders exist."""
        found = [
            self.clob.find_long_term_placement(ctx, vault_order_id(vault_id, client_id))
            for client_id in self.client_ids(ctx, vault_id)
        ]
        return sum(one is not None for one in found)

    def _snapshot(self, ctx: Context, vault_id: VaultId, params: VaultParams) -> Snapshot:
        subaccount_id = vault_subaccount(vault_id)
        quoting = self.effective_quoting_params(ctx, params)
        pair = self.clob.find_clob_pair(ctx, vault_id.number)
        metadata = None if pair is None else pair.perpetual_clob_metadata
        perpetual = None if metadata is None else self.perpetuals.find(ctx, metadata.perpetual_id)
        terms = None if perpetual is None else perpetual.params
        param = price = None
        if terms is not None:
            param = self.prices.find_market_param(ctx, terms.market_id)
            price = self.prices.find_market_price(ctx, terms.market_id)
        ids = self.state.client_ids.get(ctx, vault_text(vault_id))
        return Snapshot(
            (params, quoting, pair, terms, param, price, ids),
            self.subaccounts.get(ctx, subaccount_id),
            0 if perpetual is None else int(perpetual.funding_index),
            self.clob.stateful_count(ctx, subaccount_id),
        )


def _is_same(order: Order, quote: Quote) -> bool:
    return order.quantums == quote.quantums and order.subticks == quote.subticks and order.side == quote.side
