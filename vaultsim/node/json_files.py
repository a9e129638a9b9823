"""Reading JSON files with errors that name file, line and column; `.gz` files are read as such."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from vaultsim.errors import UserError

MOST_BYTES = 2_000_000_000
"""Files above this are refused rather than read into memory."""


def open_text(path: Path) -> IO[str]:
    """The file opened for reading as UTF-8 text."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UserError(f"{path}: larger than {MOST_BYTES} bytes; split the file")
        if path.suffix == ".gz":
            return gzip.open(path, "rt", encoding="utf-8")
        return path.open(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; check the path") from None
    except OSError as problem:
        raise UserError(f"{path}: cannot be read: {problem.strerror}") from None


def read_json(path: Path) -> Any:
    """The JSON document in `path`. Raises UserError with line and column."""
    with open_text(path) as stream:
        text = "".join(_lines(stream, path))
    return parse_json(text, str(path))


def parse_json(text: str, place: str, first_line: int = 1) -> Any:
    """The JSON value of `text`; `first_line` is the number of its first line in `place`."""
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number)
        if "\\ud" in text or "\\uD" in text:
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except UnicodeEncodeError:
        raise UserError(f"{place}, line {first_line}: \\ud800 to \\udfff alone are no text") from None
    except json.JSONDecodeError as problem:
        line, column = problem.lineno + first_line - 1, problem.colno
        raise UserError(f"{place}, line {line}, column {column}: not JSON: {problem.msg}; mend the file") from None
    except _DuplicateKey as problem:
        raise UserError(f"{place}, line {first_line}: the name {problem} appears twice in one object") from None
    except RecursionError:
        raise UserError(f"{place}, line {first_line}: nested too deeply; this is no genesis or block file") from None
    except ValueError as problem:
        raise UserError(f"{place}, line {first_line}: {problem}") from None


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The non-empty lines of a file with their numbers, from 1."""
    with open_text(path) as stream:
        for number, line in enumerate(_lines(stream, path), 1):
            if line.strip():
                yield number, line.rstrip("\r\n")


def _lines(stream: IO[str], path: Path) -> Iterator[str]:
    try:
        yield from stream
    except UnicodeDecodeError as problem:
        raise UserError(f"{path}: not UTF-8 text at byte {problem.start}; give a JSON file") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as problem:
        raise UserError(f"{path}: broken or truncated gzip file ({problem}); pack it again") from None


class _DuplicateKey(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _DuplicateKey(repr(next(name for name in names if names.count(name) > 1)))
    return found


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON number")
