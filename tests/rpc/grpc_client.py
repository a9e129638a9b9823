"""What the gRPC tests share: calls in plain bytes, and how they are refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import grpc

from vaultsim.rpc.server import RunningNode

HEIGHT = "x-cosmos-block-height"


class Reply(NamedTuple):
    """An answer, and the height that its metadata names."""

    raw: bytes
    height: int


class Client:
    """Asks methods by their path. Raises grpc.RpcError."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.channel = channel

    def ask(self, path: str, request: bytes = b"", *heights: str) -> Reply:
        """Every one of `heights` becomes a header."""
        method = self.channel.unary_unary(path)
        raw, call = method.with_call(request, metadata=[(HEIGHT, height) for height in heights], timeout=30)
        return Reply(raw, int(dict(call.initial_metadata())[HEIGHT]))

    def refusal(self, path: str, request: bytes = b"", *heights: str) -> tuple[grpc.StatusCode, str]:
        """Status and text of a request that must not be answered."""
        try:
            reply = self.ask(path, request, *heights)
        except grpc.RpcError as refused:
            return refused.code(), refused.details()
        raise AssertionError(f"{path} was answered: {reply}")


@contextmanager
def connected(running: RunningNode, **options: Any) -> Iterator[Client]:
    """A client of a running node's gRPC port."""
    assert running.grpc is not None
    pairs = [(f"grpc.{name}", value) for name, value in options.items()]
    with grpc.insecure_channel(running.grpc.target, options=pairs) as channel:
        yield Client(channel)
