"""Trigger orders: OrderBook. Source: perp-vault §11."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.pb.runtime import replace
from vaultsim.pb.vaultsim.perpvault.v1 import AccountIndexes
from vaultsim.x.perpvault import events
from vaultsim.x.perpvault.errors import (
    InsufficientCollateral,
    InsufficientExecutionFee,
    OrderNotFound,
    SwapsDisabled,
    TriggerNotMet,
)
from vaultsim.x.perpvault.keeper import PerpvaultKeeper
from vaultsim.x.perpvault.keeper_router import require_single_path
from vaultsim.x.perpvault.params import Params
from vaultsim.x.perpvault.types import ESCROW, DecreaseOrder, IncreaseOrder, PositionId


class OrderBook:
    """Orders of accounts, numbered by account and kind from 0."""

    def __init__(self, vault: PerpvaultKeeper) -> None:
        self._vault = vault
        self._state = vault.state

    def increase_order(self, ctx: Context, account: str, index: int) -> IncreaseOrder:
        """An open order. Raises OrderNotFound [50]."""
        order = self._state.increase_orders.get(ctx, (account, index))
        if order is None:
            raise OrderNotFound
        return order

    def decrease_order(self, ctx: Context, account: str, index: int) -> DecreaseOrder:
        """An open order. Raises OrderNotFound [50]."""
        order = self._state.decrease_orders.get(ctx, (account, index))
        if order is None:
            raise OrderNotFound
        return order

    # --- place -----------------------------------------------------------------------------------------------------

    def create_increase_order(self, ctx: Context, path: tuple[str, ...], order: IncreaseOrder) -> int:
        """Places an order and escrows collateral and fee; returns its number, which is set here.

        Raises [49], [45], [13], [8], and [40] for collateral below the minimum; what feed and bank raise.
        """

        def create(ctx: Context) -> int:
            params = self._take_fee(ctx, order.account, order.execution_fee)
            require_single_path(path)
            if path[0] != order.collateral_token:
                raise SwapsDisabled(f"{path[0]} would have to be swapped to {order.collateral_token}")
            self._vault.listed_token(ctx, path[0])
            usd = self._vault.token_to_usd_min(ctx, path[0], order.purchase_token_amount)
            if usd < params.min_purchase_token_amount_usd:
                raise InsufficientCollateral
            self._vault.escrow(ctx, order.account, path[0], order.purchase_token_amount)
            index = self._next_index(ctx, order.account, is_increase=True)
            made = replace(order, index=index, purchase_token=path[0], execution_fee_denom=params.execution_fee_denom)
            self._state.increase_orders.set(ctx, (order.account, index), made)
            ctx.emit(
                events.CreateIncreaseOrder(
                    **{name: getattr(made, name) for name in events.CreateIncreaseOrder.__struct_fields__}
                )
            )
            return index

        return self._vault.entry(ctx, create)

    def create_decrease_order(self, ctx: Context, order: DecreaseOrder) -> int:
        """Places an order and escrows its fee; returns its number, which is set here. Raises [49], bank's."""

        def create(ctx: Context) -> int:
            params = self._take_fee(ctx, order.account, order.execution_fee)
            index = self._next_index(ctx, order.account, is_increase=False)
            made = replace(order, index=index, execution_fee_denom=params.execution_fee_denom)
            self._state.decrease_orders.set(ctx, (order.account, index), made)
            ctx.emit(
                events.CreateDecreaseOrder(
                    **{name: getattr(made, name) for name in events.CreateDecreaseOrder.__struct_fields__}
                )
            )
            return index

        return self._vault.entry(ctx, create)

    def create_swap_order(self, ctx: Context) -> int:
        """There are no swap orders. Raises SwapsDisabled [13]."""

        def create(ctx: Context) -> int:
            raise SwapsDisabled

        return self._vault.entry(ctx, create)

    # --- change and cancel -----------------------------------------------------------------------------------------

    def update_increase_order(
        self, ctx: Context, account: str, index: int, *, size_delta: int, trigger_price: int, above: bool
    ) -> None:
        """Changes size and trigger. Raises OrderNotFound [50]."""

        def update(ctx: Context) -> None:
            changed = replace(
                self.increase_order(ctx, account, index),
                size_delta=size_delta,
                trigger_price=trigger_price,
                trigger_above_threshold=above,
            )
            self._state.increase_orders.set(ctx, (account, index), changed)
            ctx.emit(events.UpdateIncreaseOrder(account, index, size_delta, trigger_price, above))

        self._vault.entry(ctx, update)

    def update_decrease_order(
        self,
        ctx: Context,
        account: str,
        index: int,
        *,
        collateral_delta: int,
        size_delta: int,
        trigger_price: int,
        above: bool,
    ) -> None:
        """Changes collateral, size and trigger. Raises OrderNotFound [50]."""

        def update(ctx: Context) -> None:
            changed = replace(
                self.decrease_order(ctx, account, index),
                collateral_delta=collateral_delta,
                size_delta=size_delta,
                trigger_price=trigger_price,
                trigger_above_threshold=above,
            )
            self._state.decrease_orders.set(ctx, (account, index), changed)
            ctx.emit(events.UpdateDecreaseOrder(account, index, collateral_delta, size_delta, trigger_price, above))

        self._vault.entry(ctx, update)

    def cancel_orders(
        self, ctx: Context, account: str, increase_indexes: tuple[int, ...], decrease_indexes: tuple[int, ...]
    ) -> None:
        """Cancels orders and gives back what they wait with, all or none. Raises OrderNotFound [50]."""

        def cancel(ctx: Context) -> None:
            for index in increase_indexes:
                self._cancel_increase(ctx, account, index)
            for index in decrease_indexes:
                self._cancel_decrease(ctx, account, index)

        self._vault.entry(ctx, cancel)

    # --- execute ---------------------------------------------------------------------------------------------------

    def execute_increase(self, ctx: Context, order: IncreaseOrder, fee_receiver: str) -> None:
        """Executes an order whose trigger is met; one that fails stays. Raises [51] and what the increase raises."""
        price = self._vault.entry_price(ctx, order.index_token, order.is_long)
        _require_trigger(price, order)
        self._state.increase_orders.delete(ctx, (order.account, order.index))
        where = PositionId(order.account, order.collateral_token, order.index_token, order.is_long)
        self._vault.require_leverage_enabled(ctx)
        self._vault.apply_increase(ctx, ESCROW, where, order.size_delta, order.purchase_token_amount)
        self._vault.release(ctx, order.execution_fee_denom, order.execution_fee, fee_receiver)
        ctx.emit(events.ExecuteIncreaseOrder(order.account, order.index, price, fee_receiver))

    def execute_decrease(self, ctx: Context, order: DecreaseOrder, fee_receiver: str) -> int:
        """Executes an order whose trigger is met; returns the tokens paid to its account. Raises as for increases."""
        price = self._vault.mark_price(ctx, order.index_token, order.is_long)
        _require_trigger(price, order)
        self._state.decrease_orders.delete(ctx, (order.account, order.index))
        where = PositionId(order.account, order.collateral_token, order.index_token, order.is_long)
        paid = self._vault.apply_decrease(ctx, where, order.collateral_delta, order.size_delta, order.account)
        self._vault.release(ctx, order.execution_fee_denom, order.execution_fee, fee_receiver)
        ctx.emit(events.ExecuteDecreaseOrder(order.account, order.index, price, paid, fee_receiver))
        return paid

    def _take_fee(self, ctx: Context, account: str, execution_fee: int) -> Params:
        """Escrows the execution fee; returns the settings."""
        params = self._vault.params(ctx)
        if execution_fee < params.min_execution_fee:
            raise InsufficientExecutionFee
        self._vault.escrow(ctx, account, params.execution_fee_denom, execution_fee)
        return params

    def _next_index(self, ctx: Context, account: str, *, is_increase: bool) -> int:
        found = self._state.order_indexes.get(ctx, account) or AccountIndexes(account=account)
        if is_increase:
            self._state.order_indexes.set(ctx, account, replace(found, increase_index=found.increase_index + 1))
            return found.increase_index
        self._state.order_indexes.set(ctx, account, replace(found, decrease_index=found.decrease_index + 1))
        return found.decrease_index

    def _cancel_increase(self, ctx: Context, account: str, index: int) -> None:
        order = self.increase_order(ctx, account, index)
        self._state.increase_orders.delete(ctx, (account, index))
        self._vault.release(ctx, order.purchase_token, order.purchase_token_amount, account)
        self._vault.release(ctx, order.execution_fee_denom, order.execution_fee, account)
        ctx.emit(events.CancelIncreaseOrder(account, index))

    def _cancel_decrease(self, ctx: Context, account: str, index: int) -> None:
        order = self.decrease_order(ctx, account, index)
        self._state.decrease_orders.delete(ctx, (account, index))
        self._vault.release(ctx, order.execution_fee_denom, order.execution_fee, account)
        ctx.emit(events.CancelDecreaseOrder(account, index))


def _require_trigger(price: int, order: IncreaseOrder | DecreaseOrder) -> None:
    is_met = price > order.trigger_price if order.trigger_above_threshold else price < order.trigger_price
    if not is_met:
        raise TriggerNotMet(f"price {price}, trigger {order.trigger_price}")
