"""How a node bears up: memory, pace of the blocks, how long a small question takes meanwhile."""

from __future__ import annotations

import json
import threading
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

PERIOD_SECONDS = 0.05
PAGE_BYTES = 4_096


class Figures(NamedTuple):
    """One attack as the node saw it. Memory is resident; a gap is the longest time without a new block; slowest is the
    longest answer to a small question."""

    megabytes_before: float
    megabytes_most: float
    megabytes_after: float
    blocks: int
    gap_seconds: float
    slowest_seconds: float


class Watch:
    """Looks at a node twenty times a second, from a thread of its own."""

    def __init__(self, pid: int, indexer: str) -> None:
        self._statm = Path(f"/proc/{pid}/statm")
        self._address = urlsplit(indexer).netloc
        self._connection: HTTPConnection | None = None
        self._samples: list[tuple[float, float, int, float]] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def memory(self) -> float:
        """Resident memory in megabytes."""
        return int(self._statm.read_text().split()[1]) * PAGE_BYTES / 1e6

    def begin(self) -> None:
        """Forgets what was seen."""
        self._samples.clear()

    def figures(self) -> Figures:
        """What was seen since `begin`."""
        seen = list(self._samples)
        gap, last = 0.0, seen[0]
        for sample in seen:
            if sample[2] != last[2]:
                gap, last = max(gap, sample[0] - last[0]), sample
        gap = max(gap, seen[-1][0] - last[0])
        return Figures(
            megabytes_before=seen[0][1],
            megabytes_most=max(sample[1] for sample in seen),
            megabytes_after=self.memory(),
            blocks=seen[-1][2] - seen[0][2],
            gap_seconds=gap,
            slowest_seconds=max(sample[3] for sample in seen),
        )

    def _look(self) -> None:
        while not self._is_over.wait(PERIOD_SECONDS):
            before = time.monotonic()
            height = self._height()
            now = time.monotonic()
            if height is not None:
                self._samples.append((now, self.memory(), height, now - before))

    def _height(self) -> int | None:
        try:
            if self._connection is None:
                self._connection = HTTPConnection(self._address, timeout=30)
            self._connection.request("GET", "/v4/height")
            answer: Any = json.loads(self._connection.getresponse().read())
            return int(answer["height"])
        except (OSError, ValueError, KeyError):
            # A door that is full says 503: that is no height, and the connection is made anew.
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            return None
