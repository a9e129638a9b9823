"""How a run goes, on standard error: a bar on a terminal, plain lines elsewhere, nothing with `--json`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

    from vaultsim.node.reports import Watcher

LINE_EVERY_SECONDS = 5.0
REDRAW_EVERY_SECONDS = 0.1


class Silent:
    """Says only what would otherwise go unnoticed."""

    def started(self, chain_id: str, blocks: int | None) -> None:
        pass

    def block(self, height: int) -> None:
        pass

    def noted(self, text: str) -> None:
        print(text, file=sys.stderr)


class PlainLines:
    """A line at the start and then one every few seconds, for logs."""

    def __init__(self) -> None:
        self._blocks: int | None = None
        self._done = 0
        self._began = self._next = 0.0

    def started(self, chain_id: str, blocks: int | None) -> None:
        self._blocks = blocks
        self._began = time.monotonic()
        self._next = self._began + LINE_EVERY_SECONDS
        print(f"{chain_id}: {_blocks(blocks)} to run", file=sys.stderr)

    def block(self, height: int) -> None:
        self._done += 1
        now = time.monotonic()
        if now >= self._next:
            self._next = now + LINE_EVERY_SECONDS
            of = "" if self._blocks is None else f" of {self._blocks}"
            rate = self._done / (now - self._began)
            print(f"height {height}: {self._done}{of} blocks, {rate:.0f} blocks/s", file=sys.stderr)

    def noted(self, text: str) -> None:
        print(text, file=sys.stderr)


class Bar:
    """Blocks, blocks per second and the time left, redrawn in place."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("loading genesis", total=None, height=0, rate=0.0)
        self._done = 0
        self._began = self._next = 0.0

    def started(self, chain_id: str, blocks: int | None) -> None:
        self._began = time.monotonic()
        self._progress.update(self._task, description=chain_id, total=blocks)

    def block(self, height: int) -> None:
        self._done += 1
        now = time.monotonic()
        if now >= self._next:
            self._next = now + REDRAW_EVERY_SECONDS
            rate = self._done / max(now - self._began, 1e-9)
            self._progress.update(self._task, completed=self._done, height=height, rate=rate)

    def noted(self, text: str) -> None:
        self._progress.console.print(text, markup=False, highlight=False)


@contextmanager
def watching(silent: bool) -> Iterator[Watcher]:
    """The watcher that suits where standard error goes."""
    if silent:
        yield Silent()
    elif not sys.stderr.isatty():
        yield PlainLines()
    else:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("height {task.fields[height]}  {task.fields[rate]:.0f} blocks/s  left"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            yield Bar(progress)


def _blocks(count: int | None) -> str:
    if count is None:
        return "blocks"
    return "1 block" if count == 1 else f"{count} blocks"
