"""Messages of x/clob in deliver mode. Source: dydx-modules §20.4."""

from __future__ import annotations

from collections.abc import Mapping

from vaultsim.context import Context
from vaultsim.module import Handler
from vaultsim.pb import runtime
from vaultsim.pb.dydxprotocol.clob import (
    MsgBatchCancel,
    MsgBatchCancelResponse,
    MsgCancelOrder,
    MsgCancelOrderResponse,
    MsgCreateClobPair,
    MsgCreateClobPairResponse,
    MsgPlaceOrder,
    MsgPlaceOrderResponse,
    MsgProposedOperations,
    MsgProposedOperationsResponse,
    MsgUpdateBlockRateLimitConfiguration,
    MsgUpdateBlockRateLimitConfigurationResponse,
    MsgUpdateClobPair,
    MsgUpdateClobPairResponse,
    MsgUpdateEquityTierLimitConfiguration,
    MsgUpdateEquityTierLimitConfigurationResponse,
    MsgUpdateLeverage,
    MsgUpdateLeverageResponse,
    MsgUpdateLiquidationsConfig,
    MsgUpdateLiquidationsConfigResponse,
)
from vaultsim.x.authority import GOV_OR_DELAYMSG, require_authority
from vaultsim.x.clob.keeper import ClobKeeper
from vaultsim.x.clob.types import perpetual_of


class MsgServer:
    """Handlers: authority, then one keeper call."""

    def __init__(self, keeper: ClobKeeper) -> None:
        self._keeper = keeper

    def handlers(self) -> Mapping[type[runtime.Message], Handler]:
        """Each message class with its handler."""
        return {
            MsgPlaceOrder: self.place_order,
            MsgCancelOrder: self.cancel_order,
            MsgBatchCancel: self.batch_cancel,
            MsgProposedOperations: self.proposed_operations,
            MsgCreateClobPair: self.create_clob_pair,
            MsgUpdateClobPair: self.update_clob_pair,
            MsgUpdateLiquidationsConfig: self.update_liquidations_config,
            MsgUpdateEquityTierLimitConfiguration: self.update_equity_tiers,
            MsgUpdateBlockRateLimitConfiguration: self.update_rate_limits,
            MsgUpdateLeverage: self.update_leverage,
        }

    def place_order(self, ctx: Context, msg: MsgPlaceOrder) -> MsgPlaceOrderResponse:
        """Places an external stateful order; a short-term one is a chain panic."""
        self._keeper.place_stateful_order(ctx, msg.order, internal=False)
        return MsgPlaceOrderResponse()

    def cancel_order(self, ctx: Context, msg: MsgCancelOrder) -> MsgCancelOrderResponse:
        """Cancels a stateful order; a short-term one is a chain panic."""
        self._keeper.cancel_stateful_order(ctx, msg.order_id, msg.good_til_block_time or 0)
        return MsgCancelOrderResponse()

    def batch_cancel(self, ctx: Context, msg: MsgBatchCancel) -> MsgBatchCancelResponse:
        """Nothing: a batch acts on the books, in CheckTx."""
        return MsgBatchCancelResponse()

    def proposed_operations(self, ctx: Context, msg: MsgProposedOperations) -> MsgProposedOperationsResponse:
        """Executes the proposer's operations."""
        self._keeper.execute_operations(ctx, msg.operations_queue)
        return MsgProposedOperationsResponse()

    def create_clob_pair(self, ctx: Context, msg: MsgCreateClobPair) -> MsgCreateClobPairResponse:
        """Creates a pair. Raises [gov 13], [9000] and the keeper's."""
        require_authority(msg.authority, GOV_OR_DELAYMSG)
        perpetual_of(msg.clob_pair)
        self._keeper.create_clob_pair(ctx, msg.clob_pair)
        return MsgCreateClobPairResponse()

    def update_clob_pair(self, ctx: Context, msg: MsgUpdateClobPair) -> MsgUpdateClobPairResponse:
        """Changes a pair."""
        require_authority(msg.authority, GOV_OR_DELAYMSG)
        self._keeper.update_clob_pair(ctx, msg.clob_pair)
        return MsgUpdateClobPairResponse()

    def update_liquidations_config(
        self, ctx: Context, msg: MsgUpdateLiquidationsConfig
    ) -> MsgUpdateLiquidationsConfigResponse:
        """Sets the liquidations configuration."""
        require_authority(msg.authority, GOV_OR_DELAYMSG)
        self._keeper.set_liquidations_config(ctx, msg.liquidations_config)
        return MsgUpdateLiquidationsConfigResponse()

    def update_equity_tiers(
        self, ctx: Context, msg: MsgUpdateEquityTierLimitConfiguration
    ) -> MsgUpdateEquityTierLimitConfigurationResponse:
        """Sets the equity tiers."""
        require_authority(msg.authority, GOV_OR_DELAYMSG)
        self._keeper.set_equity_tiers(ctx, msg.equity_tier_limit_config)
        return MsgUpdateEquityTierLimitConfigurationResponse()

    def update_rate_limits(
        self, ctx: Context, msg: MsgUpdateBlockRateLimitConfiguration
    ) -> MsgUpdateBlockRateLimitConfigurationResponse:
        """Sets the rate limits."""
        require_authority(msg.authority, GOV_OR_DELAYMSG)
        self._keeper.set_rate_limits(ctx, msg.block_rate_limit_config)
        return MsgUpdateBlockRateLimitConfigurationResponse()

    def update_leverage(self, ctx: Context, msg: MsgUpdateLeverage) -> MsgUpdateLeverageResponse:
        """Sets custom margin fractions of a subaccount."""
        self._keeper.update_leverage(ctx, msg.subaccount_id, msg.clob_pair_leverage)
        return MsgUpdateLeverageResponse()
