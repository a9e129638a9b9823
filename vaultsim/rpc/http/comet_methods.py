"""A method of CometBFT's RPC, and the methods about the node and its state.

Source: CometBFT 0.38, RPC; client-surfaces §1.2.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any as Json
from typing import Final, NamedTuple

import msgspec

from vaultsim.app.results import printable
from vaultsim.node.live.blocks import BlockRecord
from vaultsim.node.live.headers import consensus_parameters
from vaultsim.node.live.node import Node
from vaultsim.node.times import format_time
from vaultsim.rpc.failures import RequestFailed
from vaultsim.rpc.http.answers import json_bytes
from vaultsim.rpc.http.comet_arguments import Argument, Arguments, Kind
from vaultsim.rpc.http.comet_failures import RpcFailed
from vaultsim.rpc.http.comet_heights import chosen_height, last_height, page_of
from vaultsim.rpc.http.comet_shapes import (
    base64_text,
    consensus_params_json,
    hex_text,
    validator_json,
    validator_key_json,
)
from vaultsim.rpc.services.tendermint import CHAIN_VERSION, node_info
from vaultsim.rpc.table import MethodTable

GENESIS_CHUNK_BYTES: Final = 16 * 1024 * 1024
_NO_PROOFS: Final = "prove is ignored: this node keeps no Merkle tree of its state"


class RpcMethod(NamedTuple):
    """A method: its arguments and who answers. Raises RpcFailed."""

    name: str
    arguments: tuple[Argument, ...]
    answer: Callable[[Arguments], Json | Awaitable[Json]]


HEIGHT: Final = Argument("height", Kind.INTEGER)
PAGE: Final = Argument("page", Kind.INTEGER)
PER_PAGE: Final = Argument("per_page", Kind.INTEGER)


class NodeMethods:
    """status, health, net_info, genesis, validators, consensus_params, abci_info, abci_query."""

    def __init__(self, node: Node, table: MethodTable) -> None:
        self._node = node
        self._table = table
        self._parameters = consensus_parameters(node.document.others)

    def methods(self) -> list[RpcMethod]:
        """What is answered here."""
        query = (Argument("path", Kind.TEXT), Argument("data", Kind.HEX), HEIGHT, Argument("prove", Kind.FLAG))
        return [
            RpcMethod("health", (), lambda _: {}),
            RpcMethod("status", (), self.status),
            RpcMethod("net_info", (), self.net_info),
            RpcMethod("genesis", (), self.genesis),
            RpcMethod("genesis_chunked", (Argument("chunk", Kind.INTEGER),), self.genesis_chunked),
            RpcMethod("validators", (HEIGHT, PAGE, PER_PAGE), self.validators),
            RpcMethod("consensus_params", (HEIGHT,), self.consensus_params),
            RpcMethod("abci_info", (), self.abci_info),
            RpcMethod("abci_query", query, self.abci_query),
        ]

    def status(self, _: Arguments) -> Json:
        """What the node is, and its first and last block."""
        node, info = self._node, node_info(self._node.chain_id)
        protocol = info.protocol_version
        return {
            "node_info": {
                "protocol_version": {
                    "p2p": str(protocol.p2p),
                    "block": str(protocol.block),
                    "app": str(protocol.app),
                },
                "id": info.default_node_id,
                "listen_addr": info.listen_addr,
                "network": info.network,
                "version": info.version,
                "channels": hex_text(info.channels),
                "moniker": info.moniker,
                "other": {"tx_index": info.other.tx_index, "rpc_address": info.other.rpc_address},
            },
            "sync_info": {
                **_block_summary("latest", node.blocks.latest, node),
                **_block_summary("earliest", node.blocks.get(node.blocks.earliest_height), node),
                "catching_up": False,
            },
            "validator_info": {
                "address": validator_json()["address"],
                "pub_key": validator_key_json(),
                "voting_power": validator_json()["voting_power"],
            },
        }

    def net_info(self, _: Arguments) -> Json:
        """The node is alone."""
        return {"listening": True, "listeners": ["Listener(@)"], "n_peers": "0", "peers": []}

    def genesis(self, _: Arguments) -> Json:
        """The genesis document, if it is not too large for one answer."""
        if len(self._genesis) > GENESIS_CHUNK_BYTES:
            raise RpcFailed("genesis response is large, please use the genesis_chunked API instead")
        return {"genesis": msgspec.Raw(self._genesis)}

    def genesis_chunked(self, arguments: Arguments) -> Json:
        """A part of the genesis document, counted from 0."""
        chunk = arguments["chunk"] or 0
        total = (len(self._genesis) + GENESIS_CHUNK_BYTES - 1) // GENESIS_CHUNK_BYTES
        if not 0 <= chunk < total:
            raise RpcFailed(f"there are {total - 1} chunks, {chunk} is invalid")
        part = self._genesis[chunk * GENESIS_CHUNK_BYTES : (chunk + 1) * GENESIS_CHUNK_BYTES]
        return {"chunk": str(chunk), "total": str(total), "data": base64.b64encode(part).decode()}

    @cached_property
    def _genesis(self) -> bytes:
        document = self._node.document.to_json()
        filled = {"consensus_params": consensus_params_json(self._parameters), "app_hash": "", **document}
        state = filled.pop("app_state")
        return json_bytes({**filled, "app_state": state})

    def validators(self, arguments: Arguments) -> Json:
        """The one validator."""
        height = self._coming_height(arguments["height"])
        shown = page_of([validator_json()], arguments["page"], arguments["per_page"])
        return {"block_height": str(height), "validators": shown, "count": str(len(shown)), "total": "1"}

    def consensus_params(self, arguments: Arguments) -> Json:
        """The consensus parameters, which never change."""
        height = self._coming_height(arguments["height"])
        return {"block_height": str(height), "consensus_params": consensus_params_json(self._parameters)}

    def _coming_height(self, asked: int | None) -> int:
        return chosen_height(self._node, asked, last_height(self._node) + 1)

    def abci_info(self, _: Arguments) -> Json:
        """What the application says about itself."""
        response = {
            "data": "dydxprotocol",
            "version": CHAIN_VERSION,
            "last_block_height": str(self._node.height),
            "last_block_app_hash": base64_text(self._node.app.store.app_hash),
        }
        return {"response": response}

    async def abci_query(self, arguments: Arguments) -> Json:
        """A query by its gRPC path, bytes in and bytes out; errors are in the answer, as ABCI tells them."""
        path, data, height = arguments["path"] or "", arguments["data"] or b"", arguments["height"]
        try:
            raw, at = await self._table.ask(path, data, height)
        except RequestFailed as failure:
            return _query_response(failure.code, printable(failure.log), b"", self._node.height, failure.codespace)
        return _query_response(0, _NO_PROOFS if arguments["prove"] else "", raw, at, "")


def _query_response(code: int, text: str, value: bytes, height: int, codespace: str) -> Json:
    response = {
        "code": code,
        "log": text,
        "info": "",
        "index": "0",
        "key": None,
        "value": base64_text(value) if value else None,
        "proofOps": None,
        "height": str(height),
        "codespace": codespace,
    }
    return {"response": response}


def _block_summary(name: str, record: BlockRecord | None, node: Node) -> dict[str, Json]:
    if record is None:
        height, time_ns, block_hash, app_hash = node.height, node.time_ns, b"", b""
    else:
        height, time_ns = record.height, record.time_ns
        block_hash, app_hash = record.block_hash, record.previous_app_hash
    return {
        f"{name}_block_hash": hex_text(block_hash),
        f"{name}_app_hash": hex_text(app_hash),
        f"{name}_block_height": str(height),
        f"{name}_block_time": format_time(time_ns),
    }
