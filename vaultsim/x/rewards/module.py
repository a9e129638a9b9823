"""x/rewards as the app sees it. Source: dydx-modules §17."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.module import AppModule
from vaultsim.pb.dydxprotocol.rewards import MsgUpdateParams, QueryParamsRequest, QueryParamsResponse
from vaultsim.x.rewards.genesis import rewards_genesis
from vaultsim.x.rewards.keeper import RewardsKeeper
from vaultsim.x.rewards.msg_server import RewardsMsgServer, check_update_params


def rewards_module(keeper: RewardsKeeper) -> AppModule:
    """The module's message, query, genesis and EndBlock hook."""

    def params(ctx: Context, _: QueryParamsRequest) -> QueryParamsResponse:
        return QueryParamsResponse(params=keeper.params(ctx))

    return AppModule(
        name="rewards",
        schemas=(keeper.state.schema, keeper.state.transient),
        genesis=rewards_genesis(keeper),
        handlers={MsgUpdateParams: RewardsMsgServer(keeper).update_params},
        checks={MsgUpdateParams: check_update_params},
        queries={"/dydxprotocol.rewards.Query/Params": (QueryParamsRequest, params)},
        end_block=keeper.pay_block,
    )
