"""A home folder: the state at the end of a run, in one file, for `dump`, `export` and going on.

The file is msgpack with a format number; it is replaced as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import msgspec

from vaultsim.errors import UserError
from vaultsim.node.results import pretty, write_whole

FILE: Final = "state.msgpack"
FORMAT: Final = 1


class HomeState(msgspec.Struct, frozen=True):
    """What the file holds: `rows` by store, `document` the exported genesis document as JSON bytes."""

    format: int
    chain_id: str
    height: int
    rows: dict[str, list[tuple[bytes, bytes]]]
    document: bytes


def save_home(
    home: Path, chain_id: str, height: int, rows: dict[str, list[tuple[bytes, bytes]]], document: Any
) -> None:
    """Writes the state of a chain to `home`."""
    home.mkdir(parents=True, exist_ok=True)
    state = HomeState(FORMAT, chain_id, height, rows, pretty(document))
    write_whole(home / FILE, msgspec.msgpack.encode(state))


def load_home(home: Path) -> HomeState:
    """The state in `home`. Raises UserError when there is none or it cannot be read."""
    path = home / FILE
    try:
        state = msgspec.msgpack.decode(path.read_bytes(), type=HomeState)
    except FileNotFoundError:
        raise UserError(f"{home}: no state here; run `vaultsim replay GENESIS BLOCKS --home {home}` first") from None
    except msgspec.DecodeError as problem:
        raise UserError(f"{path}: damaged ({problem}); replay into this folder again") from None
    if state.format != FORMAT:
        raise UserError(f"{path}: format {state.format}, this version reads {FORMAT}; replay into this folder again")
    return state


def stored_rows(home: Path, store: str, height: int | None) -> Iterable[tuple[bytes, bytes]]:
    """The rows of one store in key order. Only the last height is kept."""
    state = load_home(home)
    if height is not None and height != state.height:
        raise UserError(f"--height {height}: this home keeps height {state.height} only; replay with --until {height}")
    if store not in state.rows:
        raise UserError(f"--store {store}: there is no such store; choose one of {', '.join(sorted(state.rows))}")
    return state.rows[store]


def export_genesis(home: Path) -> bytes:
    """The genesis document of the state in `home`, as JSON text."""
    return load_home(home).document
