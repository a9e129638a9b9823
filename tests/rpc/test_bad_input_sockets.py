"""Clients that send garbage, half of something, too much, or do not read: each is answered or let go, blocks go on."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import random
import resource
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.genesis.runs import ROOT
from tests.rpc.grpc_client import connected
from vaultsim.node.genesis_document import read_genesis
from vaultsim.node.live.node import Node
from vaultsim.rpc.limits import ServerLimits
from vaultsim.rpc.server import RunningNode, ServerOptions, run_in_thread

PATIENCE = 0.5
REQUEST_BYTES = 256 * 1024
LIMITS = ServerLimits(
    request_bytes=REQUEST_BYTES, connections=600, subscriptions=3, queued_events=20, patience_seconds=PATIENCE
)
HTTP_DOORS = ("rpc", "lcd", "indexer")
DOORS = ("grpc", *HTTP_DOORS)
SHARES = "/dydxprotocol.vault.Query/MegavaultTotalShares"
STATUS = b"GET /status HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture(scope="module")
def running() -> Iterator[RunningNode]:
    options = ServerOptions.on_free_ports(limits=LIMITS, block_time_ns=20_000_000)
    with run_in_thread(Node(read_genesis(ROOT / "genesis" / "localnet" / "genesis.json")), options) as found:
        yield found


@pytest.fixture(autouse=True)
def is_well_afterwards(running: RunningNode, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """After each test every door answers, blocks come, and nothing was logged as our bug."""
    yield
    height = running.call(lambda: running.node.height)
    with connected(running) as client:
        assert client.ask(SHARES)
    for door in HTTP_DOORS:
        with contextlib.closing(connect(running, door)) as open_socket:
            open_socket.sendall(b"GET /v4/height HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            assert read_all(open_socket).startswith(b"HTTP/1.1 ")
    await_height(running, height + 3)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def await_height(running: RunningNode, height: int) -> None:
    end = time.monotonic() + 20
    while running.call(lambda: running.node.height) < height:
        assert time.monotonic() < end, f"no block {height}"
        time.sleep(0.01)


def connect(running: RunningNode, door: str) -> socket.socket:
    address = getattr(running, door)
    opened = socket.create_connection((address.host, address.port), timeout=10)
    return opened


def read_all(open_socket: socket.socket, most: int = 1 << 24) -> bytes:
    """What comes until the other side closes."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while len(found) < most and (part := open_socket.recv(65_536)):
            found += part
    return found


def exchanged(running: RunningNode, door: str, raw: bytes) -> bytes:
    """What comes back for raw bytes, after which our side is silent."""
    with contextlib.closing(connect(running, door)) as opened:
        with contextlib.suppress(ConnectionError):
            opened.sendall(raw)
        return read_all(opened)


def is_closed(open_socket: socket.socket) -> bool:
    """Whether the other side has ended the connection by now, having said at most a few words."""
    open_socket.settimeout(0.01)
    try:
        while open_socket.recv(65_536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


def memory_bytes() -> int:
    """Resident memory of this process, in which the server runs."""
    with open("/proc/self/statm", encoding="ascii") as figures:
        return int(figures.read().split()[1]) * resource.getpagesize()


@pytest.mark.parametrize("door", DOORS)
def test_random_bytes(running: RunningNode, door: str) -> None:
    drawn = random.Random(door)
    blobs = [drawn.randbytes(size) for size in (1, 3, 24, 500, 5_000, 70_000)]
    blobs += [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + drawn.randbytes(300),
        b"\x16\x03\x01\x02\x00\x01" + drawn.randbytes(512),
    ]
    for blob in blobs:
        with contextlib.closing(connect(running, door)) as opened:
            with contextlib.suppress(OSError):
                opened.sendall(blob)
                opened.shutdown(socket.SHUT_WR)
            answer = read_all(opened)
            if door != "grpc" and answer:
                assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 408", b"HTTP/1.1 431")), blob[:20]


@pytest.mark.parametrize("door", HTTP_DOORS)
@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET  HTTP/1.1\r\n\r\n",
        b"BREW /pot HTTP/1.1\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n",
    ],
)
def test_what_is_no_http_is_a_bad_request(running: RunningNode, door: str, raw: bytes) -> None:
    assert exchanged(running, door, raw).startswith((b"HTTP/1.1 400", b"HTTP/1.1 413"))


@pytest.mark.parametrize("door", HTTP_DOORS)
def test_an_endless_head_is_refused(running: RunningNode, door: str) -> None:
    head = b"GET / HTTP/1.1\r\nhost: x\r\nx: " + b"y" * 4_000_000
    assert exchanged(running, door, head).startswith(b"HTTP/1.1 431")
    many = b"GET / HTTP/1.1\r\nhost: x\r\n" + b"a: b\r\n" * 200_000
    assert exchanged(running, door, many).startswith(b"HTTP/1.1 431")


@pytest.mark.parametrize("door", ["rpc", "lcd"])
def test_a_body_above_the_limit_is_refused(running: RunningNode, door: str) -> None:
    path = b"/cosmos/tx/v1beta1/txs" if door == "lcd" else b"/"
    head = b"POST " + path + b" HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\n"
    told = head + b"content-length: %d\r\n\r\n" % (REQUEST_BYTES + 1) + b" " * (REQUEST_BYTES + 1)
    assert exchanged(running, door, told).startswith(b"HTTP/1.1 413")
    chunk = b"%x\r\n" % 65_536 + b" " * 65_536 + b"\r\n"
    untold = head + b"transfer-encoding: chunked\r\n\r\n" + chunk * 8
    assert exchanged(running, door, untold).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("door", HTTP_DOORS)
def test_half_a_request_is_waited_for_but_not_for_ever(running: RunningNode, door: str) -> None:
    halves = [
        b"",
        b"G",
        STATUS[:-3],
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
    ]
    opened = [connect(running, door) for _ in range(20) for _ in halves]
    try:
        for half, one in zip(halves * 20, opened, strict=True):
            one.sendall(half)
        # Meanwhile others are served.
        assert exchanged(running, door, STATUS[:-2] + b"connection: close\r\n\r\n").startswith(b"HTTP/1.1 ")
        end = time.monotonic() + 20 * PATIENCE
        left = opened
        while left := [one for one in left if not is_closed(one)]:
            assert time.monotonic() < end, f"{len(left)} connections are still held"
    finally:
        for one in opened:
            one.close()


def test_a_slow_but_steady_sender_has_to_hurry(running: RunningNode) -> None:
    with contextlib.closing(connect(running, "rpc")) as opened:
        opened.settimeout(0.05)
        started = time.monotonic()
        opened.sendall(b"GET / HTTP/1.1\r\nx: ")
        with contextlib.suppress(ConnectionError, TimeoutError):
            while time.monotonic() < started + 10:
                opened.sendall(b"y")
                with contextlib.suppress(TimeoutError):
                    if not opened.recv(100):
                        break
        assert PATIENCE * 0.9 < time.monotonic() - started < 9


def test_connections_above_the_limit_are_told_so_and_the_others_served(running: RunningNode) -> None:
    idle: list[socket.socket] = []
    asked = STATUS[:-2] + b"connection: close\r\n\r\n"
    try:
        # Idle ones are let go in time, so on a slow machine it takes more of them to be at the limit.
        for _ in range(20):
            with contextlib.suppress(OSError):
                idle += [connect(running, "rpc") for _ in range(LIMITS.connections + 20)]
            answer = exchanged(running, "rpc", asked)
            if answer.startswith(b"HTTP/1.1 503"):
                break
        assert answer.startswith(b"HTTP/1.1 503")
    finally:
        for one in idle:
            one.close()
    for _ in range(100):
        answer = exchanged(running, "rpc", asked)
        if answer.startswith(b"HTTP/1.1 200"):
            break
        time.sleep(0.05)
    assert answer.startswith(b"HTTP/1.1 200")


# --- a client that does not read ------------------------------------------------------------------------------------


def test_who_does_not_read_its_answers_is_let_go(running: RunningNode) -> None:
    """Twenty clients ask for the genesis document again and again and never read a byte."""
    before = memory_bytes()
    silent = [connect(running, "rpc") for _ in range(20)]
    try:
        for one in silent:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            one.settimeout(0.2)
            with contextlib.suppress(OSError):
                for _ in range(200):
                    one.sendall(b"GET /genesis HTTP/1.1\r\nhost: x\r\n\r\n")
        end = time.monotonic() + 20 * PATIENCE
        while running.call(_open_tasks) and time.monotonic() < end:
            time.sleep(0.05)
        assert memory_bytes() - before < 60_000_000
    finally:
        for one in silent:
            one.close()


def _open_tasks() -> bool:
    import asyncio

    return any("run_asgi" in repr(task.get_coro()) for task in asyncio.all_tasks())


# --- WebSocket ------------------------------------------------------------------------------------------------------


def websocket(running: RunningNode) -> socket.socket:
    """A WebSocket connection after its handshake."""
    opened = connect(running, "rpc")
    key = base64.b64encode(os.urandom(16))
    opened.sendall(
        b"GET /websocket HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: " + key + b"\r\n\r\n"
    )
    head = b""
    while b"\r\n\r\n" not in head:
        head += opened.recv(1)
    assert head.startswith(b"HTTP/1.1 101")
    return opened


def frame(payload: bytes, opcode: int = 1, *, last: bool = True) -> bytes:
    """A masked frame, as clients send them; the mask is zero."""
    size = len(payload)
    head = bytes([(0x80 if last else 0) | opcode])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65_536:
        head += bytes([0x80 | 126]) + size.to_bytes(2, "big")
    else:
        head += bytes([0x80 | 127]) + size.to_bytes(8, "big")
    return head + bytes(4) + payload


def read_json(opened: socket.socket) -> Any:
    """The next text frame of the server."""
    head = _exactly(opened, 2)
    size = head[1] & 127
    if size == 126:
        size = int.from_bytes(_exactly(opened, 2), "big")
    elif size == 127:
        size = int.from_bytes(_exactly(opened, 8), "big")
    payload = _exactly(opened, size)
    return json.loads(payload) if head[0] & 15 == 1 else read_json(opened)


def _exactly(opened: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = opened.recv(size - len(found))
        if not part:
            raise ConnectionError("closed")
        found += part
    return found


def subscribe(query: str, number: int = 1) -> bytes:
    return frame(
        json.dumps({"jsonrpc": "2.0", "id": number, "method": "subscribe", "params": {"query": query}}).encode()
    )


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"PING",
        b"{",
        b"[]",
        b"null",
        b'{"jsonrpc":"2.0","id":1}',
        b'{"jsonrpc":"2.0","id":1,"method":"subscribe"}',
        b'{"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"query":"' + b"(" * 5_000 + b'"}}',
        b'{"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"query":"tm.event = "}}',
        b'{"jsonrpc":"2.0","id":{},"method":"status"}',
        b"[" * 50_000,
        b'{"a":' * 20_000,
    ],
)
def test_a_frame_that_is_no_request_is_answered_with_an_error(running: RunningNode, payload: bytes) -> None:
    with contextlib.closing(websocket(running)) as opened:
        opened.sendall(frame(payload))
        assert "error" in read_json(opened)
        opened.sendall(frame(b'{"jsonrpc":"2.0","id":7,"method":"health"}'))
        assert read_json(opened) == {"jsonrpc": "2.0", "id": 7, "result": {}}


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff" * 100,
        frame(b"\xc3\x28"),
        frame(b"x" * (REQUEST_BYTES + 1)),
        frame(b"x" * REQUEST_BYTES, last=False) + frame(b"x" * 10, opcode=0),
        frame(b"x" * 126, opcode=9),
        b"\x81\x05hello",
        frame(b"", opcode=0),
        b"\x83\x80\x00\x00\x00\x00",
    ],
)
def test_a_broken_frame_ends_the_connection(running: RunningNode, raw: bytes) -> None:
    with contextlib.closing(websocket(running)) as opened:
        with contextlib.suppress(ConnectionError):
            opened.sendall(raw)
        read_all(opened)


def test_subscriptions_of_one_connection_are_counted(running: RunningNode) -> None:
    with contextlib.closing(websocket(running)) as opened:
        for number in range(LIMITS.subscriptions + 1):
            opened.sendall(subscribe(f"tm.event = 'Tx' AND tx.height > {number}", number))
        answers = [read_json(opened) for _ in range(LIMITS.subscriptions + 1)]
    assert ["error" in one for one in answers] == [False] * LIMITS.subscriptions + [True]
    assert f"max_subscriptions_per_client {LIMITS.subscriptions} reached" in answers[-1]["error"]["data"]


def test_a_subscriber_that_does_not_read_is_let_go(running: RunningNode) -> None:
    before = memory_bytes()
    sleepers = []
    try:
        for _ in range(20):
            opened = websocket(running)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            opened.sendall(subscribe("tm.event = 'NewBlock'"))
            sleepers.append(opened)
        await_height(running, running.call(lambda: running.node.height) + 150)
        assert memory_bytes() - before < 60_000_000
    finally:
        for one in sleepers:
            one.close()


def test_a_flood_of_pings_from_who_does_not_read_is_not_buffered(running: RunningNode) -> None:
    before = memory_bytes()
    with contextlib.closing(websocket(running)) as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        opened.settimeout(0.3)
        pings = frame(b"x" * 125, opcode=9) * 8_000
        with contextlib.suppress(OSError):
            for _ in range(40):
                opened.sendall(pings)
        assert memory_bytes() - before < 20_000_000


def test_a_flood_of_requests_is_answered_at_the_readers_pace(running: RunningNode) -> None:
    before = memory_bytes()
    asked = frame(b'{"jsonrpc":"2.0","id":1,"method":"genesis"}')
    with contextlib.closing(websocket(running)) as opened:
        opened.settimeout(0.3)
        with contextlib.suppress(OSError):
            opened.sendall(asked * 3_000)
        assert memory_bytes() - before < 60_000_000


def test_blocks_keep_their_pace_under_a_flood(running: RunningNode) -> None:
    """Fifty blocks take a second by the clock; a client that never stops asking does not stretch that to three."""
    start = running.call(lambda: running.node.height)
    began = time.monotonic()
    with contextlib.closing(connect(running, "rpc")) as opened, contextlib.closing(websocket(running)) as other:
        while running.call(lambda: running.node.height) < start + 50:
            opened.sendall(STATUS * 20)
            other.sendall(frame(b'{"jsonrpc":"2.0","id":1,"method":"status"}') * 20)
            for one in (opened, other):
                one.settimeout(0.001)
                with contextlib.suppress(TimeoutError):
                    while one.recv(1 << 20):
                        pass
            assert time.monotonic() - began < 20, "blocks do not come"
