"""A node as its clients see it: a URL, and questions over gRPC with the chain's own messages."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import TracebackType
from typing import Any, Final, NamedTuple, Self, TypeVar
from urllib.parse import urlsplit

import grpc

from vaultsim.errors import UserError
from vaultsim.pb.cosmos.base.query.v1beta1 import PageRequest
from vaultsim.pb.cosmos.base.tendermint.v1beta1 import GetLatestBlockRequest
from vaultsim.pb.registry import class_named, services
from vaultsim.pb.runtime import DecodeError, Message, Method, replace

A = TypeVar("A", bound=Message)
DEFAULT_URL: Final = "grpc+http://127.0.0.1:9090"
CALL_SECONDS: Final = 15.0
HEIGHT_HEADER: Final = "x-cosmos-block-height"
_PORTS: Final = {"grpc+http": 80, "grpc+https": 443}
_LARGEST_ANSWER_BYTES: Final = 256 * 1024 * 1024
_PAGE_LIMIT: Final = 1_000


class NodeUrl(NamedTuple):
    """Where a node listens, as cosmpy writes it: `grpc+http://host:port`, or `grpc+https://…` for TLS."""

    text: str
    target: str
    with_tls: bool


class NodeRefused(UserError):
    """A question that the node answered with an error. status: the name of the gRPC status; text: its message."""

    def __init__(self, sentence: str, status: str, text: str) -> None:
        self.status = status
        self.text = text
        super().__init__(sentence)


class Head(NamedTuple):
    """The last block of a chain."""

    chain_id: str
    height: int
    unix_seconds: int


def parse_url(text: str) -> NodeUrl:
    """The place behind a URL. Raises UserError."""
    parts = urlsplit(text)
    try:
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    if parts.scheme not in _PORTS or not parts.hostname or not port or parts.path.strip("/"):
        raise UserError(f"--node: {text!r} is no address such as {DEFAULT_URL} (grpc+https:// for TLS)")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return NodeUrl(f"{parts.scheme}://{host}:{port}", f"{host}:{port}", parts.scheme == "grpc+https")


class Node:
    """Asks a node; use it in a `with` block. Every question raises UserError when nobody answers there."""

    def __init__(self, url: str = DEFAULT_URL) -> None:
        self.url = parse_url(url)
        options = [("grpc.max_receive_message_length", _LARGEST_ANSWER_BYTES)]
        if self.url.with_tls:
            self._channel = grpc.secure_channel(self.url.target, grpc.ssl_channel_credentials(), options)
        else:
            self._channel = grpc.insecure_channel(self.url.target, options)

    def ask(self, request: Message, answer: type[A], height: int = 0) -> A:
        """The answer to a request; height: of an older state, 0 for the last. Raises NodeRefused."""
        method = _methods_by_request()[request.FULL_NAME]
        found = self.ask_method(method, request, height)
        assert isinstance(found, answer)
        return found

    def ask_method(self, method: Method, request: Message, height: int = 0) -> Message:
        """The answer of any method. Raises NodeRefused."""
        answer = class_named(method.response)
        assert answer is not None
        metadata = [(HEIGHT_HEADER, str(height))] if height else []
        try:
            raw: bytes = self._channel.unary_unary(method.path)(
                request.encode(), timeout=CALL_SECONDS, metadata=metadata
            )
            return answer.decode(raw)
        except grpc.RpcError as error:
            raise self._problem(method, error) from error
        except DecodeError as problem:
            raise UserError(
                f"{self.url.text} answered {method.path} with bytes that cannot be read: {problem}"
            ) from None

    def pages(self, request: Message, answer: type[A], height: int = 0) -> Iterator[A]:
        """All pages of a list, one after the other."""
        key = b""
        while True:
            page = self.ask(replace(request, pagination=PageRequest(key=key, limit=_PAGE_LIMIT)), answer, height)
            yield page
            pagination: Any = page.pagination  # type: ignore[attr-defined]
            if pagination is None or pagination.next_key in (b"", key):
                return
            key = pagination.next_key

    def head(self) -> Head:
        """The last block."""
        method = _methods_by_request()[GetLatestBlockRequest.FULL_NAME]
        answer: Any = self.ask_method(method, GetLatestBlockRequest())
        block = answer.sdk_block or answer.block
        if block is None:
            raise UserError(f"{self.url.text} has no block yet; try again when it has")
        header = block.header
        return Head(header.chain_id, header.height, header.time.seconds)

    def _problem(self, method: Method, error: grpc.RpcError) -> UserError:
        status, text = error.code().name, error.details() or ""
        if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
            return UserError(f"{self.url.text}: no node answers there; start one with `vaultsim start`, or give --node")
        if error.code() is grpc.StatusCode.UNIMPLEMENTED:
            return NodeRefused(f"{self.url.text} does not serve {method.path}", status, text)
        return NodeRefused(f"{self.url.text} refused {method.path}: {text} [{status}]", status, text)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()


def find_method(name: str) -> Method:
    """A method by `package.Service/Name`, with or without a leading slash, or with a dot for the slash.

    Raises UserError for one that the protos do not have.
    """
    service, _, short = name.lstrip("/").replace("/", ".").rpartition(".")
    for method in services().get(service, ()):
        if method.name == short:
            return method
    known = services().get(service)
    cure = f"it has {', '.join(one.name for one in known)}" if known else "the protos have no such service"
    raise UserError(f"{name}: no such method; {cure}")


@cache
def _methods_by_request() -> dict[str, Method]:
    return {
        method.request: method
        for service, methods in services().items()
        if not service.endswith(".Msg")
        for method in methods
    }
