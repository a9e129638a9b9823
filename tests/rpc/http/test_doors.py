"""What all HTTP doors share."""

from __future__ import annotations

import socket
from contextlib import closing

from vaultsim.rpc.addresses import LOOPBACK, Address, listening_socket
from vaultsim.rpc.http.answers import json_bytes


def test_doors_listen_on_sockets_that_asyncio_sends_small_writes_of_at_once() -> None:
    # asyncio sets TCP_NODELAY only where the protocol is named; without it each answer waits for the client's next
    # acknowledgement, which is held back for 40 ms.
    with closing(listening_socket(Address(LOOPBACK, 0), "rpc")) as bound:
        assert bound.proto == socket.IPPROTO_TCP


def test_text_that_is_no_utf_8_is_shown_with_replacement_characters() -> None:
    broken = b"memo \xff".decode("utf-8", "surrogateescape")
    assert json_bytes({broken: [broken, {"number": 5}]}) == '{"memo �":["memo �",{"number":5}]}'.encode()
