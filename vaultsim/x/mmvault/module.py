"""x/mmvault as the app sees it. Source: mm-vault, designs-on-chain (mmvault)."""

from __future__ import annotations

from collections.abc import Mapping

from vaultsim.module import AppModule, Query
from vaultsim.pb.runtime import Message
from vaultsim.pb.vaultsim.mmvault.v1 import (
    MsgAddLiquidity,
    MsgRefreshQuotes,
    MsgRemoveLiquidity,
    MsgUpdateParams,
    QueryComputeQuotesRequest,
    QueryPairQuoteParamsRequest,
    QueryParamsRequest,
    QueryPreviewAddRequest,
    QueryPreviewRemoveRequest,
    QueryQuotesRequest,
    QuerySharesRequest,
    QuerySnapshotsRequest,
    QueryUnlocksRequest,
    QueryVaultRequest,
)
from vaultsim.x.mmvault import msg_server
from vaultsim.x.mmvault.blocks import MmvaultBlocks
from vaultsim.x.mmvault.genesis import mmvault_genesis
from vaultsim.x.mmvault.keeper import MmvaultKeeper
from vaultsim.x.mmvault.msg_server import MmvaultMsgServer
from vaultsim.x.mmvault.query_server import MmvaultQueryServer
from vaultsim.x.mmvault.types import MODULE_NAME

_QUERY = "/vaultsim.mmvault.v1.Query/"


def mmvault_module(keeper: MmvaultKeeper) -> AppModule:
    """The module's messages, queries, genesis and block hook."""
    server = MmvaultMsgServer(keeper)
    return AppModule(
        name=MODULE_NAME,
        schemas=(keeper.state.schema,),
        genesis=mmvault_genesis(keeper),
        handlers={
            MsgAddLiquidity: server.add_liquidity,
            MsgRemoveLiquidity: server.remove_liquidity,
            MsgUpdateParams: server.update_params,
            MsgRefreshQuotes: server.refresh_quotes,
        },
        checks={
            MsgAddLiquidity: msg_server.check_add_liquidity,
            MsgRemoveLiquidity: msg_server.check_remove_liquidity,
        },
        queries=_queries(MmvaultQueryServer(keeper)),
        end_block=MmvaultBlocks(keeper).end_block,
        is_optional=True,
    )


def _queries(server: MmvaultQueryServer) -> Mapping[str, tuple[type[Message], Query]]:
    return {
        _QUERY + "Params": (QueryParamsRequest, server.params),
        _QUERY + "PairQuoteParams": (QueryPairQuoteParamsRequest, server.pair_quote_params),
        _QUERY + "Vault": (QueryVaultRequest, server.vault),
        _QUERY + "Shares": (QuerySharesRequest, server.shares),
        _QUERY + "Unlocks": (QueryUnlocksRequest, server.unlocks),
        _QUERY + "PreviewAdd": (QueryPreviewAddRequest, server.preview_add),
        _QUERY + "PreviewRemove": (QueryPreviewRemoveRequest, server.preview_remove),
        _QUERY + "Quotes": (QueryQuotesRequest, server.quotes),
        _QUERY + "ComputeQuotes": (QueryComputeQuotesRequest, server.compute_quotes),
        _QUERY + "Snapshots": (QuerySnapshotsRequest, server.snapshots),
    }
