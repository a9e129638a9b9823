"""Messages of the request queue, the position manager and the order book. Source: perp-vault §§9 to 11."""

from __future__ import annotations

from collections.abc import Mapping

from vaultsim.context import Context
from vaultsim.module import Handler
from vaultsim.pb.runtime import Message
from vaultsim.pb.vaultsim.perpvault import v1 as pb
from vaultsim.x.perpvault.keeper_manager import PositionManager
from vaultsim.x.perpvault.keeper_orders import OrderBook
from vaultsim.x.perpvault.keeper_router import PositionRouter
from vaultsim.x.perpvault.msg_server import position_id
from vaultsim.x.perpvault.names import with_chain_names
from vaultsim.x.perpvault.types import DecreaseOrder, DecreaseRequest, IncreaseOrder, IncreaseRequest, PositionId
from vaultsim.x.perpvault.validate_basic import amount


class RouterMsgServer:
    """Handlers of the queue."""

    def __init__(self, router: PositionRouter) -> None:
        self._router = router

    def create_increase(self, ctx: Context, msg: pb.MsgCreateIncreasePosition) -> pb.MsgCreateIncreasePositionResponse:
        """Queues an increase."""
        request = IncreaseRequest(
            key="",
            account=msg.sender,
            path=msg.path,
            index_token=msg.index_token,
            amount_in=amount(msg.amount_in),
            min_out=amount(msg.min_out),
            size_delta=amount(msg.size_delta),
            is_long=msg.is_long,
            acceptable_price=amount(msg.acceptable_price),
            execution_fee=amount(msg.execution_fee),
            execution_fee_denom="",
            block_height=0,
            block_time=0,
            callback_target=msg.callback_target,
        )
        key = self._router.create_increase_position(ctx, request, msg.referral_code)
        return pb.MsgCreateIncreasePositionResponse(key=key)

    def create_decrease(self, ctx: Context, msg: pb.MsgCreateDecreasePosition) -> pb.MsgCreateDecreasePositionResponse:
        """Queues a decrease."""
        request = DecreaseRequest(
            key="",
            account=msg.sender,
            path=msg.path,
            index_token=msg.index_token,
            collateral_delta=amount(msg.collateral_delta),
            size_delta=amount(msg.size_delta),
            is_long=msg.is_long,
            receiver=msg.receiver,
            acceptable_price=amount(msg.acceptable_price),
            min_out=amount(msg.min_out),
            execution_fee=amount(msg.execution_fee),
            execution_fee_denom="",
            block_height=0,
            block_time=0,
            callback_target=msg.callback_target,
        )
        return pb.MsgCreateDecreasePositionResponse(key=self._router.create_decrease_position(ctx, request))

    def execute_increase(
        self, ctx: Context, msg: pb.MsgExecuteIncreasePosition
    ) -> pb.MsgExecuteIncreasePositionResponse:
        """Executes a queued increase."""
        executed = self._router.execute_increase_position(ctx, msg.sender, msg.key, msg.fee_receiver)
        return pb.MsgExecuteIncreasePositionResponse(executed=executed)

    def execute_decrease(
        self, ctx: Context, msg: pb.MsgExecuteDecreasePosition
    ) -> pb.MsgExecuteDecreasePositionResponse:
        """Executes a queued decrease."""
        executed = self._router.execute_decrease_position(ctx, msg.sender, msg.key, msg.fee_receiver)
        return pb.MsgExecuteDecreasePositionResponse(executed=executed)

    def execute_increases(
        self, ctx: Context, msg: pb.MsgExecuteIncreasePositions
    ) -> pb.MsgExecuteIncreasePositionsResponse:
        """Goes through queued increases."""
        start = self._router.execute_increase_positions(ctx, msg.sender, msg.end_index, msg.fee_receiver)
        return pb.MsgExecuteIncreasePositionsResponse(start=start)

    def execute_decreases(
        self, ctx: Context, msg: pb.MsgExecuteDecreasePositions
    ) -> pb.MsgExecuteDecreasePositionsResponse:
        """Goes through queued decreases."""
        start = self._router.execute_decrease_positions(ctx, msg.sender, msg.end_index, msg.fee_receiver)
        return pb.MsgExecuteDecreasePositionsResponse(start=start)

    def cancel_increase(self, ctx: Context, msg: pb.MsgCancelIncreasePosition) -> pb.MsgCancelIncreasePositionResponse:
        """Cancels a queued increase."""
        cancelled = self._router.cancel_increase_position(ctx, msg.sender, msg.key, msg.fee_receiver)
        return pb.MsgCancelIncreasePositionResponse(cancelled=cancelled)

    def cancel_decrease(self, ctx: Context, msg: pb.MsgCancelDecreasePosition) -> pb.MsgCancelDecreasePositionResponse:
        """Cancels a queued decrease."""
        cancelled = self._router.cancel_decrease_position(ctx, msg.sender, msg.key, msg.fee_receiver)
        return pb.MsgCancelDecreasePositionResponse(cancelled=cancelled)


class ManagerMsgServer:
    """Handlers of the position manager."""

    def __init__(self, manager: PositionManager) -> None:
        self._manager = manager

    def increase(self, ctx: Context, msg: pb.MsgManagerIncreasePosition) -> pb.MsgManagerIncreasePositionResponse:
        """A partner's increase."""
        msg = with_chain_names(msg)
        self._manager.increase_position(
            ctx,
            msg.sender,
            msg.path,
            msg.index_token,
            amount(msg.amount_in),
            amount(msg.size_delta),
            msg.is_long,
            amount(msg.price),
        )
        return pb.MsgManagerIncreasePositionResponse()

    def decrease(self, ctx: Context, msg: pb.MsgManagerDecreasePosition) -> pb.MsgManagerDecreasePositionResponse:
        """A partner's decrease."""
        msg = with_chain_names(msg)
        where = PositionId(msg.sender, msg.collateral_token, msg.index_token, msg.is_long)
        paid = self._manager.decrease_position(
            ctx, where, amount(msg.collateral_delta), amount(msg.size_delta), msg.receiver, amount(msg.price)
        )
        return pb.MsgManagerDecreasePositionResponse(amount_out=str(paid))

    def liquidate(self, ctx: Context, msg: pb.MsgManagerLiquidatePosition) -> pb.MsgManagerLiquidatePositionResponse:
        """A liquidator's liquidation."""
        state = self._manager.liquidate_position(ctx, msg.sender, position_id(msg), msg.fee_receiver)
        return pb.MsgManagerLiquidatePositionResponse(state=state)

    def execute_increase(self, ctx: Context, msg: pb.MsgExecuteIncreaseOrder) -> pb.MsgExecuteIncreaseOrderResponse:
        """Executes an increase order."""
        self._manager.execute_increase_order(ctx, msg.sender, msg.account, msg.index, msg.fee_receiver)
        return pb.MsgExecuteIncreaseOrderResponse()

    def execute_decrease(self, ctx: Context, msg: pb.MsgExecuteDecreaseOrder) -> pb.MsgExecuteDecreaseOrderResponse:
        """Executes a decrease order."""
        paid = self._manager.execute_decrease_order(ctx, msg.sender, msg.account, msg.index, msg.fee_receiver)
        return pb.MsgExecuteDecreaseOrderResponse(amount_out=str(paid))

    def execute_swap(self, ctx: Context, msg: pb.MsgExecuteSwapOrder) -> pb.MsgExecuteSwapOrderResponse:
        """Refused."""
        self._manager.execute_swap_order(ctx, msg.sender)
        return pb.MsgExecuteSwapOrderResponse()


class OrderMsgServer:
    """Handlers of the order book."""

    def __init__(self, orders: OrderBook) -> None:
        self._orders = orders

    def create_increase(self, ctx: Context, msg: pb.MsgCreateIncreaseOrder) -> pb.MsgCreateIncreaseOrderResponse:
        """Places an increase order."""
        msg = with_chain_names(msg)
        order = IncreaseOrder(
            account=msg.sender,
            index=0,
            purchase_token="",
            purchase_token_amount=amount(msg.amount_in),
            collateral_token=msg.collateral_token,
            index_token=msg.index_token,
            size_delta=amount(msg.size_delta),
            is_long=msg.is_long,
            trigger_price=amount(msg.trigger_price),
            trigger_above_threshold=msg.trigger_above_threshold,
            execution_fee=amount(msg.execution_fee),
            execution_fee_denom="",
        )
        index = self._orders.create_increase_order(ctx, msg.path, order)
        return pb.MsgCreateIncreaseOrderResponse(index=index)

    def create_decrease(self, ctx: Context, msg: pb.MsgCreateDecreaseOrder) -> pb.MsgCreateDecreaseOrderResponse:
        """Places a decrease order."""
        msg = with_chain_names(msg)
        order = DecreaseOrder(
            account=msg.sender,
            index=0,
            collateral_token=msg.collateral_token,
            collateral_delta=amount(msg.collateral_delta),
            index_token=msg.index_token,
            size_delta=amount(msg.size_delta),
            is_long=msg.is_long,
            trigger_price=amount(msg.trigger_price),
            trigger_above_threshold=msg.trigger_above_threshold,
            execution_fee=amount(msg.execution_fee),
            execution_fee_denom="",
        )
        return pb.MsgCreateDecreaseOrderResponse(index=self._orders.create_decrease_order(ctx, order))

    def create_swap(self, ctx: Context, _: pb.MsgCreateSwapOrder) -> pb.MsgCreateSwapOrderResponse:
        """Refused."""
        return pb.MsgCreateSwapOrderResponse(index=self._orders.create_swap_order(ctx))

    def update_increase(self, ctx: Context, msg: pb.MsgUpdateIncreaseOrder) -> pb.MsgUpdateIncreaseOrderResponse:
        """Changes an increase order."""
        self._orders.update_increase_order(
            ctx,
            msg.sender,
            msg.index,
            size_delta=amount(msg.size_delta),
            trigger_price=amount(msg.trigger_price),
            above=msg.trigger_above_threshold,
        )
        return pb.MsgUpdateIncreaseOrderResponse()

    def update_decrease(self, ctx: Context, msg: pb.MsgUpdateDecreaseOrder) -> pb.MsgUpdateDecreaseOrderResponse:
        """Changes a decrease order."""
        self._orders.update_decrease_order(
            ctx,
            msg.sender,
            msg.index,
            collateral_delta=amount(msg.collateral_delta),
            size_delta=amount(msg.size_delta),
            trigger_price=amount(msg.trigger_price),
            above=msg.trigger_above_threshold,
        )
        return pb.MsgUpdateDecreaseOrderResponse()

    def cancel_increase(self, ctx: Context, msg: pb.MsgCancelIncreaseOrder) -> pb.MsgCancelIncreaseOrderResponse:
        """Cancels an increase order."""
        self._orders.cancel_orders(ctx, msg.sender, (msg.index,), ())
        return pb.MsgCancelIncreaseOrderResponse()

    def cancel_decrease(self, ctx: Context, msg: pb.MsgCancelDecreaseOrder) -> pb.MsgCancelDecreaseOrderResponse:
        """Cancels a decrease order."""
        self._orders.cancel_orders(ctx, msg.sender, (), (msg.index,))
        return pb.MsgCancelDecreaseOrderResponse()

    def cancel_multiple(self, ctx: Context, msg: pb.MsgCancelMultiple) -> pb.MsgCancelMultipleResponse:
        """Cancels several orders."""
        self._orders.cancel_orders(ctx, msg.sender, msg.increase_order_indexes, msg.decrease_order_indexes)
        return pb.MsgCancelMultipleResponse()


def request_handlers(
    router: PositionRouter, manager: PositionManager, orders: OrderBook
) -> Mapping[type[Message], Handler]:
    """Handlers of the queue, the manager and the order book by message class."""
    queue, direct, book = RouterMsgServer(router), ManagerMsgServer(manager), OrderMsgServer(orders)
    return {
        pb.MsgCreateIncreasePosition: queue.create_increase,
        pb.MsgCreateDecreasePosition: queue.create_decrease,
        pb.MsgExecuteIncreasePosition: queue.execute_increase,
        pb.MsgExecuteDecreasePosition: queue.execute_decrease,
        pb.MsgExecuteIncreasePositions: queue.execute_increases,
        pb.MsgExecuteDecreasePositions: queue.execute_decreases,
        pb.MsgCancelIncreasePosition: queue.cancel_increase,
        pb.MsgCancelDecreasePosition: queue.cancel_decrease,
        pb.MsgManagerIncreasePosition: direct.increase,
        pb.MsgManagerDecreasePosition: direct.decrease,
        pb.MsgManagerLiquidatePosition: direct.liquidate,
        pb.MsgExecuteIncreaseOrder: direct.execute_increase,
        pb.MsgExecuteDecreaseOrder: direct.execute_decrease,
        pb.MsgExecuteSwapOrder: direct.execute_swap,
        pb.MsgCreateIncreaseOrder: book.create_increase,
        pb.MsgCreateDecreaseOrder: book.create_decrease,
        pb.MsgCreateSwapOrder: book.create_swap,
        pb.MsgUpdateIncreaseOrder: book.update_increase,
        pb.MsgUpdateDecreaseOrder: book.update_decrease,
        pb.MsgCancelIncreaseOrder: book.cancel_increase,
        pb.MsgCancelDecreaseOrder: book.cancel_decrease,
        pb.MsgCancelMultiple: book.cancel_multiple,
    }
