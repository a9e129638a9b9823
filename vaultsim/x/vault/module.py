"""x/vault as the app sees it. Source: dydx-vault §§5, 6, 9, 10."""

from __future__ import annotations

from collections.abc import Mapping

from vaultsim.module import AppModule, Query
from vaultsim.pb.dydxprotocol.vault import (
    MsgAllocateToVault,
    MsgDepositToMegavault,
    MsgRetrieveFromVault,
    MsgSetVaultParams,
    MsgUnlockShares,
    MsgUpdateDefaultQuotingParams,
    MsgUpdateOperatorParams,
    MsgWithdrawFromMegavault,
    QueryAllVaultsRequest,
    QueryMegavaultAllOwnerSharesRequest,
    QueryMegavaultOwnerSharesRequest,
    QueryMegavaultTotalSharesRequest,
    QueryMegavaultWithdrawalInfoRequest,
    QueryParamsRequest,
    QueryVaultParamsRequest,
    QueryVaultRequest,
)
from vaultsim.pb.runtime import Message
from vaultsim.x.vault import msg_server
from vaultsim.x.vault.blocks import VaultBlocks
from vaultsim.x.vault.genesis import vault_genesis
from vaultsim.x.vault.keeper import VaultKeeper
from vaultsim.x.vault.msg_server import VaultMsgServer
from vaultsim.x.vault.query_server import VaultQueryServer
from vaultsim.x.vault.types import MODULE_NAME

_QUERY = "/dydxprotocol.vault.Query/"


def vault_module(keeper: VaultKeeper) -> AppModule:
    """The module's messages, queries, genesis and block hooks."""
    server, blocks = VaultMsgServer(keeper), VaultBlocks(keeper)
    return AppModule(
        name=MODULE_NAME,
        schemas=(keeper.state.schema,),
        genesis=vault_genesis(keeper),
        handlers={
            MsgDepositToMegavault: server.deposit,
            MsgWithdrawFromMegavault: server.withdraw,
            MsgUpdateDefaultQuotingParams: server.update_default_quoting_params,
            MsgUpdateOperatorParams: server.update_operator_params,
            MsgSetVaultParams: server.set_vault_params,
            MsgUnlockShares: server.unlock_shares,
            MsgAllocateToVault: server.allocate_to_vault,
            MsgRetrieveFromVault: server.retrieve_from_vault,
        },
        checks={
            MsgDepositToMegavault: msg_server.check_deposit,
            MsgWithdrawFromMegavault: msg_server.check_withdraw,
            MsgAllocateToVault: msg_server.check_move,
            MsgRetrieveFromVault: msg_server.check_move,
        },
        signers={
            MsgDepositToMegavault: msg_server.deposit_signers,
            MsgWithdrawFromMegavault: msg_server.withdraw_signers,
        },
        queries=_queries(VaultQueryServer(keeper)),
        begin_block=blocks.begin_block,
        end_block=blocks.end_block,
    )


def _queries(server: VaultQueryServer) -> Mapping[str, tuple[type[Message], Query]]:
    return {
        _QUERY + "Params": (QueryParamsRequest, server.params),
        _QUERY + "Vault": (QueryVaultRequest, server.vault),
        _QUERY + "AllVaults": (QueryAllVaultsRequest, server.all_vaults),
        _QUERY + "MegavaultTotalShares": (QueryMegavaultTotalSharesRequest, server.total_shares),
        _QUERY + "MegavaultOwnerShares": (QueryMegavaultOwnerSharesRequest, server.owner_shares),
        _QUERY + "MegavaultAllOwnerShares": (QueryMegavaultAllOwnerSharesRequest, server.all_owner_shares),
        _QUERY + "VaultParams": (QueryVaultParamsRequest, server.vault_params),
        _QUERY + "MegavaultWithdrawalInfo": (QueryMegavaultWithdrawalInfoRequest, server.withdrawal_info),
    }
