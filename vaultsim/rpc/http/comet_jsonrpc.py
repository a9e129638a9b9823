"""JSON-RPC requests: single, in a batch, or as a URI. Source: CometBFT 0.38, RPC; client-surfaces §1.2."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterable, Mapping
from typing import Any as Json
from typing import Final, NamedTuple

from vaultsim.errors import ChainHalted
from vaultsim.rpc.http.answers import BadJson, json_value
from vaultsim.rpc.http.comet_arguments import Arguments, arguments_from_json, arguments_from_query
from vaultsim.rpc.http.comet_failures import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    RpcFailed,
)
from vaultsim.rpc.http.comet_methods import RpcMethod

MOST_BATCH_REQUESTS: Final = 10
URI_ID: Final = -1
log: Final = logging.getLogger("vaultsim.http")


class RpcRequest(NamedTuple):
    """One request. id: as it came, text or a number; None for a notification, which is not answered."""

    id: str | int | float | None
    method: str
    params: Json


def failed_answer(request_id: Json, failure: RpcFailed) -> dict[str, Json]:
    """An answer that tells an error; without an id when the request's is not known."""
    known = {} if request_id is None else {"id": request_id}
    return {"jsonrpc": "2.0", **known, "error": failure.to_json()}


def result_answer(request_id: Json, result: Json) -> dict[str, Json]:
    """An answer with a result."""
    return {"jsonrpc": "2.0", "id": request_id, "result": result}


def read_requests(raw: bytes) -> tuple[list[RpcRequest], bool]:
    """The requests in a body, and whether they came as a batch. Raises RpcFailed."""
    try:
        body = json_value(raw)
    except BadJson as problem:
        raise RpcFailed(f"error unmarshaling request: {problem}", PARSE_ERROR) from None
    if not isinstance(body, list):
        return [read_request(body)], False
    if len(body) > MOST_BATCH_REQUESTS:
        text = f"batch request exceeds maximum ({MOST_BATCH_REQUESTS}) allowed number of requests"
        raise RpcFailed(text, INVALID_REQUEST)
    return [read_request(one) for one in body], True


def read_request(body: Json) -> RpcRequest:
    """The request of parsed JSON. Raises RpcFailed."""
    if not isinstance(body, dict):
        raise RpcFailed("error unmarshaling request: expected an object", PARSE_ERROR)
    request_id, method = body.get("id"), body.get("method", "")
    if isinstance(request_id, bool) or not isinstance(request_id, str | int | float | None):
        raise RpcFailed("error unmarshaling request: the id must be a string or a number", PARSE_ERROR)
    if not isinstance(method, str):
        raise RpcFailed("error unmarshaling request: the method must be a string", PARSE_ERROR)
    return RpcRequest(request_id, method, body.get("params"))


class Dispatcher:
    """Finds the method of a request and answers it."""

    def __init__(self, methods: Iterable[RpcMethod]) -> None:
        self.methods: dict[str, RpcMethod] = {method.name: method for method in methods}

    async def answer(self, request: RpcRequest) -> dict[str, Json]:
        """The whole answer to a request, error or result."""
        try:
            method = self._find(request.method)
            result = await self._call(method, arguments_from_json(method.arguments, request.params))
        except RpcFailed as failure:
            return failed_answer(request.id, failure)
        return result_answer(request.id, result)

    async def answer_uri(self, name: str, query: Mapping[str, str]) -> dict[str, Json]:
        """The whole answer to a URI such as /block?height=5. Raises RpcFailed."""
        method = self._find(name)
        result = await self._call(method, arguments_from_query(method.arguments, query))
        return result_answer(URI_ID, result)

    def _find(self, name: str) -> RpcMethod:
        method = self.methods.get(name)
        if method is None:
            raise RpcFailed(code=METHOD_NOT_FOUND)
        return method

    async def _call(self, method: RpcMethod, arguments: Arguments) -> Json:
        try:
            found = method.answer(arguments)
            return await found if inspect.isawaitable(found) else found
        except RpcFailed:
            raise
        except ChainHalted as halt:
            raise RpcFailed(f"the chain halted: {halt}") from None
        except Exception:
            log.exception("%s failed; the server goes on", method.name)
            text = f"{method.name} failed because of a bug in vaultsim; its log says where"
            raise RpcFailed(text, INTERNAL_ERROR) from None
