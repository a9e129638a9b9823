"""The REST door (LCD): every served method under the paths of its HTTP annotations, as the SDK's gateway does it.

Source: grpc-gateway 1.16, SDK server/api; client-surfaces §1.4.
"""

from __future__ import annotations

from typing import Any as Json
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from vaultsim.errors import ChainHalted
from vaultsim.pb.proto_json import message_from_json
from vaultsim.pb.runtime import JsonError, Message
from vaultsim.rpc.failures import GrpcCode, RequestFailed
from vaultsim.rpc.http.answers import (
    BadJson,
    BodyTooLarge,
    bounded_body,
    door_middleware,
    json_answer,
    json_value,
)
from vaultsim.rpc.http.control import control_routes
from vaultsim.rpc.http.gateway import failure_answer, failure_body, message_answer, selected_height
from vaultsim.rpc.http.lcd_fields import message_of_parameters
from vaultsim.rpc.http.lcd_routes import Matched, Routes
from vaultsim.rpc.limits import ServerLimits
from vaultsim.rpc.table import MethodTable

_VERBS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def lcd_app(table: MethodTable, limits: ServerLimits, *, with_control: bool) -> Starlette:
    """The REST gateway over a table of methods."""
    door = _LcdDoor(table, limits)
    routes: list[BaseRoute] = [
        *(control_routes(table, limits) if with_control else ()),
        Route("/", door.index, methods=["GET"]),
        Route("/{path:path}", door.ask, methods=list(_VERBS)),
    ]
    return Starlette(routes=routes, middleware=door_middleware(_bug))


class _LcdDoor:
    """The endpoints."""

    def __init__(self, table: MethodTable, limits: ServerLimits) -> None:
        self._table = table
        self._limits = limits
        self._routes = Routes(table)

    async def index(self, _: Request) -> Response:
        """All routes with the methods behind them."""
        shown = [
            {"verb": target.verb, "path": target.path, "method": target.served.method.path}
            for target in sorted(self._routes.targets, key=lambda one: (one.path, one.verb))
        ]
        return json_answer({"routes": shown})

    async def ask(self, request: Request) -> Response:
        """Answers what a path means."""
        verb = "GET" if request.method == "HEAD" else request.method
        path = request.scope["path"]
        matched = self._routes.find(verb, path)
        if matched is None:
            is_other_verb = bool(self._routes.other_verbs(verb, path))
            return failure_answer(GrpcCode.UNIMPLEMENTED, "Method Not Allowed" if is_other_verb else "Not Implemented")
        try:
            message = await self._message(request, matched)
            height = selected_height(request)
            return message_answer(*await self._table.answer(matched.target.served, message, height))
        except RequestFailed as failure:
            return failure_answer(failure.status, failure.text)
        except BodyTooLarge as problem:
            return failure_answer(GrpcCode.RESOURCE_EXHAUSTED, str(problem), 413)
        except (BadJson, JsonError) as problem:
            return failure_answer(GrpcCode.INVALID_ARGUMENT, str(problem))
        except ChainHalted as halt:
            return failure_answer(GrpcCode.INTERNAL, f"the chain halted: {halt}")

    async def _message(self, request: Request, matched: Matched) -> Message:
        target = matched.target
        in_path = list(zip(target.names, matched.values, strict=True))
        if not target.body:
            return message_of_parameters(target.served.request, in_path, request.query_params.multi_items())
        raw = await bounded_body(request, self._limits.request_bytes)
        return message_from_json(target.served.request, json_value(raw) if raw.strip() else {}, "request")


def _bug(text: str) -> Json:
    return failure_body(GrpcCode.INTERNAL, text)
