"""x/prices: pairs, thresholds, creation, edit, updates, messages, genesis."""

from __future__ import annotations

import pytest

from tests.x.markets import BTC, ETH, Markets
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.module import Problem
from vaultsim.pb.dydxprotocol.prices import (
    GenesisState,
    MarketParam,
    MarketPrice,
    MsgCreateOracleMarket,
    MsgUpdateMarketPrices,
    MsgUpdateMarketPrices_MarketPrice,
    QueryMarketPriceRequest,
)
from vaultsim.pb.runtime import replace
from vaultsim.x.authority import GOV_BECH32
from vaultsim.x.prices.formulas import currency_pair, is_large_enough_change, min_price_change
from vaultsim.x.prices.genesis import check, prices_genesis
from vaultsim.x.prices.msg_server import check_create_oracle_market, check_update_market_prices, prices_handlers
from vaultsim.x.prices.query_server import prices_queries
from vaultsim.x.sdk_errors import NotFound

SOL = MarketParam(id=7, pair="SOL-USD", min_price_change_ppm=1_000)


def code_of(caught: pytest.ExceptionInfo[ChainError]) -> tuple[str, int]:
    return caught.value.codespace, caught.value.code


@pytest.mark.parametrize(
    ("pair", "expected"),
    [("BTC-USD", "BTC/USD"), ("btc-usd", "BTC/USD"), ("a,b,c-USD", "A,B,C/USD"), ("X" * 256 + "-U", "X" * 256 + "/U")],
)
def test_pairs_become_upper_case_currency_pairs(pair: str, expected: str) -> None:
    assert currency_pair(pair) == expected


@pytest.mark.parametrize("pair", ["BTCUSD", "A-B-C", "-USD", "BTC-", "A,B-USD", "X" * 257 + "-USD"])
def test_other_texts_are_no_pairs(pair: str) -> None:
    with pytest.raises(ChainError) as caught:
        currency_pair(pair)
    assert code_of(caught) == ("undefined", 1)


@pytest.mark.parametrize(
    ("price", "ppm", "threshold"),
    [(5_000_000_000, 1_000, 5_000_000), (12_345_678, 800, 9_876), (999, 1_000, 0)],
)
def test_the_threshold_is_floored(price: int, ppm: int, threshold: int) -> None:
    # Appendix B, "Price threshold".
    assert min_price_change(price, ppm) == threshold
    assert is_large_enough_change(price, price + threshold, ppm)
    assert is_large_enough_change(price, price - threshold, ppm)
    assert is_large_enough_change(price, price, ppm) == (threshold == 0)


def test_a_new_market_has_its_rows_and_tells_its_neighbours() -> None:
    markets = Markets()
    markets.prices.create_market(markets.ctx, SOL, MarketPrice(id=7, exponent=-8, price=5))
    assert markets.prices.market_param(markets.ctx, 7) == SOL
    assert markets.prices.market_price(markets.ctx, 7).price == 5
    assert markets.prices.state.currency_pair_ids.get(markets.ctx, "SOL/USD") == 7
    assert markets.prices.state.currency_pair_ids.key("SOL/USD") == b"CurrencyPairID:SOL/USD"
    assert markets.revshare.created[-1] == 7
    assert markets.market_map.enabled[-1] == "SOL/USD"


@pytest.mark.parametrize(
    ("param", "price_id", "exponent", "code"),
    [
        (replace(SOL, id=BTC, pair=""), 9, 0, 204),
        (replace(SOL, pair=""), 7, -8, 1),
        (replace(SOL, min_price_change_ppm=0), 7, -8, 1),
        (replace(SOL, min_price_change_ppm=10_000), 7, -8, 1),
        (SOL, 8, -8, 1),
        (replace(SOL, pair="BTC-USD"), 7, 0, 205),
        (replace(SOL, pair="SOLUSD"), 7, -8, 206),
        (replace(SOL, pair="ADA-USD"), 7, -8, 207),
        (SOL, 7, -7, 210),
    ],
)
def test_creation_checks(param: MarketParam, price_id: int, exponent: int, code: int) -> None:
    markets = Markets()
    with pytest.raises(ChainError) as caught:
        markets.prices.create_market(markets.ctx, param, MarketPrice(id=price_id, exponent=exponent))
    assert code_of(caught) == ("prices", code)


def test_a_market_may_change_its_pair() -> None:
    markets = Markets()
    markets.prices.modify_market_param(markets.ctx, replace(SOL, id=BTC))
    pairs = markets.prices.state.currency_pair_ids
    assert pairs.get(markets.ctx, "BTC/USD") is None
    assert pairs.get(markets.ctx, "SOL/USD") == BTC
    assert markets.market_map.disabled == ["BTC/USD"]


@pytest.mark.parametrize(
    ("param", "code"),
    [
        (replace(SOL, min_price_change_ppm=0), 1),
        (SOL, 200),
        (replace(SOL, id=BTC, pair="ETH-USD"), 205),
        (replace(SOL, id=BTC, pair="X"), 206),
        (replace(SOL, id=BTC, pair="ADA-USD"), 207),
    ],
)
def test_edit_checks(param: MarketParam, code: int) -> None:
    markets = Markets()
    with pytest.raises(ChainError) as caught:
        markets.prices.modify_market_param(markets.ctx, param)
    assert code_of(caught) == ("prices", code)


def test_market_ids_are_handed_out_past_taken_ones() -> None:
    markets = Markets()
    assert markets.prices.acquire_next_market_id(markets.ctx) == 4
    assert markets.prices.acquire_next_market_id(markets.ctx) == 5


def update(market_id: int, price: int) -> MsgUpdateMarketPrices_MarketPrice:
    return MsgUpdateMarketPrices_MarketPrice(market_id=market_id, price=price)


def test_prices_are_updated_together() -> None:
    markets = Markets()
    handler = prices_handlers(markets.prices)[MsgUpdateMarketPrices]
    handler(
        markets.ctx,
        MsgUpdateMarketPrices(market_price_updates=(update(BTC, 5_005_000_000), update(ETH, 2_990_000_000))),
    )
    assert markets.prices.market_price(markets.ctx, BTC) == MarketPrice(id=BTC, exponent=-5, price=5_005_000_000)
    assert markets.prices.market_price(markets.ctx, ETH).price == 2_990_000_000


@pytest.mark.parametrize("wrong", [update(ETH, 3_000_000_001), update(99, 1)])
def test_a_refused_update_panics(wrong: MsgUpdateMarketPrices_MarketPrice) -> None:
    markets = Markets()
    handler = prices_handlers(markets.prices)[MsgUpdateMarketPrices]
    with pytest.raises(ChainPanic):
        handler(markets.ctx, MsgUpdateMarketPrices(market_price_updates=(update(BTC, 6_000_000_000), wrong)))
    assert markets.prices.market_price(markets.ctx, BTC).price == 5_000_000_000


@pytest.mark.parametrize("updates", [(update(0, 0),), (update(1, 1), update(1, 2)), (update(1, 1), update(0, 2))])
def test_updates_are_checked_without_state(updates: tuple[MsgUpdateMarketPrices_MarketPrice, ...]) -> None:
    with pytest.raises(ChainError) as caught:
        check_update_market_prices(MsgUpdateMarketPrices(market_price_updates=updates))
    assert code_of(caught) == ("prices", 400)


def test_an_oracle_market_starts_at_price_zero() -> None:
    markets = Markets()
    message = MsgCreateOracleMarket(authority=GOV_BECH32, params=SOL)
    check_create_oracle_market(message)
    prices_handlers(markets.prices)[MsgCreateOracleMarket](markets.ctx, message)
    assert markets.prices.market_price(markets.ctx, 7) == MarketPrice(id=7, exponent=-8, price=0)


@pytest.mark.parametrize(
    ("message", "codespace", "code"),
    [
        (MsgCreateOracleMarket(authority="someone", params=SOL), "gov", 13),
        (MsgCreateOracleMarket(authority=GOV_BECH32, params=replace(SOL, pair="X")), "undefined", 1),
        (MsgCreateOracleMarket(authority=GOV_BECH32, params=replace(SOL, pair="A-B", id=BTC)), "prices", 207),
    ],
)
def test_oracle_market_checks(message: MsgCreateOracleMarket, codespace: str, code: int) -> None:
    markets = Markets()
    with pytest.raises(ChainError) as caught:
        prices_handlers(markets.prices)[MsgCreateOracleMarket](markets.ctx, message)
    assert code_of(caught) == (codespace, code)
    with pytest.raises(ChainError) as caught:
        check_create_oracle_market(MsgCreateOracleMarket(authority="x", params=MarketParam()))
    assert code_of(caught) == ("prices", 500)


def test_export_is_the_inverse_of_init() -> None:
    markets = Markets()
    section = prices_genesis(markets.prices).export(markets.ctx)
    other = Markets()
    other.ctx = other.ctx.replaced(branch=other.store.branch())
    genesis = prices_genesis(other.prices)
    genesis.init(other.ctx, section)
    assert genesis.export(other.ctx) == section
    assert check(section) == []


def test_the_check_lists_every_problem() -> None:
    section = GenesisState(
        market_params=(SOL, replace(SOL, pair=""), SOL), market_prices=(MarketPrice(id=7), MarketPrice(id=8))
    )
    found = check(section)
    assert [one.path for one in found] == [
        "$.market_params[1].id",
        "$.market_params[1]",
        "$.market_params[2].id",
        "$.market_prices",
        "$.market_prices[1].id",
    ]
    assert all(isinstance(one, Problem) and one.text for one in found)


def test_missing_markets_are_not_found_by_queries() -> None:
    markets = Markets()
    query = prices_queries(markets.prices)["/dydxprotocol.prices.Query/MarketPrice"][1]
    assert query(markets.ctx, QueryMarketPriceRequest(id=1)).market_price.price == 3_000_000_000
    with pytest.raises(NotFound):
        query(markets.ctx, QueryMarketPriceRequest(id=99))
