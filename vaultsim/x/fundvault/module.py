"""x/fundvault as the app sees it. Source: fund-vault, designs-on-chain (fundvault)."""

from __future__ import annotations

from collections.abc import Mapping

from vaultsim.module import AppModule, Query
from vaultsim.pb.runtime import Message
from vaultsim.pb.vaultsim.fundvault.v1 import (
    MsgChangeVaultOwner,
    MsgCloseVault,
    MsgCreateVault,
    MsgDepositToVault,
    MsgRequestRedemption,
    MsgUpdateParams,
    MsgUpdateVault,
    MsgVaultCancelOrder,
    MsgVaultPlaceOrder,
    QueryFeePreviewRequest,
    QueryParamsRequest,
    QueryRedemptionsRequest,
    QueryShareRequest,
    QueryVaultBalancesRequest,
    QueryVaultsRequest,
)
from vaultsim.x.fundvault import validate_basic
from vaultsim.x.fundvault.blocks import FundVaultBlocks
from vaultsim.x.fundvault.genesis import fundvault_genesis
from vaultsim.x.fundvault.keeper import FundVaultKeeper
from vaultsim.x.fundvault.msg_server import FundVaultMsgServer
from vaultsim.x.fundvault.query_server import FundVaultQueryServer
from vaultsim.x.fundvault.types import MODULE_NAME

_QUERY = "/vaultsim.fundvault.v1.Query/"


def fundvault_module(keeper: FundVaultKeeper) -> AppModule:
    """The module's messages, queries, genesis, guard and block hooks."""
    server, blocks = FundVaultMsgServer(keeper), FundVaultBlocks(keeper)
    return AppModule(
        name=MODULE_NAME,
        schemas=(keeper.state.schema,),
        genesis=fundvault_genesis(keeper),
        handlers={
            MsgCreateVault: server.create_vault,
            MsgDepositToVault: server.deposit,
            MsgRequestRedemption: server.request_redemption,
            MsgUpdateVault: server.update_vault,
            MsgChangeVaultOwner: server.change_owner,
            MsgCloseVault: server.close_vault,
            MsgVaultPlaceOrder: server.place_order,
            MsgVaultCancelOrder: server.cancel_order,
            MsgUpdateParams: server.update_params,
        },
        checks={
            MsgCreateVault: validate_basic.create_vault,
            MsgDepositToVault: validate_basic.deposit_to_vault,
            MsgRequestRedemption: validate_basic.request_redemption,
            MsgUpdateVault: validate_basic.update_vault,
            MsgChangeVaultOwner: validate_basic.change_vault_owner,
            MsgVaultPlaceOrder: validate_basic.place_order,
            MsgVaultCancelOrder: validate_basic.cancel_order,
        },
        queries=_queries(FundVaultQueryServer(keeper)),
        guard=keeper.guard,
        begin_block=blocks.begin_block,
        end_block=blocks.end_block,
        is_optional=True,
    )


def _queries(server: FundVaultQueryServer) -> Mapping[str, tuple[type[Message], Query]]:
    return {
        _QUERY + "Params": (QueryParamsRequest, server.params),
        _QUERY + "Vaults": (QueryVaultsRequest, server.vaults),
        _QUERY + "Redemptions": (QueryRedemptionsRequest, server.redemptions),
        _QUERY + "VaultBalances": (QueryVaultBalancesRequest, server.vault_balances),
        _QUERY + "Share": (QueryShareRequest, server.share),
        _QUERY + "FeePreview": (QueryFeePreviewRequest, server.fee_preview),
    }
