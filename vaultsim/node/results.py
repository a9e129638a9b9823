"""The files a run writes: results.jsonl and blocks.jsonl, a line a block, put in place only when whole.

The format is that of docs/FORMATS.md.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import msgspec

from vaultsim.app.results import TxResult
from vaultsim.node.times import format_time
from vaultsim.store.multistore import ChangeSet

_encode = msgspec.json.Encoder().encode


def changes_json(changes: ChangeSet) -> dict[str, dict[str, str | None]]:
    """The net difference of a block: store to key (hex) to value (hex, null when deleted)."""
    return {
        store: {row.key.hex(): None if row.after is None else row.after.hex() for row in rows}
        for store, rows in changes.items()
    }


def result_line(
    height: int,
    time_ns: int,
    app_hash: bytes,
    check: Sequence[TxResult] | None,
    txs: Sequence[TxResult],
    changes: ChangeSet | None,
) -> dict[str, Any]:
    """One line of results.jsonl; `check` (of a block executed as given) and `changes` are left out when None."""
    line: dict[str, Any] = {"height": height, "time": format_time(time_ns), "app_hash": app_hash.hex()}
    if check is not None:
        line["check"] = [result.to_json() for result in check]
    line["txs"] = [result.to_json() for result in txs]
    if changes is not None:
        line["changes"] = changes_json(changes)
    return line


def block_line(height: int, time_ns: int, txs: list[bytes], gov: list[list[dict[str, Any]]]) -> dict[str, Any]:
    """One line of blocks.jsonl: the block in recorded form. gov: the messages of each proposal."""
    line: dict[str, Any] = {"height": height, "time": format_time(time_ns)}
    line["txs"] = [base64.b64encode(raw).decode() for raw in txs]
    if gov:
        line["gov"] = gov[0] if len(gov) == 1 else gov
    return line


class LineFile:
    """A JSON Lines file under a temporary name until `finish`; leaving with an exception removes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._partial = path.with_name(path.name + ".unfinished")
        self._stream: IO[bytes] = self._partial.open("wb")

    def write(self, line: dict[str, Any]) -> None:
        """Appends one line."""
        self._stream.write(_encode(line) + b"\n")

    def finish(self) -> None:
        """Puts the file in place."""
        self._stream.close()
        self._partial.replace(self.path)

    def drop(self) -> None:
        """Forgets what was written."""
        self._stream.close()
        self._partial.unlink(missing_ok=True)


class RunFiles:
    """results.jsonl and blocks.jsonl of one run in `folder`; nothing is written when `folder` is None."""

    def __init__(self, folder: Path | None) -> None:
        self._files: list[LineFile] = []
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._files = [LineFile(folder / "results.jsonl"), LineFile(folder / "blocks.jsonl")]

    def write(self, result: dict[str, Any], block: dict[str, Any] | None) -> None:
        """Appends a block's two lines; block 1 has no line in blocks.jsonl."""
        if self._files:
            self._files[0].write(result)
            if block is not None:
                self._files[1].write(block)

    def finish(self) -> None:
        """Puts both files in place."""
        for file in self._files:
            file.finish()
        self._files = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files:
            file.drop()


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file so that it is either whole or as it was before."""
    partial = path.with_name(path.name + ".unfinished")
    partial.write_bytes(content)
    partial.replace(path)


def pretty(value: Any) -> bytes:
    """Indented JSON with a newline at its end."""
    return msgspec.json.format(_encode(value), indent=1) + b"\n"
