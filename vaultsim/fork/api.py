"""A chain's public gRPC queries, asked at one height: typed requests and answers, pages, retries.

Source: client-surfaces §1 (transport, `x-cosmos-block-height`), dydx-modules §0 (status codes).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import count
from typing import Any, Final, NamedTuple, Protocol, TypeVar

import grpc

from vaultsim.errors import UserError
from vaultsim.pb.cosmos.base.query.v1beta1 import PageRequest
from vaultsim.pb.registry import services
from vaultsim.pb.runtime import DecodeError, Message, Method, replace

A = TypeVar("A", bound=Message)
Statuses = tuple[grpc.StatusCode, ...]

HEIGHT_HEADER: Final = "x-cosmos-block-height"
PAGE_LIMIT: Final = 500
ATTEMPTS: Final = 7
FIRST_ATTEMPTS: Final = 3
"""Attempts as long as the node has not answered anything: its address may well be wrong."""
FIRST_WAIT_SECONDS: Final = 0.25
CALL_SECONDS: Final = 30.0
AT_ONCE: Final = 8
"""Requests that are under way at the same time."""
_LARGEST_ANSWER_BYTES: Final = 256 * 1024 * 1024
_PASSING: Final = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
)
NOT_FOUND: Final = (grpc.StatusCode.NOT_FOUND,)
ANY_REFUSAL: Final = (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL)
"""What it looks like when a module has nothing under a key: NOT_FOUND, or an error of its own."""


class Unserved(Exception):
    """A method that the node does not have."""


class Watcher(Protocol):
    """Is told how the reading goes."""

    def reading(self, what: str, total: int | None) -> None:
        """A new part is being read; `total`: how many answers it will take, if that is known."""

    def answered(self) -> None:
        """One more answer of this part."""


class Endpoint(NamedTuple):
    """Where a chain is asked: `host:port`, and whether through TLS."""

    target: str
    with_tls: bool = False


class PublicApi:
    """Asks a node's queries, all of them at `height` (0: the last one). Safe to use from several threads.

    wait: called with seconds between two attempts. Every method raises UserError when the node cannot be reached or
    does not answer for that height.
    """

    def __init__(self, node: Endpoint, watcher: Watcher, *, wait: Callable[[float], None] = time.sleep) -> None:
        self.node = node
        self.height = 0
        self.calls = 0
        self._watcher = watcher
        self._wait = wait
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="fork")
        options = [("grpc.max_receive_message_length", _LARGEST_ANSWER_BYTES)]
        if node.with_tls:
            self._channel = grpc.secure_channel(node.target, grpc.ssl_channel_credentials(), options)
        else:
            self._channel = grpc.insecure_channel(node.target, options)

    def __enter__(self) -> PublicApi:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._channel.close()

    # --- asking --------------------------------------------------------------------------------------------------

    def ask(self, request: Message, answer: type[A]) -> A:
        """The answer to one request. Raises Unserved when the node does not have the method."""
        found = self._asked(request, answer, ())
        assert found is not None
        return found

    def ask_each(
        self, what: str, requests: Iterable[Message], answer: type[A], absent: Statuses = NOT_FOUND
    ) -> list[A | None]:
        """The answers in the order of the requests, None where the status is in `absent`. Raises Unserved."""
        listed = list(requests)
        self._watcher.reading(what, len(listed))
        return list(self._threads.map(lambda request: self._asked(request, answer, absent), listed))

    def pages(self, what: str, request: Message, answer: type[A]) -> Iterator[A]:
        """All pages of a list, one after the other. Raises Unserved."""
        self._watcher.reading(what, None)
        key = b""
        while True:
            page = self.ask(replace(request, pagination=PageRequest(key=key, limit=PAGE_LIMIT)), answer)
            yield page
            pagination: Any = page.pagination  # type: ignore[attr-defined]
            if pagination is None or not pagination.next_key:
                return
            if pagination.next_key == key:
                raise UserError(f"{self.node.target}: {_method_of(request).path} gives the same page again and again")
            key = pagination.next_key

    def reading(self, what: str) -> None:
        """Tells the watcher what the next requests are about."""
        self._watcher.reading(what, None)

    # --- one request ---------------------------------------------------------------------------------------------

    def _asked(self, request: Message, answer: type[A], absent: Statuses) -> A | None:
        path = _method_of(request).path
        raw = request.encode()
        for attempt in count(1):
            try:
                found = self._sent(path, raw)
            except grpc.RpcError as error:
                is_passing = error.code() in _PASSING or _is_height_to_come(error)
                if error.code() in absent and not is_passing and not _is_height_gone(error):
                    self._count()
                    return None
                if not is_passing or attempt >= (ATTEMPTS if self.calls else FIRST_ATTEMPTS):
                    raise self._problem(path, error, attempt) from error
                self._wait(FIRST_WAIT_SECONDS * 2 ** (attempt - 1))
                continue
            self._count()
            try:
                return answer.decode(found)
            except DecodeError as problem:
                raise UserError(
                    f"{self.node.target}: {path}: the answer is no {answer.FULL_NAME} ({problem})"
                ) from None
        raise AssertionError("count() does not end")

    def _sent(self, path: str, raw: bytes) -> bytes:
        metadata = ((HEIGHT_HEADER, str(self.height)),) if self.height else ()
        method = self._channel.unary_unary(path)
        found, call = method.with_call(raw, metadata=metadata, timeout=CALL_SECONDS)
        for key, value in call.initial_metadata():
            if key == HEIGHT_HEADER and self.height and value != str(self.height):
                raise UserError(
                    f"{self.node.target}: answered about height {value} when asked about {self.height}; "
                    "it does not keep states by height"
                )
        answer: bytes = found
        return answer

    def _count(self) -> None:
        self.calls += 1
        self._watcher.answered()

    def _problem(self, path: str, error: Any, attempts: int) -> Exception:
        code, text = error.code(), error.details() or "no reason given"
        where = f"{self.node.target}: {path}"
        if code is grpc.StatusCode.UNIMPLEMENTED:
            return Unserved(path)
        if _is_height_gone(error) or _is_height_to_come(error):
            return UserError(f"{where}: {text}; let the node keep more heights, or take another one with --height")
        if code is grpc.StatusCode.UNAVAILABLE:
            return UserError(f"{where}: not reachable after {attempts} attempts ({text}); check --grpc and --tls")
        if code in _PASSING:
            return UserError(f"{where}: {code.name} after {attempts} attempts ({text}); try again later")
        return UserError(f"{where}: {code.name}: {text}")


def _is_height_gone(error: Any) -> bool:
    """Whether a node says that it does not keep the height that it was asked about."""
    return _says(error, "height", "is not kept", "not available", "pruned")


def _is_height_to_come(error: Any) -> bool:
    """Whether a node says that it does not have the height yet, as one of several behind an address may."""
    return _says(error, "height", "failed to load state", "in the future", "the last block is")


def _says(error: Any, subject: str, *words: str) -> bool:
    text = (error.details() or "").lower()
    return subject in text and any(word in text for word in words)


@cache
def _methods() -> dict[str, Method]:
    return {method.request: method for name, rows in services().items() if _is_read(name) for method in rows}


def _is_read(service: str) -> bool:
    return service.endswith(".Query") or service == "cosmos.base.tendermint.v1beta1.Service"


def _method_of(request: Message) -> Method:
    return _methods()[request.FULL_NAME]
