"""Consensus parameters, old-style parameters, and how the node is set up. Source: client-surfaces §§1.4, 1.5."""

from __future__ import annotations

import msgspec

from vaultsim.app.ante.fees import DEFAULT_MINIMUM
from vaultsim.node.live.headers import consensus_parameters
from vaultsim.node.live.node import Node
from vaultsim.pb.cosmos.base.node.v1beta1 import ConfigRequest, ConfigResponse, StatusRequest, StatusResponse
from vaultsim.pb.cosmos.consensus.v1 import QueryParamsRequest, QueryParamsResponse
from vaultsim.pb.cosmos.params.v1beta1 import ParamChange
from vaultsim.pb.cosmos.params.v1beta1 import QueryParamsRequest as OldParamsRequest
from vaultsim.pb.cosmos.params.v1beta1 import QueryParamsResponse as OldParamsResponse
from vaultsim.pb.tendermint.types import BlockParams
from vaultsim.rpc.failures import GrpcCode, RequestFailed
from vaultsim.rpc.table import Scope, Served, served
from vaultsim.x.clock import timestamp_of


class ParamsService:
    """Answers from the genesis document: no message changes these on a running chain."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._params = consensus_parameters(node.document.others)

    def consensus(self, _: Scope, __: QueryParamsRequest) -> QueryParamsResponse:
        """The consensus parameters."""
        return QueryParamsResponse(params=self._params)

    def old_params(self, _: Scope, request: OldParamsRequest) -> OldParamsResponse:
        """The block parameters under their old name. Any other name is refused."""
        if (request.subspace, request.key) != ("baseapp", "BlockParams"):
            raise RequestFailed(
                GrpcCode.INVALID_ARGUMENT, f"subspace {request.subspace!r}, key {request.key!r}: no such parameter"
            )
        block = self._params.block or BlockParams()
        value = msgspec.json.encode({"max_bytes": str(block.max_bytes), "max_gas": str(block.max_gas)}).decode()
        return OldParamsResponse(param=ParamChange(subspace=request.subspace, key=request.key, value=value))

    def config(self, _: Scope, __: ConfigRequest) -> ConfigResponse:
        """The node's least gas prices, and how many older states it keeps."""
        keep = str(self._node.options.keep_heights)
        return ConfigResponse(minimum_gas_price=DEFAULT_MINIMUM, pruning_keep_recent=keep, pruning_interval="1")

    def status(self, _: Scope, __: StatusRequest) -> StatusResponse:
        """Where the node stands."""
        node = self._node
        return StatusResponse(
            earliest_store_height=max(node.height - node.options.keep_heights, node.app.initial_height),
            height=node.height,
            timestamp=timestamp_of(node.time_ns),
            app_hash=node.app.store.app_hash,
        )


def rows(node: Node) -> list[Served]:
    """The methods."""
    service = ParamsService(node)
    return [
        served("/cosmos.consensus.v1.Query/Params", service.consensus),
        served("/cosmos.params.v1beta1.Query/Params", service.old_params),
        served("/cosmos.base.node.v1beta1.Service/Config", service.config),
        served("/cosmos.base.node.v1beta1.Service/Status", service.status),
    ]
