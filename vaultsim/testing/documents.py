"""Genesis documents by name, from files and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vaultsim.node.genesis_document import GenesisDocument, parse_genesis, read_genesis
from vaultsim.node.presets import genesis_path

Source = str | Path | Mapping[str, Any] | GenesisDocument
"""A shipped genesis by name, a file, or the document itself."""


def genesis_of(source: Source) -> GenesisDocument:
    """The genesis document that a name, a path or JSON stands for. Raises UserError."""
    if isinstance(source, GenesisDocument):
        return source
    if isinstance(source, Mapping):
        return parse_genesis(dict(source), "genesis")
    return read_genesis(genesis_path(source))


def genesis(source: Source = "localnet") -> dict[str, Any]:
    """A genesis document as JSON, to change and to start a chain from. Raises UserError."""
    return genesis_of(source).to_json()
