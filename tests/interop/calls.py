"""What the Python scenarios share: a call is timed, its outcome compared, and told as one JSON line.

Runs in a client's own environment, so it needs the standard library only.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
import traceback
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

MARK = "@call "
"""Starts the lines that are meant for the runner; client libraries print to standard output too."""

USDC = "ibc/8E27BA2D5493AF5636760E354E46004562C46AB7EC0CC4C1CA14E9E20E2545B5"
NATIVE = "adv4tnt"
DOLLAR = 1_000_000
"""Quantums of a US dollar."""

T = TypeVar("T")


class Unexpected(AssertionError):
    """A call came back with something else than it should."""


def same(what: str, got: object, want: object) -> None:
    """Raises Unexpected unless both are equal."""
    if got != want:
        raise Unexpected(f"{what}: got {got!r}, expected {want!r}")


def holds(what: str, truth: object) -> None:
    """Raises Unexpected unless it is true."""
    if not truth:
        raise Unexpected(f"{what}: not so ({truth!r})")


class Calls:
    """Runs the calls of a scenario and tells how each went; a failed one does not stop the others."""

    def __init__(self) -> None:
        self.failed = 0

    @contextmanager
    def call(self, name: str) -> Iterator[list[str]]:
        """One call: what happens inside must not raise. What is put into the list is told as its result."""
        notes: list[str] = []
        started = time.monotonic()
        try:
            yield notes
        except Exception as problem:
            self.failed += 1
            self._tell(name, started, f"{type(problem).__name__}: {problem} [{_place(problem)}]", ok=False)
        else:
            self._tell(name, started, "; ".join(notes), ok=True)

    def _tell(self, name: str, started: float, note: str, *, ok: bool) -> None:
        line = {"call": name, "ok": ok, "ms": round(1_000 * (time.monotonic() - started)), "note": note}
        _write(line)

    def leave(self) -> None:
        """Ends the process: exit code 1 when a call failed."""
        _write({"done": True})
        sys.exit(1 if self.failed else 0)


def _write(line: dict[str, object]) -> None:
    sys.stdout.write(f"\n{MARK}{json.dumps(line)}\n")
    sys.stdout.flush()


def _place(problem: BaseException) -> str:
    frames = [one for one in traceback.extract_tb(problem.__traceback__) if one.filename.endswith("_calls.py")]
    return f"line {frames[-1].lineno}" if frames else "?"


def soon(what: str, look: Callable[[], T | None], *, seconds: float = 10.0) -> T:
    """What `look` finds, asked again until it is not None. Raises Unexpected when it takes too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found is not None:
            return found
        time.sleep(0.02)
    raise Unexpected(f"{what}: nothing after {seconds:g} s")


def number(encoded: bytes) -> int:
    """The integer of a SerializableInt: sign byte 2 or 3, then the magnitude. Empty bytes are refused."""
    holds("a SerializableInt has a sign byte", encoded and encoded[0] in (2, 3))
    magnitude = int.from_bytes(encoded[1:], "big")
    return -magnitude if encoded[0] == 3 else magnitude


def is_hash(text: str) -> bool:
    """Whether a text is a transaction hash as the chain writes it: 64 upper-case hex digits."""
    return len(text) == 64 and set(text) <= set("0123456789ABCDEF")


def hash_of(raw: bytes) -> str:
    """The hash of a transaction's bytes."""
    return hashlib.sha256(raw).hexdigest().upper()


def fee_of(quote_quantums: int, ppm: int) -> int:
    """A trading fee: rounded up, so that a rebate is rounded toward zero."""
    return -(-quote_quantums * ppm // 1_000_000)


def get_json(url: str) -> Any:
    """The JSON behind an address, without any client library. Raises OSError."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def post_json(url: str, body: object) -> Any:
    """The JSON that comes back for a JSON body. Raises OSError."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)
