"""`vaultsim fork`: a genesis document of a running chain."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vaultsim.errors import UserError

if TYPE_CHECKING:
    from rich.progress import Progress

    from vaultsim.fork.api import Watcher
    from vaultsim.fork.report import ForkReport


def fork(
    grpc: Annotated[str, typer.Option("--grpc", metavar="HOST:PORT", help="The gRPC door of a node of the chain.")],
    out: Annotated[
        Path,
        typer.Option(metavar="FILE", help="Write the genesis document here (.json or .json.gz).", dir_okay=False),
    ],
    height: Annotated[int | None, typer.Option(metavar="H", help="At this height; the last without it.", min=1)] = None,
    all_subaccounts: Annotated[
        bool, typer.Option("--all-subaccounts", help="Everybody's subaccounts and statistics, not the vaults' alone.")
    ] = False,
    with_tls: Annotated[bool, typer.Option("--tls", help="Talk to the node through TLS.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON, and no progress.")] = False,
) -> None:
    """Write a genesis document of a running chain's state, to go on from it here.

    Reads public queries only, all at one height. What they do not give is listed at the end, and in a report
    beside FILE.
    """
    from vaultsim.fork.api import Endpoint
    from vaultsim.fork.fork import ForkOptions, fork_chain, write_fork

    if not out.parent.is_dir():
        raise UserError(f"--out: there is no folder {out.parent}; make it first")
    endpoint = Endpoint(_target(grpc), with_tls or grpc.startswith(("grpc+https://", "https://")))
    options = ForkOptions(node=endpoint, height=height, all_subaccounts=all_subaccounts)
    with _watching(silent=as_json) as watcher:
        done = fork_chain(options, watcher)
    beside = write_fork(done, out)
    if as_json:
        import msgspec

        print(msgspec.json.format(msgspec.json.encode(done.report.to_json()), indent=2).decode())
    else:
        _print_report(done.report, out, beside)


def _target(text: str) -> str:
    """`host:port`, also when there is a scheme before it, as other clients want it."""
    target = text.rpartition("://")[2].rstrip("/")
    host, _, port = target.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise UserError(f"--grpc: {text!r} is no HOST:PORT, such as 127.0.0.1:9090")
    return target


def _print_report(report: ForkReport, out: Path, beside: Path) -> None:
    print(f"{out}: {report.chain_id} at height {report.height}; loading it goes on with block {report.height + 1}")
    print("taken over: " + ", ".join(f"{count:,} {what}" for what, count in report.taken.items()))
    print("not public, and what stands instead:")
    for gap in report.gaps:
        print(f"  {gap.missing}\n      {gap.instead}")
    print(f"report: {beside}")


class _Silent:
    """Tells nothing."""

    def reading(self, what: str, total: int | None) -> None:
        pass

    def answered(self) -> None:
        pass


class _Lines:
    """A line a part, with what it took."""

    def __init__(self) -> None:
        self._what = ""
        self._answers = 0
        self._began = time.monotonic()

    def reading(self, what: str, total: int | None) -> None:
        self.finish()
        self._what, self._answers, self._began = what, 0, time.monotonic()

    def answered(self) -> None:
        self._answers += 1

    def finish(self) -> None:
        """Tells about the last part."""
        if self._what:
            seconds = time.monotonic() - self._began
            print(f"{self._what}: {self._answers} answers, {seconds:.1f} s", file=sys.stderr)


class _Bar:
    """The part that is being read, redrawn in place."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("connecting", total=None)

    def reading(self, what: str, total: int | None) -> None:
        self._progress.reset(self._task, description=what, total=total)

    def answered(self) -> None:
        self._progress.advance(self._task)


@contextmanager
def _watching(*, silent: bool) -> Iterator[Watcher]:
    """The watcher that suits where standard error goes."""
    if silent:
        yield _Silent()
    elif not sys.stderr.isatty():
        lines = _Lines()
        yield lines
        lines.finish()
    else:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            yield _Bar(progress)
