"""Why a request was not answered, as each door tells it: a gRPC status, an ABCI code, a text.

Source: dydx-modules §0, client-surfaces §1.5 (error mapping of the SDK).
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final

from vaultsim.errors import ChainError, ChainPanic, UserError
from vaultsim.x.sdk_errors import InvalidArgument, InvalidRequest, NotFound, Unauthorized, UnknownRequest


class GrpcCode(IntEnum):
    """The status codes of gRPC."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


_ABCI_CODES: Final = {
    GrpcCode.NOT_FOUND: NotFound.code,
    GrpcCode.INVALID_ARGUMENT: InvalidRequest.code,
    GrpcCode.FAILED_PRECONDITION: InvalidRequest.code,
    GrpcCode.UNAUTHENTICATED: Unauthorized.code,
}
_UNKNOWN_REQUEST: Final = 6
_MEANINGS: Final = {one.code: one.meaning for one in (Unauthorized, UnknownRequest, InvalidRequest, NotFound)}
_ABCI_PANIC: Final = 111222
_STATUS_TEXT: Final = re.compile(r"rpc error: code = (\w+) desc = (.*)", re.DOTALL)
_CODES_BY_GO_NAME: Final = {code.name.replace("_", "").lower(): code for code in GrpcCode}


class RequestFailed(Exception):
    """A request that has no answer.

    status: the gRPC status; text: its message; code and codespace: what ABCI says; log: ABCI's text.
    """

    def __init__(self, status: GrpcCode, text: str, *, code: int | None = None, codespace: str = "sdk") -> None:
        self.status = status
        self.text = text
        self.code = _ABCI_CODES.get(status, _UNKNOWN_REQUEST) if code is None else code
        self.codespace = codespace
        super().__init__(text)

    @property
    def log(self) -> str:
        """The text that ABCI carries: a status by its name, and what the code means."""
        meaning = _MEANINGS.get(self.code, "") if self.codespace == "sdk" else "panic"
        if self.status in (GrpcCode.UNKNOWN, GrpcCode.UNIMPLEMENTED) or self.codespace != "sdk":
            return f"{self.text}: {meaning}"
        return f"rpc error: code = {_go_name(self.status)} desc = {self.text}: {meaning}"


def failure_of(problem: ChainError | ChainPanic | UserError) -> RequestFailed:
    """What the doors say about a rejection, a panic or a bad request that answering a query raised."""
    if isinstance(problem, UserError):
        return RequestFailed(GrpcCode.INVALID_ARGUMENT, str(problem))
    if isinstance(problem, ChainPanic):
        return RequestFailed(GrpcCode.INTERNAL, problem.log, code=_ABCI_PANIC, codespace="undefined")
    status, text = _status_of(problem)
    return RequestFailed(status, text)


def _status_of(problem: ChainError) -> tuple[GrpcCode, str]:
    found = _STATUS_TEXT.match(problem.log)
    if found and found[1].lower() in _CODES_BY_GO_NAME:
        return _CODES_BY_GO_NAME[found[1].lower()], found[2].removesuffix(f": {problem.meaning}")
    # A status carries the plain text; the class's meaning is added by ABCI only.
    text = problem.log.removesuffix(f": {problem.meaning}") if problem.codespace == "sdk" else problem.log
    if isinstance(problem, NotFound):
        return GrpcCode.NOT_FOUND, text
    if isinstance(problem, InvalidArgument):
        return GrpcCode.INVALID_ARGUMENT, text
    return GrpcCode.UNKNOWN, text


def _go_name(status: GrpcCode) -> str:
    return "".join(word.capitalize() for word in status.name.split("_"))
