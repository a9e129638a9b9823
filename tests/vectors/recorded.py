"""Recorded runs of the real chain, and where a run of ours differs from one."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
NAMES = tuple(sorted(path.parent.name for path in FOLDER.glob("*/genesis.json.gz")))
NOT_SIMULATED = tuple(json.loads((FOLDER / "ignored_bank_addresses.json").read_text(encoding="utf-8")))

Rows = dict[str, str | None]
Line = dict[str, Any]


def lines(path: Path) -> Iterator[Line]:
    """The JSON values of a file, one a line; `.gz` is read as such."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        for text in file:
            if text.strip():
                yield json.loads(text)


def is_compared(store: str, key_hex: str) -> bool:
    """False for the rows of bank that belong to modules which are not simulated."""
    return store != "bank" or not any(address in key_hex for address in NOT_SIMULATED)


class Comparison:
    """Follows both runs block by block and keeps every difference as a readable text.

    A row counts as equal when its last written value is the same on both sides, so that writing a value again
    (the chain's store does not call that a change, a simpler run may) makes no difference.
    """

    def __init__(self) -> None:
        self.differences: list[str] = []
        self._chain: dict[str, Rows] = {}
        self._ours: dict[str, Rows] = {}

    def block(self, want: Line, got: Line) -> None:
        height = want["height"]
        if got.get("height") != height:
            self._differ(height, "height", height, got.get("height"))
            return
        self._state(height, want.get("changes", {}), got.get("changes", {}))
        for part in ("check", "txs"):
            if part in got or part == "txs":
                self._results(height, part, want.get(part) or [], got.get(part) or [])

    def proposal(self, want: Line, got: Line) -> None:
        """The transactions of a block that our proposer built, against the chain's."""
        height, chain, ours = want["height"], want["txs"], got.get("txs") or []
        if len(chain) != len(ours):
            self._differ(height, "number of proposed transactions", len(chain), len(ours))
        for index, (expected, tx) in enumerate(zip(chain, ours, strict=False)):
            if expected != tx:
                self._differ(height, f"proposed transaction {index}", expected, tx)

    def _state(self, height: int, want: dict[str, Rows], got: dict[str, Rows]) -> None:
        for store in sorted(want.keys() | (got.keys() & self._chain.keys())):
            chain, ours = self._chain.setdefault(store, {}), self._ours.setdefault(store, {})
            chain.update(want.get(store, {}))
            ours.update(got.get(store, {}))
            for key in sorted(want.get(store, {}).keys() | got.get(store, {}).keys()):
                if is_compared(store, key) and chain.get(key) != ours.get(key):
                    self._differ(height, f"store {store} key {key}", chain.get(key), ours.get(key))

    def _results(self, height: int, part: str, want: list[Line], got: list[Line]) -> None:
        if len(want) != len(got):
            self._differ(height, f"number of {part} results", len(want), len(got))
        for index, (chain, ours) in enumerate(zip(want, got, strict=False)):
            codes = [(line.get("codespace") or "", line.get("code", 0)) for line in (chain, ours)]
            if codes[0] != codes[1]:
                logs = [(line.get("log") or "")[:300] for line in (chain, ours)]
                self._differ(height, f"{part}[{index}] code", (*codes[0], logs[0]), (*codes[1], logs[1]))
            self._value(height, f"{part}[{index}] gas", _gas(chain), _gas(ours))
            if part == "txs":
                self._value(height, f"txs[{index}] data", chain.get("data") or "", ours.get("data") or "")
                self._value(height, f"txs[{index}] events", chain.get("events") or [], ours.get("events") or [])

    def _value(self, height: int, what: str, chain: object, ours: object) -> None:
        if chain != ours:
            self._differ(height, what, chain, ours)

    def _differ(self, height: int, what: str, chain: object, ours: object) -> None:
        self.differences.append(f"block {height}: {what}\n    chain {str(chain)[:800]}\n    ours  {str(ours)[:800]}")


def _gas(line: Line) -> tuple[int, int]:
    return line.get("gas_wanted", 0), line.get("gas_used", 0)
