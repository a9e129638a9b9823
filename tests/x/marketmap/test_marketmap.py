"""The market map: reading its section and giving it back as it was."""

from __future__ import annotations

import pytest

from tests.x.markets import Markets
from vaultsim.errors import ChainError
from vaultsim.pb.runtime import JsonError
from vaultsim.store.gas import GasMeter
from vaultsim.x.marketmap.keeper import MarketMapKeeper
from vaultsim.x.marketmap.module import marketmap_module
from vaultsim.x.marketmap.row_size import market_bytes
from vaultsim.x.marketmap.state import MarketMapState
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
    keeper = MarketMapKeeper(MarketMapState())
    genesis = marketmap_module(keeper).genesis
    assert genesis is not None
    ctx = Markets().ctx
    genesis.init(ctx, MarketMapGenesis.from_json(SECTION))
    assert keeper.find("SOL/USD") == MarketMapEntry(8, 3, '{"reference_price":1}', False, 31)
    assert keeper.find("BTC/USD") == MarketMapEntry(5, 0, "", True, 8)
    assert keeper.find("ETH/USD") is None
    exported = genesis.export(ctx).to_json()
    assert exported == SECTION
    assert list(exported["market_map"]["markets"]) == ["SOL/USD", "BTC/USD"]


def test_unknown_pairs_cannot_be_enabled() -> None:
    keeper = MarketMapKeeper(MarketMapState())
    with pytest.raises(ChainError):
        keeper.enable(Markets().ctx, "ETH/USD")


def test_a_wrong_field_is_named() -> None:
    with pytest.raises(JsonError) as caught:
        MarketMapGenesis.from_json({"market_map": {"markets": {"A/B": {"ticker": {"decimals": -1}}}}})
    assert caught.value.path == '$.market_map.markets["A/B"].ticker.decimals'


LISTED = {
    "ticker": {
        "currency_pair": {"Base": "SOL", "Quote": "USD"},
        "decimals": 8,
        "min_provider_count": 1,
        "enabled": False,
        "metadata_JSON": '{"reference_price":25100000000,"liquidity":1500000,"aggregate_ids":[]}',
    },
    "provider_configs": [{"name": "one_ws", "off_chain_ticker": "SOLUSD"}],
}


def test_reading_and_switching_cost_what_the_rows_of_the_chain_cost() -> None:
    keeper = MarketMapKeeper(MarketMapState())
    keeper.load(MarketMapGenesis.from_json({"market_map": {"markets": {"SOL/USD": LISTED}}}))
    ctx = Markets().ctx.branched()
    ctx.gas = GasMeter(1_000_000)
    assert keeper.read(ctx, "NOPE/USD") is None
    assert ctx.gas.used == 1_027
    keeper.read(ctx, "SOL/USD")
    assert ctx.gas.used == 1_027 + 1_348
    keeper.enable(ctx, "SOL/USD")
    assert ctx.gas.used == 1_027 + 1_348 + 1_348 + 5_540
    keeper.read(ctx, "SOL/USD")
    assert ctx.gas.used == 1_027 + 1_348 + 1_348 + 5_540 + 1_354
    keeper.disable(ctx, "SOL/USD")
    keeper.read(ctx.unmetered(), "SOL/USD")
    assert ctx.gas.used == 1_027 + 1_348 + 1_348 + 5_540 + 1_354 + 1_354 + 5_480


def test_what_of_a_market_is_not_as_it_should_be_has_no_size() -> None:
    assert market_bytes(None) == market_bytes({"ticker": [], "provider_configs": {}}) == 4
    flipped = {"name": "one_ws", "normalize_by_pair": {"Base": "A", "Quote": "B"}, "invert": True}
    assert market_bytes({**LISTED, "provider_configs": [flipped]}) == 108 - 2 - 16 + 2 + 8 + 8 + 2
