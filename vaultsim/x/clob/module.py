"""x/clob as the app sees it."""

from __future__ import annotations

from collections.abc import Mapping

from vaultsim.context import Context
from vaultsim.module import AppModule, Check
from vaultsim.pb.dydxprotocol.clob import (
    MsgBatchCancel,
    MsgCancelOrder,
    MsgCreateClobPair,
    MsgPlaceOrder,
    MsgProposedOperations,
    MsgUpdateBlockRateLimitConfiguration,
    MsgUpdateClobPair,
    MsgUpdateEquityTierLimitConfiguration,
    MsgUpdateLeverage,
    MsgUpdateLiquidationsConfig,
)
from vaultsim.pb.runtime import Message
from vaultsim.x.clob import blocks, validate_basic
from vaultsim.x.clob.genesis import clob_genesis
from vaultsim.x.clob.keeper import ClobKeeper
from vaultsim.x.clob.msg_server import MsgServer
from vaultsim.x.clob.query_server import clob_queries

CHECKS: Mapping[type[Message], Check] = {
    MsgPlaceOrder: validate_basic.place_order,
    MsgCancelOrder: validate_basic.cancel_order,
    MsgBatchCancel: validate_basic.batch_cancel,
    MsgProposedOperations: validate_basic.proposed_operations,
    MsgCreateClobPair: validate_basic.create_clob_pair,
    MsgUpdateClobPair: validate_basic.update_clob_pair,
    MsgUpdateLiquidationsConfig: validate_basic.update_liquidations_config,
    MsgUpdateEquityTierLimitConfiguration: validate_basic.update_equity_tiers,
    MsgUpdateBlockRateLimitConfiguration: validate_basic.update_rate_limits,
}


def clob_module(keeper: ClobKeeper) -> AppModule:
    """Messages, queries, genesis and block hooks; `blocks.precommit` is called by the app itself."""

    def begin_block(ctx: Context) -> None:
        blocks.begin_block(keeper, ctx)

    def end_block(ctx: Context) -> None:
        blocks.end_block(keeper, ctx)

    state = keeper.state
    return AppModule(
        name="clob",
        schemas=(state.schema, state.memory_schema, state.transient_schema),
        genesis=clob_genesis(keeper),
        handlers=MsgServer(keeper).handlers(),
        checks=CHECKS,
        signers={
            MsgPlaceOrder: lambda msg: (msg.order.order_id.subaccount_id.owner,),
            MsgCancelOrder: lambda msg: (msg.order_id.subaccount_id.owner,),
            MsgBatchCancel: lambda msg: (msg.subaccount_id.owner,),
            MsgUpdateLeverage: lambda msg: () if msg.subaccount_id is None else (msg.subaccount_id.owner,),
        },
        queries=clob_queries(keeper),
        begin_block=begin_block,
        end_block=end_block,
    )
