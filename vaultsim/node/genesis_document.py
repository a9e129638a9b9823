"""The outer document of a genesis file: chain id, time, initial height, and one JSON section per module."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from vaultsim.errors import UserError
from vaultsim.node.json_files import read_json
from vaultsim.node.times import format_time, parse_time

_OWN: Final = ("genesis_time", "chain_id", "initial_height", "app_state")
CHAIN_ID_LETTERS: Final = 50
"""The longest name of a chain."""


class GenesisDocument(msgspec.Struct, frozen=True):
    """A genesis document: `sections` is app_state by module; `others` are the remaining top-level fields, verbatim."""

    place: str
    chain_id: str
    time_ns: int
    initial_height: int
    sections: Mapping[str, Any]
    others: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The document as JSON, sections in order of name."""
        return {
            "genesis_time": format_time(self.time_ns),
            "chain_id": self.chain_id,
            "initial_height": str(self.initial_height),
            **self.others,
            "app_state": {name: self.sections[name] for name in sorted(self.sections)},
        }


def read_genesis(path: Path) -> GenesisDocument:
    """The document in `path`. Raises UserError naming the file, the field and what was expected."""
    return parse_genesis(read_json(path), str(path))


def parse_genesis(document: Any, place: str) -> GenesisDocument:
    """The document of parsed JSON. Raises UserError."""
    if not isinstance(document, dict):
        raise UserError(f"{place}: a genesis document is a JSON object with chain_id, genesis_time and app_state")
    sections = document.get("app_state")
    if not isinstance(sections, dict):
        raise UserError(f"{place}, field 'app_state': missing or no object; a genesis document holds its modules there")
    return GenesisDocument(
        place=place,
        chain_id=_chain_id(document, place),
        time_ns=_time(document, place),
        initial_height=_initial_height(document, place),
        sections=sections,
        others={name: value for name, value in document.items() if name not in _OWN},
    )


def _chain_id(document: dict[str, Any], place: str) -> str:
    chain_id = document.get("chain_id")
    if not isinstance(chain_id, str) or not chain_id:
        raise UserError(f"{place}, field 'chain_id': expected text such as \"localdydxprotocol\"")
    if len(chain_id) > CHAIN_ID_LETTERS:
        raise UserError(f"{place}, field 'chain_id': longer than {CHAIN_ID_LETTERS} letters")
    return chain_id


def _time(document: dict[str, Any], place: str) -> int:
    text = document.get("genesis_time")
    if not isinstance(text, str):
        raise UserError(f"{place}, field 'genesis_time': expected RFC 3339 text such as \"2024-11-21T00:00:00Z\"")
    try:
        return parse_time(text)
    except ValueError as problem:
        raise UserError(f"{place}, field 'genesis_time': {problem}") from None


def _initial_height(document: dict[str, Any], place: str) -> int:
    height = document.get("initial_height", 1)
    if isinstance(height, str) and height.isascii() and height.isdigit() and len(height) < 20:
        height = int(height)
    if isinstance(height, bool) or not isinstance(height, int) or height < 0:
        raise UserError(f"{place}, field 'initial_height': expected a whole number of at least 1")
    return max(height, 1)
