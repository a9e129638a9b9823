"""The market map: which currency pairs the oracle knows. Source: dydx-modules §§8.3, 18, 23."""

from __future__ import annotations

import json
from typing import ClassVar, NamedTuple

from vaultsim.pb.runtime import JsonError
from vaultsim.pb.verbatim import VerbatimSection
from vaultsim.x.marketmap.row_size import market_bytes


class MarketMapEntry(NamedTuple):
    """What the chain reads of one market: price decimals, least number of providers, metadata JSON (text).

    is_enabled, row_bytes: whether it was enabled at genesis, and the size of its row then.
    """

    decimals: int
    min_provider_count: int
    metadata_json: str
    is_enabled: bool = False
    row_bytes: int = 0


class MarketMapGenesis(VerbatimSection, frozen=True, kw_only=True):
    """The genesis section, kept as JSON text so that it is exported as it was read."""

    FULL_NAME: ClassVar[str] = "slinky.marketmap.v1.GenesisState"
    TYPE_URL: ClassVar[str] = "/slinky.marketmap.v1.GenesisState"

    @classmethod
    def require_readable(cls, section: object, path: str) -> None:
        """Raises JsonError when its markets cannot be read."""
        read_entries(section, path)

    def entries(self) -> dict[str, MarketMapEntry]:
        """Markets by pair text "BASE/QUOTE"."""
        return read_entries(self.to_json(), "$")


def read_entries(section: object, path: str) -> dict[str, MarketMapEntry]:
    """Markets of a section by pair text; raises JsonError naming the place."""
    if not isinstance(section, dict):
        raise JsonError(path, "expected an object")
    market_map = section.get("market_map") or {}
    if not isinstance(market_map, dict):
        raise JsonError(f"{path}.market_map", "expected an object")
    markets = market_map.get("markets") or {}
    if not isinstance(markets, dict):
        raise JsonError(f"{path}.market_map.markets", "expected an object of markets by pair")
    return {
        pair: _entry(market, f"{path}.market_map.markets[{json.dumps(pair)}].ticker")
        for pair, market in markets.items()
    }


def _entry(market: object, path: str) -> MarketMapEntry:
    ticker = market.get("ticker") if isinstance(market, dict) else None
    if not isinstance(ticker, dict):
        raise JsonError(path, "expected an object")
    metadata = ticker.get("metadata_JSON", ticker.get("metadataJSON", ""))
    if not isinstance(metadata, str):
        raise JsonError(f"{path}.metadata_JSON", "expected JSON as text")
    return MarketMapEntry(
        decimals=_unsigned(ticker.get("decimals", 0), f"{path}.decimals"),
        min_provider_count=_unsigned(
            ticker.get("min_provider_count", ticker.get("minProviderCount", 0)), f"{path}.min_provider_count"
        ),
        metadata_json=metadata,
        is_enabled=ticker.get("enabled") is True,
        row_bytes=market_bytes(market),
    )


def _unsigned(value: object, path: str) -> int:
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise JsonError(path, "expected an unsigned integer")
