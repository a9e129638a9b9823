"""Where the doors listen: host and port, as given, as bound and as told to clients."""

from __future__ import annotations

import errno
import socket
from contextlib import ExitStack
from typing import Final, NamedTuple

from vaultsim.errors import UserError

LOOPBACK: Final = "127.0.0.1"
_BACKLOG: Final = 1_024
_LAST_PORT: Final = 65_535


class Address(NamedTuple):
    """A host and a TCP port; port 0 asks for a free one."""

    host: str
    port: int

    @property
    def target(self) -> str:
        """`host:port` as gRPC clients write it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The address for HTTP clients."""
        return f"http://{self.target}"


def parse_address(text: str, default_host: str = LOOPBACK) -> Address:
    """An address out of `PORT`, `HOST:PORT` or `[IPV6]:PORT`. Raises ValueError with a sentence."""
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit()) or int(port) > _LAST_PORT or (":" in host) != host.startswith("["):
        raise ValueError(f"{text!r} is no HOST:PORT, such as 127.0.0.1:9090 or [::1]:9090, with a port up to 65535")
    return Address(host.strip("[]") or default_host, int(port))


def listening_socket(address: Address, door: str) -> socket.socket:
    """A TCP socket that listens for `door`, named as its flag without the dashes.

    Raises UserError when the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with ExitStack() as undo:
        try:
            # With the protocol named, asyncio sends small writes at once (TCP_NODELAY); else they wait 40 ms.
            bound = undo.enter_context(socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP))
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((address.host, address.port))
            # Two sockets may be bound to one port; the second one to listen is refused.
            bound.listen(_BACKLOG)
        except OSError as problem:
            raise UserError(f"--{door}: {_sentence(address, problem)}") from None
        undo.pop_all()
    bound.setblocking(False)
    return bound


def check_free(address: Address, door: str) -> None:
    """Raises UserError when nobody could listen on `address`, in the words of `listening_socket`."""
    listening_socket(address, door).close()


def _sentence(address: Address, problem: OSError) -> str:
    if problem.errno == errno.EADDRINUSE:
        return f"port {address.port} of {address.host} is in use; give another one, or 0 for any free port"
    if problem.errno == errno.EACCES:
        return f"port {address.port} of {address.host} needs more rights; give one above 1023, or 0 for any free port"
    if isinstance(problem, socket.gaierror) or problem.errno == errno.EADDRNOTAVAIL:
        return f"{address.host} is no address of this machine; 127.0.0.1 keeps to this machine, 0.0.0.0 is all of it"
    return f"cannot listen on {address.target}: {problem.strerror or problem}"
