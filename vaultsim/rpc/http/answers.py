"""What all HTTP doors share: JSON answers, bounded bodies, headers for browsers, and no traceback to a client."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any as Json
from typing import Final

import msgspec
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vaultsim.app.results import printable

log: Final = logging.getLogger("vaultsim.http")
_encode: Final = msgspec.json.Encoder().encode
HEIGHT_HEADER: Final = "x-cosmos-block-height"
GATEWAY_HEIGHT_HEADER: Final = "grpc-metadata-x-cosmos-block-height"


class BodyTooLarge(Exception):
    """A request body above the limit."""


class BadJson(ValueError):
    """A body that is no JSON; the sentence says where."""


def json_bytes(value: Json) -> bytes:
    """`value` as JSON. Text that is no UTF-8 is shown with U+FFFD, as Go shows it."""
    try:
        return _encode(value)
    except UnicodeEncodeError:
        return _encode(_printable(value))


def json_value(raw: bytes) -> Json:
    """The value of JSON text. Raises BadJson."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise BadJson(str(problem)) from None
    except RecursionError:
        raise BadJson("nested too deeply") from None


def json_answer(value: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A response with a JSON body."""
    return Response(json_bytes(value), status, headers, media_type="application/json")


async def bounded_body(request: Request, limit: int) -> bytes:
    """The request's body. Raises BodyTooLarge as soon as it is known to be longer than `limit` bytes."""
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and (len(declared) > 18 or int(declared) > limit):
        raise BodyTooLarge(f"the request body is larger than {limit} bytes")
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise BodyTooLarge(f"the request body is larger than {limit} bytes")
        parts.append(part)
    return b"".join(parts)


def door_middleware(failure: Callable[[str], Json]) -> list[Middleware]:
    """What stands before every door: any page may ask, and a bug becomes a 500 with the body `failure` makes."""
    cors = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD", "POST", "OPTIONS"],
        allow_headers=["*"],
        expose_headers=[GATEWAY_HEIGHT_HEADER],
    )
    return [cors, Middleware(_Guard, failure=failure)]


class _Guard:
    """Tells a client that there was a bug, without the traceback, which goes to the log."""

    def __init__(self, app: ASGIApp, failure: Callable[[str], Json]) -> None:
        self._app = app
        self._failure = failure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def noted(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except ClientDisconnect:
            return
        except Exception:
            log.exception("%s failed; the server goes on", scope.get("path"))
            if scope["type"] == "http" and not has_begun:
                told = self._failure("failed because of a bug in vaultsim; its log says where")
                await json_answer(told, 500)(scope, receive, send)


def _printable(value: Json) -> Json:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {_printable(key): _printable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(item) for item in value]
    return value
