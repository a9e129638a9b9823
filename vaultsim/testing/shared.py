"""Chains that the tests of a session share, one for each genesis."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import msgspec

from vaultsim.node.genesis_document import GenesisDocument
from vaultsim.testing.chain import Chain
from vaultsim.testing.documents import Source

if TYPE_CHECKING:
    from vaultsim.testing.served import ServedChain


class SharedChains:
    """Starts a chain or a running node when it is first asked for, and ends all of them at the end."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._chains: dict[str, Chain] = {}
        self._served: dict[str, ServedChain] = {}

    def chain(self, source: Source) -> Chain:
        """The chain of a genesis."""
        key = _key(source)
        if key not in self._chains:
            self._chains[key] = Chain.from_genesis(source)
        return self._chains[key]

    def served(self, source: Source) -> ServedChain:
        """The running node of a genesis."""
        from vaultsim.testing.served import served

        key = _key(source)
        if key not in self._served:
            self._served[key] = self._open.enter_context(served(source))
        return self._served[key]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()


def _key(source: Source) -> str:
    """A name or a path as it is; a document by what it holds."""
    if isinstance(source, str | Path):
        return str(source)
    plain = source.to_json() if isinstance(source, GenesisDocument) else source
    return hashlib.sha256(msgspec.json.encode(plain, order="deterministic")).hexdigest()
