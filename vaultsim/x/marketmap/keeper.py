"""The market map as a static table: no store, filled from the genesis section."""

from __future__ import annotations

from vaultsim.errors import ChainError
from vaultsim.x.marketmap.types import MarketMapEntry, MarketMapGenesis


class MarketMapKeeper:
    """Looks markets up by pair text "BASE/QUOTE"."""

    def __init__(self) -> None:
        self.section = MarketMapGenesis()
        self._entries: dict[str, MarketMapEntry] = {}

    def load(self, section: MarketMapGenesis) -> None:
        """Takes the table from a genesis section, dropping what was there."""
        self.section = section
        self._entries = section.entries()

    def find(self, pair_text: str) -> MarketMapEntry | None:
        """The market of a pair, or None."""
        return self._entries.get(pair_text)

    def enable(self, pair_text: str) -> None:
        """Marks a market as enabled, which nothing here reads; raises ChainError for an unknown pair."""
        self._require(pair_text)

    def disable(self, pair_text: str) -> None:
        """Marks a market as disabled, which nothing here reads; raises ChainError for an unknown pair."""
        self._require(pair_text)

    def _require(self, pair_text: str) -> None:
        if pair_text not in self._entries:
            raise ChainError(f"market {pair_text} is not in the market map")
