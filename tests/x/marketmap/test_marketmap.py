"""The market map: reading its section and giving it back as it was."""

from __future__ import annotations

import pytest

from tests.x.markets import Markets
from vaultsim.errors import ChainError
from vaultsim.pb.runtime import JsonError
from vaultsim.x.marketmap.keeper import MarketMapKeeper
from vaultsim.x.marketmap.module import marketmap_module
from vaultsim.x.marketmap.types import MarketMapEntry, MarketMapGenesis

SECTION = {
    "market_map": {
        "markets": {
            "SOL/USD": {"ticker": {"decimals": "8", "min_provider_count": 3, "metadata_JSON": '{"reference_price":1}'}},
            "BTC/USD": {"ticker": {"decimals": 5, "enabled": True}, "provider_configs": []},
        }
    },
    "last_updated": "0",
    "params": {"admin": "x"},
}


def test_the_section_is_read_and_exported_as_it_was() -> None:
    keeper = MarketMapKeeper()
    genesis = marketmap_module(keeper).genesis
    assert genesis is not None
    ctx = Markets().ctx
    genesis.init(ctx, MarketMapGenesis.from_json(SECTION))
    assert keeper.find("SOL/USD") == MarketMapEntry(8, 3, '{"reference_price":1}')
    assert keeper.find("BTC/USD") == MarketMapEntry(5, 0, "")
    assert keeper.find("ETH/USD") is None
    exported = genesis.export(ctx).to_json()
    assert exported == SECTION
    assert list(exported["market_map"]["markets"]) == ["SOL/USD", "BTC/USD"]


def test_unknown_pairs_cannot_be_enabled() -> None:
    keeper = MarketMapKeeper()
    with pytest.raises(ChainError):
        keeper.enable("ETH/USD")


def test_a_wrong_field_is_named() -> None:
    with pytest.raises(JsonError) as caught:
        MarketMapGenesis.from_json({"market_map": {"markets": {"A/B": {"ticker": {"decimals": -1}}}}})
    assert caught.value.path == '$.market_map.markets["A/B"].ticker.decimals'
