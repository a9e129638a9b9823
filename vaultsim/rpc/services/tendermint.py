"""cosmos.base.tendermint.v1beta1.Service: blocks, validators, the node itself. Source: client-surfaces §§1.1-1.4."""

from __future__ import annotations

from typing import Final

from vaultsim.address import to_bech32
from vaultsim.node.live.blocks import BlockRecord
from vaultsim.node.live.headers import BLOCK_PROTOCOL, VALIDATOR, VALIDATOR_KEY
from vaultsim.node.live.node import Node
from vaultsim.pb import registry
from vaultsim.pb.cosmos.base.query.v1beta1 import PageResponse
from vaultsim.pb.cosmos.base.tendermint.v1beta1 import (
    ABCIQueryRequest,
    ABCIQueryResponse,
    GetBlockByHeightRequest,
    GetBlockByHeightResponse,
    GetLatestBlockRequest,
    GetLatestBlockResponse,
    GetLatestValidatorSetRequest,
    GetLatestValidatorSetResponse,
    GetNodeInfoRequest,
    GetNodeInfoResponse,
    GetSyncingRequest,
    GetSyncingResponse,
    GetValidatorSetByHeightRequest,
    GetValidatorSetByHeightResponse,
    Validator,
    VersionInfo,
)
from vaultsim.pb.cosmos.crypto.ed25519 import PubKey
from vaultsim.pb.tendermint.p2p import DefaultNodeInfo, DefaultNodeInfoOther, ProtocolVersion
from vaultsim.rpc.block_view import CONSENSUS_PREFIX, block_of, sdk_block_of
from vaultsim.rpc.failures import GrpcCode, RequestFailed
from vaultsim.rpc.table import Answer, Scope, Served, served

COMET_VERSION: Final = "0.38.6"
CHAIN_VERSION: Final = "9.4.0"
SDK_VERSION: Final = "v0.50.6"
P2P_PROTOCOL: Final = 8
NODE_ID: Final = VALIDATOR.address.hex()
_SERVICE: Final = "/cosmos.base.tendermint.v1beta1.Service"


class TendermintService:
    """Answers about blocks and the node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def node_info(self, _: Scope, __: GetNodeInfoRequest) -> GetNodeInfoResponse:
        """What the node says about itself; versions are those of the chain that is mirrored."""
        return GetNodeInfoResponse(
            default_node_info=node_info(self._node.chain_id),
            application_version=VersionInfo(
                name="dydxprotocol",
                app_name="dydxprotocold",
                version=CHAIN_VERSION,
                build_tags="vaultsim",
                cosmos_sdk_version=SDK_VERSION,
            ),
        )

    def syncing(self, _: Scope, __: GetSyncingRequest) -> GetSyncingResponse:
        """Never: there is nothing to catch up with."""
        return GetSyncingResponse(syncing=False)

    def latest_block(self, _: Scope, __: GetLatestBlockRequest) -> GetLatestBlockResponse:
        """The last block, in both forms."""
        record = self._node.blocks.latest
        if record is None:
            raise RequestFailed(GrpcCode.UNAVAILABLE, "no block yet: the chain goes on with the next one")
        block = block_of(record)
        return GetLatestBlockResponse(block_id=record.block_id, block=block, sdk_block=sdk_block_of(block))

    def block_by_height(self, _: Scope, request: GetBlockByHeightRequest) -> GetBlockByHeightResponse:
        """A block that is remembered, in both forms."""
        record = self._block(request.height)
        block = block_of(record)
        return GetBlockByHeightResponse(block_id=record.block_id, block=block, sdk_block=sdk_block_of(block))

    def latest_validators(self, _: Scope, __: GetLatestValidatorSetRequest) -> GetLatestValidatorSetResponse:
        """The one validator."""
        return GetLatestValidatorSetResponse(
            block_height=self._node.height, validators=(_validator(),), pagination=PageResponse(total=1)
        )

    def validators_by_height(
        self, _: Scope, request: GetValidatorSetByHeightRequest
    ) -> GetValidatorSetByHeightResponse:
        """The one validator, at any height that is there."""
        if request.height > self._node.height:
            raise RequestFailed(GrpcCode.INVALID_ARGUMENT, "requested block height is bigger then the chain length")
        return GetValidatorSetByHeightResponse(
            block_height=request.height, validators=(_validator(),), pagination=PageResponse(total=1)
        )

    def abci_query(self, _: Scope, request: ABCIQueryRequest) -> ABCIQueryResponse:
        """Refused as on the chain: gRPC methods are called as such."""
        if not request.path:
            raise RequestFailed(GrpcCode.INVALID_ARGUMENT, "empty query path")
        raise RequestFailed(GrpcCode.INVALID_ARGUMENT, f"unsupported ABCI query path: {request.path[:200]}")

    def _block(self, height: int) -> BlockRecord:
        if height > self._node.height:
            raise RequestFailed(GrpcCode.INVALID_ARGUMENT, "requested block height is bigger then the chain length")
        if height < 1:
            raise RequestFailed(GrpcCode.INVALID_ARGUMENT, f"height must be greater than 0, but got {height}")
        record = self._node.blocks.get(height)
        if record is None:
            earliest = self._node.blocks.earliest_height
            raise RequestFailed(
                GrpcCode.INVALID_ARGUMENT, f"height {height} is not available, lowest height is {earliest}"
            )
        return record


def node_info(chain_id: str) -> DefaultNodeInfo:
    """The part about the node's place in the network."""
    return DefaultNodeInfo(
        protocol_version=ProtocolVersion(p2p=P2P_PROTOCOL, block=BLOCK_PROTOCOL),
        default_node_id=NODE_ID,
        listen_addr="tcp://127.0.0.1:26656",
        network=chain_id,
        version=COMET_VERSION,
        moniker="vaultsim",
        other=DefaultNodeInfoOther(tx_index="on", rpc_address="tcp://127.0.0.1:26657"),
    )


def rows(node: Node) -> list[Served]:
    """The service's methods."""
    service = TendermintService(node)
    answers: dict[str, Answer] = {
        "GetNodeInfo": service.node_info,
        "GetSyncing": service.syncing,
        "GetLatestBlock": service.latest_block,
        "GetBlockByHeight": service.block_by_height,
        "GetLatestValidatorSet": service.latest_validators,
        "GetValidatorSetByHeight": service.validators_by_height,
        "ABCIQuery": service.abci_query,
    }
    return [served(f"{_SERVICE}/{name}", answer) for name, answer in answers.items()]


def _validator() -> Validator:
    return Validator(
        address=to_bech32(VALIDATOR.address, CONSENSUS_PREFIX),
        pub_key=registry.pack(PubKey(key=VALIDATOR_KEY)),
        voting_power=VALIDATOR.voting_power,
    )
