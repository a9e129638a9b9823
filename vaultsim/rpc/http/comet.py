"""The CometBFT door: JSON-RPC 2.0 by POST and by URI, and a WebSocket. Source: CometBFT 0.38, RPC."""

from __future__ import annotations

from typing import Any as Json

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from vaultsim.node.live.headers import consensus_parameters
from vaultsim.node.live.node import Node
from vaultsim.rpc.broadcast import Broadcaster
from vaultsim.rpc.http.answers import BodyTooLarge, bounded_body, door_middleware, json_answer
from vaultsim.rpc.http.comet_blocks import BlockMethods
from vaultsim.rpc.http.comet_events import EventBus
from vaultsim.rpc.http.comet_failures import INTERNAL_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, RpcFailed
from vaultsim.rpc.http.comet_jsonrpc import URI_ID, Dispatcher, failed_answer, read_requests
from vaultsim.rpc.http.comet_methods import NodeMethods
from vaultsim.rpc.http.comet_search import EventSearch
from vaultsim.rpc.http.comet_txs import TxMethods
from vaultsim.rpc.http.comet_websocket import Connection
from vaultsim.rpc.http.control import control_routes
from vaultsim.rpc.limits import ServerLimits
from vaultsim.rpc.table import MethodTable


def comet_app(
    node: Node, table: MethodTable, limits: ServerLimits, *, broadcaster: Broadcaster, with_control: bool
) -> Starlette:
    """CometBFT's RPC of a node. broadcaster: the node's one way in for transactions."""
    door = _CometDoor(node, table, limits, broadcaster)
    routes: list[BaseRoute] = [
        WebSocketRoute("/websocket", door.websocket),
        *(control_routes(table, limits) if with_control else ()),
        Route("/", door.index, methods=["GET"]),
        Route("/", door.post, methods=["POST"]),
        Route("/{name:path}", door.uri, methods=["GET", "POST"]),
    ]
    return Starlette(routes=routes, middleware=door_middleware(_bug))


class _CometDoor:
    """The endpoints."""

    def __init__(self, node: Node, table: MethodTable, limits: ServerLimits, broadcaster: Broadcaster) -> None:
        self._limits = limits
        self._bus = EventBus(node, consensus_parameters(node.document.others))
        search = EventSearch(node)
        groups = (
            NodeMethods(node, table),
            BlockMethods(node, search),
            TxMethods(node, broadcaster, search, limits.commit_seconds),
        )
        self._dispatcher = Dispatcher(method for group in groups for method in group.methods())

    async def index(self, request: Request) -> Response:
        """What may be asked, as URIs."""
        uris = [
            f"/{method.name}"
            + ("?" if method.arguments else "")
            + "&".join(f"{one.name}=_" for one in method.arguments)
            for method in self._dispatcher.methods.values()
        ]
        return json_answer({"methods": sorted(uris), "websocket": "/websocket"})

    async def post(self, request: Request) -> Response:
        """One JSON-RPC request, or a batch of them."""
        try:
            raw = await bounded_body(request, self._limits.request_bytes)
        except BodyTooLarge as problem:
            return json_answer(failed_answer(None, RpcFailed(str(problem), INVALID_REQUEST)), 413)
        if not raw:
            return await self.index(request)
        try:
            requests, _ = read_requests(raw)
        except RpcFailed as failure:
            return json_answer(failed_answer(None, failure))
        answers = [await self._dispatcher.answer(one) for one in requests if one.id is not None]
        if not answers:
            return Response(status_code=200)
        # As CometBFT does: one answer stands alone, also when it was asked for in a batch.
        return json_answer(answers[0] if len(answers) == 1 else answers)

    async def uri(self, request: Request) -> Response:
        """A method by its name in the path, its arguments in the query."""
        name = request.path_params["name"]
        try:
            return json_answer(await self._dispatcher.answer_uri(name, request.query_params))
        except RpcFailed as failure:
            status = 404 if failure.code == METHOD_NOT_FOUND else 500
            return json_answer(failed_answer(URI_ID, failure), status)

    async def websocket(self, socket: WebSocket) -> None:
        """JSON-RPC and events until the client leaves."""
        await Connection(socket, self._dispatcher, self._bus, self._limits).run()


def _bug(text: str) -> Json:
    return failed_answer(URI_ID, RpcFailed(text, INTERNAL_ERROR))
