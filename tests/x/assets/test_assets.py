"""x/assets: conversion, risk, creation, genesis."""

from __future__ import annotations

import pytest

from tests.x.markets import Markets
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.lib.margin import Risk
from vaultsim.pb.cosmos.base.query.v1beta1 import PageRequest, PageResponse
from vaultsim.pb.dydxprotocol.assets import Asset, GenesisState, QueryAllAssetsRequest, QueryAssetRequest
from vaultsim.pb.runtime import replace
from vaultsim.x.assets.errors import AssetDoesNotExist
from vaultsim.x.assets.formulas import coin_amount, position_risk
from vaultsim.x.assets.genesis import assets_genesis, check
from vaultsim.x.assets.query_server import assets_queries
from vaultsim.x.assets.types import USDC, USDC_DENOM
from vaultsim.x.sdk_errors import NotFound


def asset(id: int, **changes: object) -> Asset:
    return replace(Asset(id=id, symbol="X", denom=f"denom{id}", denom_exponent=-6, atomic_resolution=-6), **changes)


@pytest.mark.parametrize(
    ("resolution", "denom_exponent", "quantums", "rounded", "coins"),
    [(-6, -6, 1_234, 1_234, 1_234), (-8, -6, 1_299, 1_200, 12), (-6, -8, 12, 12, 1_200)],
)
def test_coins_are_floored(resolution: int, denom_exponent: int, quantums: int, rounded: int, coins: int) -> None:
    one = asset(1, atomic_resolution=resolution, denom_exponent=denom_exponent)
    assert coin_amount(one, quantums) == (rounded, coins)


def test_a_negative_coin_panics() -> None:
    with pytest.raises(ChainPanic):
        coin_amount(USDC, -1)


@pytest.mark.parametrize(("field", "code"), [("atomic_resolution", 10), ("denom_exponent", 11)])
def test_exponents_beyond_32_are_refused(field: str, code: int) -> None:
    with pytest.raises(ChainError) as caught:
        coin_amount(asset(1, **{field: -33}), 1)
    assert caught.value.code == code


def test_usdc_counts_in_full_and_other_assets_are_refused() -> None:
    assert position_risk(0, -5) == Risk(-5, 0, 0)
    assert position_risk(7, 0) == Risk(0, 0, 0)
    for quantums, code in ((1, 401), (-1, 402)):
        with pytest.raises(ChainError) as caught:
            position_risk(7, quantums)
        assert (caught.value.codespace, caught.value.code) == ("assets", code)


@pytest.mark.parametrize(
    ("new", "codespace", "code"),
    [
        (USDC, "assets", 5),
        (asset(1, denom=USDC_DENOM), "assets", 7),
        (asset(1, has_market=True, market_id=99), "prices", 201),
        (asset(1, market_id=1), "assets", 9),
    ],
)
def test_creation_checks(new: Asset, codespace: str, code: int) -> None:
    markets = Markets()
    with pytest.raises(ChainError) as caught:
        markets.assets.create(markets.ctx, new)
    assert (caught.value.codespace, caught.value.code) == (codespace, code)


def test_denoms_are_unique() -> None:
    markets = Markets()
    markets.assets.create(markets.ctx, asset(1))
    with pytest.raises(ChainError) as caught:
        markets.assets.create(markets.ctx, asset(2, denom="denom1"))
    assert caught.value.code == 4


def test_queries_and_export() -> None:
    markets = Markets()
    queries = assets_queries(markets.assets)
    assert assets_genesis(markets.assets).export(markets.ctx) == GenesisState(assets=(USDC,))
    one = queries["/dydxprotocol.assets.Query/Asset"][1]
    everything = queries["/dydxprotocol.assets.Query/AllAssets"][1]
    assert one(markets.ctx, QueryAssetRequest(id=0)).asset == USDC
    with pytest.raises(NotFound):
        one(markets.ctx, QueryAssetRequest(id=1))
    assert everything(markets.ctx, QueryAllAssetsRequest()).pagination == PageResponse(total=1)
    limited = everything(markets.ctx, QueryAllAssetsRequest(pagination=PageRequest(limit=5)))
    assert limited.pagination == PageResponse()


def test_unknown_assets_are_refused() -> None:
    markets = Markets()
    with pytest.raises(AssetDoesNotExist):
        markets.assets.to_coin(markets.ctx, 1, 5)
    assert markets.assets.to_coin(markets.ctx, 0, 5) == (5, (USDC_DENOM, 5))


def test_the_check_lists_every_problem() -> None:
    assert check(GenesisState(assets=(USDC,))) == []
    assert [one.path for one in check(GenesisState())] == ["$.assets"]
    broken = GenesisState(assets=(USDC, asset(3, denom=USDC_DENOM, market_id=2)))
    assert [one.path for one in check(broken)] == ["$.assets[1].id", "$.assets[1].denom", "$.assets[1].market_id"]
