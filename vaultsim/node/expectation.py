"""Comparing a run with an earlier results.jsonl, block by block, up to the first difference."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from vaultsim.errors import UserError
from vaultsim.node.json_files import numbered_lines, parse_json

_COMPARED: Final = ("height", "time", "check", "txs", "changes", "app_hash")
"""The most telling first: a digest only says that something differs."""


class Expectation:
    """The lines of an earlier run, one for each block."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: Iterator[tuple[int, str]] = numbered_lines(path)

    def difference(self, line: dict[str, Any]) -> str | None:
        """What differs between `line` and the earlier run's line for the same block, both sides shown."""
        following = next(self._lines, None)
        if following is None:
            return f"block {line['height']}: the earlier run ends before this block"
        number, text = following
        earlier = parse_json(text, str(self._path), number)
        if not isinstance(earlier, dict) or "height" not in earlier:
            raise UserError(f"{self._path}, line {number}: no line of a results.jsonl; give the file of an earlier run")
        mine = msgspec.json.decode(msgspec.json.encode(line))
        return next(_differences(earlier, mine), None)

    def left_over(self, height: int) -> str | None:
        """What the earlier run still has when this one has ended at `height`."""
        following = next(self._lines, None)
        return None if following is None else f"block {height + 1}: this run ends before it, the earlier run goes on"


def _differences(earlier: dict[str, Any], mine: dict[str, Any]) -> Iterator[str]:
    for name in _COMPARED:
        if name in earlier and name in mine and earlier[name] != mine[name]:
            place, left, right = _narrowed(name, earlier[name], mine[name])
            yield f"block {mine['height']}, {place}\n  earlier  {_shown(left)}\n  now      {_shown(right)}"


def _narrowed(place: str, left: Any, right: Any) -> tuple[str, Any, Any]:
    """The first differing place inside two values."""
    if isinstance(left, dict) and isinstance(right, dict):
        for name in sorted(left.keys() | right.keys()):
            if left.get(name) != right.get(name) or (name in left) != (name in right):
                return _narrowed(f"{place}.{name}", left.get(name), right.get(name))
    if isinstance(left, list) and isinstance(right, list):
        for index, (one, other) in enumerate(zip(left, right, strict=False)):
            if one != other:
                return _narrowed(f"{place}[{index}]", one, other)
        return f"{place} (number of entries)", len(left), len(right)
    return place, left, right


def _shown(value: Any) -> str:
    text = "nothing" if value is None else value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= 2_000 else f"{text[:2_000]}… ({len(text)} letters)"
