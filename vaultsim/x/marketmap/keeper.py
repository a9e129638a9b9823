"""The market map as a table from the genesis section; reading it costs what the chain's rows cost."""

from __future__ import annotations

from typing import Final

from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.x.marketmap.row_size import FLAG_BYTES
from vaultsim.x.marketmap.state import MarketMapState
from vaultsim.x.marketmap.types import MarketMapEntry, MarketMapGenesis

_PREFIX_BYTES: Final = 1
"""Bytes before the pair's text in the key of the chain's row."""


class MarketMapKeeper:
    """Looks markets up by pair text "BASE/QUOTE"."""

    def __init__(self, state: MarketMapState) -> None:
        self.state = state
        self.section = MarketMapGenesis()
        self._entries: dict[str, MarketMapEntry] = {}

    def load(self, section: MarketMapGenesis) -> None:
        """Takes the table from a genesis section, dropping what was there."""
        self.section = section
        self._entries = section.entries()

    def find(self, pair_text: str) -> MarketMapEntry | None:
        """The market of a pair, or None."""
        return self._entries.get(pair_text)

    def read(self, ctx: Context, pair_text: str) -> MarketMapEntry | None:
        """The market of a pair, or None, paid for as one read."""
        entry = self._entries.get(pair_text)
        if ctx.gas is not None:
            ctx.gas.read(_key_bytes(pair_text), 0 if entry is None else self._row_bytes(ctx, pair_text, entry))
        return entry

    def enable(self, ctx: Context, pair_text: str) -> None:
        """Marks a market as enabled, which only gas shows; raises ChainError for an unknown pair."""
        self._switch(ctx, pair_text, 1)

    def disable(self, ctx: Context, pair_text: str) -> None:
        """Marks a market as disabled, which only gas shows; raises ChainError for an unknown pair."""
        self._switch(ctx, pair_text, 0)

    def _switch(self, ctx: Context, pair_text: str, switched: int) -> None:
        entry = self.read(ctx, pair_text)
        if entry is None:
            raise ChainError(f"market {pair_text} is not in the market map")
        self.state.switched.set(ctx.unmetered(), pair_text, switched)
        if ctx.gas is not None:
            ctx.gas.write(_key_bytes(pair_text), self._row_bytes(ctx, pair_text, entry))

    def _row_bytes(self, ctx: Context, pair_text: str, entry: MarketMapEntry) -> int:
        switched = self.state.switched.get(ctx.unmetered(), pair_text)
        if switched is None or bool(switched) == entry.is_enabled:
            return entry.row_bytes
        return entry.row_bytes + (FLAG_BYTES if switched else -FLAG_BYTES)


def _key_bytes(pair_text: str) -> int:
    return _PREFIX_BYTES + len(pair_text.encode())
