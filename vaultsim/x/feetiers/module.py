"""x/feetiers as the app sees it. Source: dydx-modules §16."""

from __future__ import annotations

from vaultsim.module import AppModule
from vaultsim.pb.dydxprotocol.feetiers import (
    MsgSetMarketFeeDiscountParams,
    MsgSetStakingTiers,
    MsgUpdatePerpetualFeeParams,
    QueryAllMarketFeeDiscountParamsRequest,
    QueryPerMarketFeeDiscountParamsRequest,
    QueryPerpetualFeeParamsRequest,
    QueryStakingTiersRequest,
    QueryUserFeeTierRequest,
    QueryUserStakingTierRequest,
)
from vaultsim.x.feetiers.genesis import feetiers_genesis
from vaultsim.x.feetiers.keeper import FeetiersKeeper
from vaultsim.x.feetiers.msg_server import FeetiersMsgServer, check_update_params
from vaultsim.x.feetiers.query_server import FeetiersQueryServer

_QUERY = "/dydxprotocol.feetiers.Query/"


def feetiers_module(keeper: FeetiersKeeper) -> AppModule:
    """The module's messages, queries and genesis."""
    server, queries = FeetiersMsgServer(keeper), FeetiersQueryServer(keeper)
    return AppModule(
        name="feetiers",
        schemas=(keeper.state.schema,),
        genesis=feetiers_genesis(keeper),
        handlers={
            MsgUpdatePerpetualFeeParams: server.update_params,
            MsgSetMarketFeeDiscountParams: server.set_discounts,
            MsgSetStakingTiers: server.set_staking_tiers,
        },
        checks={MsgUpdatePerpetualFeeParams: check_update_params},
        queries={
            _QUERY + "PerpetualFeeParams": (QueryPerpetualFeeParamsRequest, queries.params),
            _QUERY + "UserFeeTier": (QueryUserFeeTierRequest, queries.user_fee_tier),
            _QUERY + "PerMarketFeeDiscountParams": (QueryPerMarketFeeDiscountParamsRequest, queries.discount),
            _QUERY + "AllMarketFeeDiscountParams": (QueryAllMarketFeeDiscountParamsRequest, queries.all_discounts),
            _QUERY + "StakingTiers": (QueryStakingTiersRequest, queries.staking_tiers),
            _QUERY + "UserStakingTier": (QueryUserStakingTierRequest, queries.user_staking_tier),
        },
    )
