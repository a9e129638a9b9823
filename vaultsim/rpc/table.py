"""One table of methods for all doors: gRPC, ABCI query and REST find here who answers.

A method is answered either from a committed state (the modules' queries) or by a service of the node itself.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from vaultsim.context import Context
from vaultsim.errors import ChainError, ChainPanic, UserError
from vaultsim.node.live.node import Node
from vaultsim.node.live.past import HeightUnavailable
from vaultsim.pb.registry import class_named, services
from vaultsim.pb.runtime import DecodeError, Message, Method
from vaultsim.rpc.failures import GrpcCode, RequestFailed, failure_of

MOST_REMEMBERED_BYTES: Final = 64 * 1024 * 1024
"""Requests and answers that are kept until the next block, together."""


class Scope(NamedTuple):
    """What a method is answered from.

    ctx: the committed state of `ctx.height`, the last one unless the request named another.
    """

    node: Node
    ctx: Context


Answer = Callable[[Scope, Any], Message | Awaitable[Message]]
"""Answers a decoded request. Raises ChainError, ChainPanic, UserError or RequestFailed."""


class Served(NamedTuple):
    """A method with who answers it. is_of_state: the answer follows from the state alone, so it may be remembered
    until the next block."""

    method: Method
    request: type[Message]
    answer: Answer
    is_of_state: bool = False


class Answered(NamedTuple):
    """An encoded answer and the height of the state it is about."""

    raw: bytes
    height: int


class MethodTable:
    """The served methods by path (`/package.Service/Method`).

    extra: more methods, of the node itself; they win over a module's query of the same path. remembered_answers: how
    many answers are kept until the next block.
    """

    def __init__(self, node: Node, extra: Iterable[Served] = (), *, remembered_answers: int = 10_000) -> None:
        self.node = node
        self._served = {served.method.path: served for served in [*_module_queries(node), *extra]}
        self._most_remembered = remembered_answers
        self._remembered: dict[tuple[str, bytes], bytes] = {}
        self._remembered_bytes = 0
        self._remembered_for = b""

    def __iter__(self) -> Iterator[Served]:
        return iter(self._served.values())

    def find(self, path: str) -> Served | None:
        """The method of a path, None when nobody answers it."""
        return self._served.get(path)

    @property
    def remembered(self) -> int:
        """How many answers are kept now."""
        return len(self._remembered)

    def paths(self) -> list[str]:
        """Every served path, in order."""
        return sorted(self._served)

    async def ask(self, path: str, request: bytes, height: int | None = None) -> Answered:
        """Answers encoded bytes with encoded bytes, of the state at `height` (None or 0: the last one).

        Raises RequestFailed.
        """
        served = self._served.get(path)
        if served is None:
            raise RequestFailed(GrpcCode.UNIMPLEMENTED, f"unknown method {path}", code=6)
        at_last = not height or height == self.node.height
        if served.is_of_state and at_last:
            return Answered(self._remembered_answer(path, served, request), self.node.height)
        answer, at = await self.answer(served, _decoded(served, request), height)
        return Answered(answer.encode(), at)

    async def answer(self, served: Served, request: Message, height: int | None = None) -> tuple[Message, int]:
        """Answers a decoded request; returns the answer and the height it is about. Raises RequestFailed."""
        scope = self.scope(height)
        try:
            found = served.answer(scope, request)
            message = await found if inspect.isawaitable(found) else found
        except (ChainError, ChainPanic, UserError) as problem:
            raise failure_of(problem) from problem
        return message, scope.ctx.height

    def scope(self, height: int | None) -> Scope:
        """The state that a request about `height` is answered from. Raises RequestFailed."""
        if height is not None and height < 0:
            raise RequestFailed(GrpcCode.INVALID_ARGUMENT, f"height {height} is negative; heights start at 1")
        try:
            return Scope(self.node, self.node.state_at(height or None))
        except HeightUnavailable as problem:
            raise RequestFailed(GrpcCode.INVALID_ARGUMENT, str(problem)) from problem

    def _remembered_answer(self, path: str, served: Served, request: bytes) -> bytes:
        state = self.node.app.store.app_hash
        if state != self._remembered_for:
            self._remembered.clear()
            self._remembered_bytes = 0
            self._remembered_for = state
        raw = self._remembered.get((path, request))
        if raw is None:
            raw = self._fresh_answer(served, request)
            self._remember(path, request, raw)
        return raw

    def _remember(self, path: str, request: bytes, raw: bytes) -> None:
        """Keeps an answer while there is room; whoever asks for everything once shall not fill the memory."""
        size = len(request) + len(raw)
        if len(self._remembered) < self._most_remembered and self._remembered_bytes + size <= MOST_REMEMBERED_BYTES:
            self._remembered[(path, request)] = raw
            self._remembered_bytes += size

    def _fresh_answer(self, served: Served, request: bytes) -> bytes:
        decoded = _decoded(served, request)
        try:
            answer = served.answer(self.scope(None), decoded)
        except (ChainError, ChainPanic, UserError) as problem:
            raise failure_of(problem) from problem
        assert isinstance(answer, Message), "a method that is answered from the state does not wait"
        return answer.encode()


def _decoded(served: Served, request: bytes) -> Message:
    try:
        return served.request.decode(request)
    except (DecodeError, IndexError) as problem:
        raise RequestFailed(GrpcCode.INVALID_ARGUMENT, f"{served.method.path}: {problem}") from None


def method_named(path: str) -> Method:
    """The method of a path, out of the protos. Raises KeyError."""
    service, _, name = path.lstrip("/").partition("/")
    return next(method for method in services()[service] if method.name == name)


def served(path: str, answer: Answer, *, is_of_state: bool = False) -> Served:
    """A row of the table for a method of the protos."""
    method = method_named(path)
    request = class_named(method.request)
    assert request is not None
    return Served(method, request, answer, is_of_state)


def _module_queries(node: Node) -> list[Served]:
    rows = []
    for path, (request, query) in node.app.modules.queries.items():
        rows.append(Served(method_named(path), request, _of_state(query), True))
    return rows


def _of_state(query: Callable[[Context, Any], Message]) -> Answer:
    return lambda scope, request: query(scope.ctx, request)
