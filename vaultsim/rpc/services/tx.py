"""cosmos.tx.v1beta1.Service: simulate, broadcast, look up. Source: client-surfaces §§1.1-1.5, 2."""

from __future__ import annotations

from typing import Final

from vaultsim.app.results import TxResult, printable
from vaultsim.lib.ints import U64_MAX
from vaultsim.node.live.blocks import BlockRecord, TxPlace
from vaultsim.node.live.node import Node
from vaultsim.pb.cosmos.base.abci.v1beta1 import GasInfo, Result, TxMsgData, TxResponse
from vaultsim.pb.cosmos.base.query.v1beta1 import PageRequest, PageResponse
from vaultsim.pb.cosmos.tx.v1beta1 import (
    BroadcastMode,
    BroadcastTxRequest,
    BroadcastTxResponse,
    GetBlockWithTxsRequest,
    GetBlockWithTxsResponse,
    GetTxRequest,
    GetTxResponse,
    GetTxsEventRequest,
    GetTxsEventResponse,
    OrderBy,
    SimulateRequest,
    SimulateResponse,
    Tx,
    TxDecodeRequest,
    TxDecodeResponse,
    TxEncodeRequest,
    TxEncodeResponse,
)
from vaultsim.pb.runtime import DecodeError
from vaultsim.rpc.block_view import block_of
from vaultsim.rpc.broadcast import Broadcaster, Refused
from vaultsim.rpc.failures import GrpcCode, RequestFailed
from vaultsim.rpc.http.comet_failures import RpcFailed
from vaultsim.rpc.http.comet_heights import page_of
from vaultsim.rpc.http.comet_search import EventSearch
from vaultsim.rpc.table import Answer, Scope, Served, served
from vaultsim.rpc.tx_view import check_response, decoded_tx, events_of, executed_response
from vaultsim.x.pagination import DEFAULT_LIMIT

_SERVICE: Final = "/cosmos.tx.v1beta1.Service"


class TxService:
    """Answers about transactions; what is broadcast goes through the node's one `broadcaster`."""

    def __init__(self, node: Node, broadcaster: Broadcaster) -> None:
        self._node = node
        self._broadcaster = broadcaster
        self._search = EventSearch(node)

    def simulate(self, _: Scope, request: SimulateRequest) -> SimulateResponse:
        """Runs a transaction on the check state and keeps nothing: the gas it takes, its events and responses."""
        raw = request.tx_bytes or (request.tx.encode() if request.tx is not None else b"")
        if not raw:
            raise RequestFailed(GrpcCode.INVALID_ARGUMENT, "empty txBytes is not allowed")
        result = self._node.app.modules.runner.simulate_tx(self._node.chain.check_ctx, raw)
        if result.code:
            raise RequestFailed(GrpcCode.UNKNOWN, f"{printable(result.log)} with gas used: '{result.gas_used}'")
        return SimulateResponse(
            # A transaction without gas has a meter without limit, too.
            gas_info=GasInfo(gas_wanted=result.gas_wanted % (U64_MAX + 1), gas_used=result.gas_used),
            result=_simulation_result(result),
        )

    def broadcast(self, _: Scope, request: BroadcastTxRequest) -> BroadcastTxResponse:
        """CheckTx of a transaction. Mode sync tells the result, async tells the hash only; others are refused."""
        if not request.tx_bytes:
            raise RequestFailed(GrpcCode.INVALID_ARGUMENT, "invalid empty tx")
        if request.mode not in (BroadcastMode.BROADCAST_MODE_SYNC, BroadcastMode.BROADCAST_MODE_ASYNC):
            raise RequestFailed(GrpcCode.UNKNOWN, _unsupported(request.mode))
        return BroadcastTxResponse(tx_response=self._broadcast(request))

    def _broadcast(self, request: BroadcastTxRequest) -> TxResponse:
        try:
            submitted = self._broadcaster.submit(request.tx_bytes)
        except Refused as problem:
            return TxResponse(txhash=self._broadcaster.hash_text(request.tx_bytes), codespace="sdk", code=problem.code)
        if request.mode == BroadcastMode.BROADCAST_MODE_ASYNC:
            return TxResponse(txhash=submitted.tx_hash.hex().upper())
        return check_response(*submitted)

    def get_tx(self, _: Scope, request: GetTxRequest) -> GetTxResponse:
        """A transaction that is in a block. Short-term orders never are by themselves."""
        if not request.hash:
            raise RequestFailed(GrpcCode.INVALID_ARGUMENT, "tx hash cannot be empty")
        try:
            tx_hash = bytes.fromhex(request.hash)
        except ValueError:
            raise RequestFailed(
                GrpcCode.INVALID_ARGUMENT, f"tx hash {request.hash[:80]!r}: expected 64 hexadecimal digits"
            ) from None
        place = self._node.blocks.find_tx(tx_hash)
        if place is None:
            raise RequestFailed(GrpcCode.NOT_FOUND, f"tx not found: {request.hash}")
        return GetTxResponse(tx=decoded_tx(place.raw), tx_response=executed_response(place))

    async def get_txs_event(self, _: Scope, request: GetTxsEventRequest) -> GetTxsEventResponse:
        """Executed transactions whose events fit a query, a page of them (100); oldest first unless asked otherwise."""
        try:
            places = await self._search.txs(request.query or " AND ".join(request.events))
            if request.order_by == OrderBy.ORDER_BY_DESC:
                places.reverse()
            page = page_of(places, request.page or 1, request.limit or DEFAULT_LIMIT)
        except RpcFailed as problem:
            raise RequestFailed(GrpcCode.INVALID_ARGUMENT, str(problem)) from None
        return GetTxsEventResponse(
            txs=tuple(decoded_tx(place.raw) for place in page),
            tx_responses=tuple(executed_response(place) for place in page),
            total=len(places),
        )

    def get_block_with_txs(self, _: Scope, request: GetBlockWithTxsRequest) -> GetBlockWithTxsResponse:
        """A block with its transactions decoded; those that do not decode are left out."""
        record = self._block(request.height)
        page = request.pagination or PageRequest(limit=DEFAULT_LIMIT)
        total = len(record.txs)
        if page.offset >= total and total:
            raise RequestFailed(
                GrpcCode.INVALID_ARGUMENT,
                f"out of range: cannot paginate {total} txs with offset {page.offset} and limit {page.limit}",
            )
        places = [TxPlace(record, position) for position in range(total)]
        chosen = places[page.offset : page.offset + page.limit]
        return GetBlockWithTxsResponse(
            txs=tuple(tx for tx in (_decoded_or_none(place.raw) for place in chosen) if tx is not None),
            block_id=record.block_id,
            block=block_of(record),
            pagination=PageResponse(total=total),
        )

    def _block(self, height: int) -> BlockRecord:
        latest = self._node.height
        if not 1 <= height <= latest:
            raise RequestFailed(
                GrpcCode.INVALID_ARGUMENT,
                f"requested height {height} but height must not be less than 1 or greater than the current height "
                f"{latest}: invalid height",
            )
        record = self._node.blocks.get(height)
        if record is None:
            raise RequestFailed(GrpcCode.INVALID_ARGUMENT, f"block {height} is not remembered any more")
        return record

    def tx_decode(self, _: Scope, request: TxDecodeRequest) -> TxDecodeResponse:
        """Bytes to a transaction."""
        if not request.tx_bytes:
            raise RequestFailed(GrpcCode.INVALID_ARGUMENT, "invalid empty tx bytes")
        return TxDecodeResponse(tx=decoded_tx(request.tx_bytes))

    def tx_encode(self, _: Scope, request: TxEncodeRequest) -> TxEncodeResponse:
        """A transaction to bytes."""
        if request.tx is None:
            raise RequestFailed(GrpcCode.INVALID_ARGUMENT, "invalid empty tx")
        return TxEncodeResponse(tx_bytes=request.tx.encode())


def rows(node: Node, broadcaster: Broadcaster) -> list[Served]:
    """The service's methods."""
    service = TxService(node, broadcaster)
    answers: dict[str, Answer] = {
        "Simulate": service.simulate,
        "BroadcastTx": service.broadcast,
        "GetTx": service.get_tx,
        "GetTxsEvent": service.get_txs_event,
        "GetBlockWithTxs": service.get_block_with_txs,
        "TxDecode": service.tx_decode,
        "TxEncode": service.tx_encode,
    }
    return [served(f"{_SERVICE}/{name}", answer) for name, answer in answers.items()]


def _simulation_result(result: TxResult) -> Result:
    responses = TxMsgData.decode(result.data).msg_responses
    return Result(data=result.data, events=events_of(result), msg_responses=responses)


def _unsupported(mode: int) -> str:
    name = BroadcastMode.NAMES.get(mode, str(mode))
    return f"unsupported return type {name}; supported types: sync, async"


def _decoded_or_none(raw: bytes) -> Tx | None:
    try:
        return Tx.decode(raw)
    except DecodeError:
        return None
