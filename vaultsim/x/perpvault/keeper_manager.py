"""Direct calls by role: PositionManager. Source: perp-vault §10."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.pb.vaultsim.perpvault.v1 import Role
from vaultsim.x.perpvault import events
from vaultsim.x.perpvault.errors import (
    Forbidden,
    InvalidPositionSize,
    MaxLongOpenInterest,
    MaxShortOpenInterest,
    SwapsDisabled,
)
from vaultsim.x.perpvault.keeper import PerpvaultKeeper
from vaultsim.x.perpvault.keeper_orders import OrderBook
from vaultsim.x.perpvault.keeper_router import PositionRouter, require_single_path
from vaultsim.x.perpvault.types import IncreaseOrder, PositionId


class PositionManager:
    """Partners change their positions at once, liquidators liquidate, order keepers execute orders."""

    def __init__(self, vault: PerpvaultKeeper, router: PositionRouter, orders: OrderBook) -> None:
        self._vault = vault
        self._router = router
        self._orders = orders

    def increase_position(
        self,
        ctx: Context,
        sender: str,
        path: tuple[str, ...],
        index: str,
        amount_in: int,
        size_delta: int,
        is_long: bool,
        price: int,
    ) -> None:
        """An increase of the sender's position. Raises [34], [45], [13], [46], [41], [42], and what it raises."""

        def increase(ctx: Context) -> None:
            self._require_partner(ctx, sender)
            require_single_path(path)
            mark = self._router.require_price(ctx, index, is_long, price, is_increase=True)
            self._require_global_size(ctx, index, size_delta, is_long)
            where = PositionId(sender, path[0], index, is_long)
            self._vault.require_leverage_enabled(ctx)
            self._vault.apply_increase(ctx, sender, where, size_delta, amount_in)
            ctx.emit(events.ManagerIncreasePosition(sender, path[0], index, amount_in, size_delta, is_long, mark))

        self._vault.entry(ctx, increase)

    def decrease_position(
        self, ctx: Context, where: PositionId, collateral_delta: int, size_delta: int, receiver: str, price: int
    ) -> int:
        """A decrease of the sender's position; returns the tokens paid. Raises [34], [46], and what it raises."""

        def decrease(ctx: Context) -> int:
            self._require_partner(ctx, where.account)
            mark = self._router.require_price(ctx, where.index_token, where.is_long, price, is_increase=False)
            paid = self._vault.apply_decrease(ctx, where, collateral_delta, size_delta, receiver)
            ctx.emit(
                events.ManagerDecreasePosition(
                    *where[:3], collateral_delta, size_delta, where.is_long, receiver, mark, paid
                )
            )
            return paid

        return self._vault.entry(ctx, decrease)

    def liquidate_position(self, ctx: Context, sender: str, where: PositionId, fee_receiver: str) -> int:
        """Liquidators only, whatever the mode. Raises [21] and what liquidation raises."""
        return self._vault.liquidate_position(ctx, sender, where, fee_receiver, only_liquidators=True)

    def execute_increase_order(self, ctx: Context, sender: str, account: str, index: int, fee_receiver: str) -> None:
        """Executes an increase order. Raises [34], [50], [17] for a deposit or a lower leverage, [41], [42], [51]."""

        def execute(ctx: Context) -> None:
            self._require_order_keeper(ctx, sender)
            order = self._orders.increase_order(ctx, account, index)
            self._require_valid_increase(ctx, order)
            self._require_global_size(ctx, order.index_token, order.size_delta, order.is_long)
            self._orders.execute_increase(ctx, order, fee_receiver)

        self._vault.entry(ctx, execute)

    def execute_decrease_order(self, ctx: Context, sender: str, account: str, index: int, fee_receiver: str) -> int:
        """Executes a decrease order; returns the tokens paid to its account. Raises [34], [50], [51]."""

        def execute(ctx: Context) -> int:
            self._require_order_keeper(ctx, sender)
            return self._orders.execute_decrease(ctx, self._orders.decrease_order(ctx, account, index), fee_receiver)

        return self._vault.entry(ctx, execute)

    def execute_swap_order(self, ctx: Context, sender: str) -> None:
        """There are no swap orders. Raises [34], then SwapsDisabled [13]."""

        def execute(ctx: Context) -> None:
            self._require_order_keeper(ctx, sender)
            raise SwapsDisabled

        self._vault.entry(ctx, execute)

    def _require_valid_increase(self, ctx: Context, order: IncreaseOrder) -> None:
        """An order must not be a deposit to a long in disguise, which the queue would charge for."""
        params = self._vault.params(ctx)
        if not params.should_validate_increase_order or not order.is_long:
            return
        if order.size_delta == 0:
            raise InvalidPositionSize("an order to increase a long needs a size")
        where = PositionId(order.account, order.collateral_token, order.index_token, order.is_long)
        buffer_bps = params.increase_position_buffer_bps
        if self._router.lowers_leverage(ctx, where, order.size_delta, order.purchase_token_amount, buffer_bps):
            raise InvalidPositionSize("the order would lower the leverage")

    def _require_global_size(self, ctx: Context, index: str, size_delta: int, is_long: bool) -> None:
        cap = self._vault.params(ctx).max_global_size(index, is_long)
        if cap and self._vault.token(ctx, index).open_interest(is_long) + size_delta > cap:
            raise (MaxLongOpenInterest if is_long else MaxShortOpenInterest)(index)

    def _require_partner(self, ctx: Context, sender: str) -> None:
        if not self._vault.params(ctx).in_legacy_mode and not self._vault.has_role(ctx, Role.ROLE_PARTNER, sender):
            raise Forbidden(f"{sender} is no partner")

    def _require_order_keeper(self, ctx: Context, sender: str) -> None:
        if not self._vault.has_role(ctx, Role.ROLE_ORDER_KEEPER, sender):
            raise Forbidden(f"{sender} is no order keeper")
