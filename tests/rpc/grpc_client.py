"""What the gRPC tests share: calls in plain bytes, and how they are refused."""

from __future__ import annotations

import socket
import struct
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

    def __init__(self, channel: grpc.Channel, target: str) -> None:
        self.channel = channel
        self.target = target

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


class DeafClient:
    """Speaks HTTP/2 by hand: asks, and lets nothing of the answers come but their headers."""

    _HEADERS, _SETTINGS = 1, 4
    _END_STREAM, _END_HEADERS = 1, 4

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=30)
        self._host = target
        no_window = struct.pack(">HI", 4, 0)  # SETTINGS_INITIAL_WINDOW_SIZE
        preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        self._socket.sendall(preface + self._frame(self._SETTINGS, 0, 0, no_window))

    def ask(self, path: str, times: int) -> None:
        """Sends so many empty requests and waits for the headers of their answers."""
        fields = {
            ":method": "POST",
            ":scheme": "http",
            ":path": path,
            ":authority": self._host,
            "te": "trailers",
            "content-type": "application/grpc",
        }
        headers = b"".join(map(_literal, fields.items()))
        for stream in range(1, 2 * times, 2):
            self._socket.sendall(
                self._frame(self._HEADERS, self._END_HEADERS, stream, headers)
                + self._frame(0, self._END_STREAM, stream, bytes(5))
            )
        answered: set[int] = set()
        with self._socket.makefile("rb") as frames:
            while len(answered) < times:
                head = frames.read(9)
                frames.read(int.from_bytes(head[:3], "big"))
                if head[3] == self._HEADERS:
                    answered.add(int.from_bytes(head[5:], "big"))

    def close(self) -> None:
        self._socket.close()

    @staticmethod
    def _frame(kind: int, flags: int, stream: int, body: bytes) -> bytes:
        return len(body).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body


def _literal(field: tuple[str, str]) -> bytes:
    """A header field of HPACK, spelt out."""
    name, value = (text.encode() for text in field)
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


@contextmanager
def connected(running: RunningNode, **options: Any) -> Iterator[Client]:
    """A client of a running node's gRPC port."""
    assert running.grpc is not None
    pairs = [(f"grpc.{name}", value) for name, value in options.items()]
    with grpc.insecure_channel(running.grpc.target, options=pairs) as channel:
        yield Client(channel, running.grpc.target)
