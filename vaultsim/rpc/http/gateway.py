"""How the SDK's REST gateway tells errors and heights. Source: grpc-gateway 1.16, SDK server/api."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any as Json
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from vaultsim.app.results import printable
from vaultsim.lib.ints import I64_MAX
from vaultsim.pb.proto_json import message_to_json
from vaultsim.pb.runtime import JsonError, Message
from vaultsim.rpc.failures import GrpcCode, RequestFailed
from vaultsim.rpc.http.answers import GATEWAY_HEIGHT_HEADER, HEIGHT_HEADER, json_answer

_STATUS_OF_CODE: Final[Mapping[GrpcCode, int]] = {
    GrpcCode.OK: 200,
    GrpcCode.CANCELLED: 408,
    GrpcCode.UNKNOWN: 500,
    GrpcCode.INVALID_ARGUMENT: 400,
    GrpcCode.DEADLINE_EXCEEDED: 504,
    GrpcCode.NOT_FOUND: 404,
    GrpcCode.ALREADY_EXISTS: 409,
    GrpcCode.PERMISSION_DENIED: 403,
    GrpcCode.RESOURCE_EXHAUSTED: 429,
    GrpcCode.FAILED_PRECONDITION: 400,
    GrpcCode.ABORTED: 409,
    GrpcCode.OUT_OF_RANGE: 400,
    GrpcCode.UNIMPLEMENTED: 501,
    GrpcCode.INTERNAL: 500,
    GrpcCode.UNAVAILABLE: 503,
    GrpcCode.DATA_LOSS: 500,
    GrpcCode.UNAUTHENTICATED: 401,
}


def failure_body(code: GrpcCode, text: str) -> dict[str, Json]:
    """The body of an error."""
    return {"code": int(code), "message": printable(text), "details": []}


def failure_answer(code: GrpcCode, text: str, status: int | None = None) -> Response:
    """An error with the HTTP status of its code, unless another is given."""
    return json_answer(failure_body(code, text), _STATUS_OF_CODE[code] if status is None else status)


def message_answer(message: Message, height: int) -> Response:
    """An answer, and the height it is about. Raises RequestFailed for one that has no JSON form."""
    try:
        shown = message_to_json(message)
    except JsonError as problem:
        raise RequestFailed(GrpcCode.INTERNAL, f"the answer cannot be shown as JSON: {problem}") from None
    return json_answer(shown, headers={GATEWAY_HEIGHT_HEADER: str(height)})


def selected_height(request: Request) -> int | None:
    """The height that a request's header names, None for the last one. Raises RequestFailed."""
    text = request.headers.get(HEIGHT_HEADER) or request.headers.get(GATEWAY_HEIGHT_HEADER)
    if not text:
        return None
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 19 or int(digits) > I64_MAX:
        raise RequestFailed(GrpcCode.INVALID_ARGUMENT, f"{HEIGHT_HEADER}: {text[:80]!r} is no block height")
    return int(text)
