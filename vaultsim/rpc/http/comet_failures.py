"""Errors of JSON-RPC as CometBFT tells them. Source: CometBFT 0.38, RPC."""

from __future__ import annotations

from typing import Any as Json
from typing import Final

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603
SERVER_ERROR: Final = -32000

_MESSAGES: Final = {
    PARSE_ERROR: "Parse error. Invalid JSON",
    INVALID_REQUEST: "Invalid Request",
    METHOD_NOT_FOUND: "Method not found",
    INVALID_PARAMS: "Invalid params",
    INTERNAL_ERROR: "Internal error",
    SERVER_ERROR: "Server error",
}


class RpcFailed(Exception):
    """A request without a result. text: goes into the error's `data`."""

    def __init__(self, text: str = "", code: int = INTERNAL_ERROR) -> None:
        self.text = text
        self.code = code
        super().__init__(text)

    def to_json(self) -> dict[str, Json]:
        """The `error` of an answer."""
        out: dict[str, Json] = {"code": self.code, "message": _MESSAGES[self.code]}
        if self.text:
            out["data"] = self.text
        return out
