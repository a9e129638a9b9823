"""What all HTTP doors share."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from typing import Any

import pytest

from vaultsim.rpc.addresses import LOOPBACK, Address, listening_socket
from vaultsim.rpc.http.answers import json_bytes
from vaultsim.rpc.http_door import HttpDoor
from vaultsim.rpc.limits import ServerLimits


def test_doors_listen_on_sockets_that_asyncio_sends_small_writes_of_at_once() -> None:
    # asyncio sets TCP_NODELAY only where the protocol is named; without it each answer waits for the client's next
    # acknowledgement, which is held back for 40 ms.
    with closing(listening_socket(Address(LOOPBACK, 0), "rpc")) as bound:
        assert bound.proto == socket.IPPROTO_TCP


def test_text_that_is_no_utf_8_is_shown_with_replacement_characters() -> None:
    broken = b"memo \xff".decode("utf-8", "surrogateescape")
    assert json_bytes({broken: [broken, {"number": 5}]}) == '{"memo �":["memo �",{"number":5}]}'.encode()


@pytest.mark.parametrize("turns", range(4))
def test_a_connection_that_comes_as_the_door_closes_is_closed_too(turns: int) -> None:
    """turns: how far the loop has got with the connection when the door is told to close."""

    async def app(scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
        raise AssertionError("nothing was asked")

    async def closed_door() -> tuple[HttpDoor, socket.socket]:
        door = HttpDoor(app, "rpc", ServerLimits())
        client = socket.create_connection(await door.open(Address(LOOPBACK, 0)), timeout=5)
        for _ in range(turns):
            await asyncio.sleep(0)
        await door.close()
        return door, client

    _, client = asyncio.run(closed_door())
    with client, suppress(ConnectionResetError):
        assert client.recv(1) == b""
