"""The JSON side of control: POST /control/<verb in snake_case>, the request as proto JSON. docs/RPC.md lists them."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vaultsim.pb.proto_json import message_from_json
from vaultsim.pb.runtime import JsonError
from vaultsim.rpc.failures import GrpcCode, RequestFailed
from vaultsim.rpc.http.answers import BadJson, BodyTooLarge, bounded_body, json_answer, json_value
from vaultsim.rpc.http.gateway import failure_answer, message_answer
from vaultsim.rpc.limits import ServerLimits
from vaultsim.rpc.table import MethodTable, Served

SERVICE: Final = "vaultsim.control.v1.Control"
_WORD: Final = re.compile(r"(?<!^)(?=[A-Z])")


def control_routes(table: MethodTable, limits: ServerLimits) -> list[Route]:
    """The routes of control, for the doors that carry it."""
    door = _ControlDoor(table, limits)
    return [
        Route("/control", door.index, methods=["GET"]),
        Route("/control/{verb:path}", door.post, methods=["POST"]),
    ]


class _ControlDoor:
    def __init__(self, table: MethodTable, limits: ServerLimits) -> None:
        self._table = table
        self._limits = limits
        self._verbs: dict[str, Served] = {
            _WORD.sub("_", served.method.name).lower(): served for served in table if served.method.service == SERVICE
        }

    async def index(self, _: Request) -> Response:
        """The verbs and the fields of their requests."""
        fields = {verb: [row[0] for row in served.request.FIELDS] for verb, served in self._verbs.items()}
        return json_answer({"verbs": fields})

    async def post(self, request: Request) -> Response:
        """Does what a verb says."""
        verb = request.path_params["verb"]
        served = self._verbs.get(verb)
        if served is None:
            text = f"there is no {verb[:80]!r}; choose one of {', '.join(sorted(self._verbs))}"
            return failure_answer(GrpcCode.UNIMPLEMENTED, text, 404)
        try:
            message = message_from_json(served.request, await self._body(request), "$")
            answer, height = await self._table.answer(served, message)
            return message_answer(answer, height)
        except BodyTooLarge as problem:
            return failure_answer(GrpcCode.RESOURCE_EXHAUSTED, str(problem), 413)
        except (BadJson, JsonError) as problem:
            return failure_answer(GrpcCode.INVALID_ARGUMENT, f"{verb}: {problem}")
        except RequestFailed as failure:
            return failure_answer(failure.status, failure.text)

    async def _body(self, request: Request) -> object:
        raw = await bounded_body(request, self._limits.request_bytes)
        return json_value(raw) if raw.strip() else {}
