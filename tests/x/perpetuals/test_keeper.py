"""Perpetuals and tiers: creation, edit, look-up, messages, genesis."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.x.markets import BTC, DOGE, ETH, ISOLATED, LARGE_CAP, Markets, perpetual_params
from vaultsim.address import module_address
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.perpetuals import (
    FundingPremium,
    GenesisState,
    MsgAddPremiumVotes,
    MsgCreatePerpetual,
    MsgSetLiquidityTier,
    MsgUpdateParams,
    MsgUpdatePerpetualParams,
    Params,
    PerpetualParams,
    PremiumStore,
    QueryAllPerpetualsRequest,
    QueryPerpetualRequest,
)
from vaultsim.pb.runtime import replace
from vaultsim.x.authority import DELAYMSG_BECH32, GOV_BECH32
from vaultsim.x.perpetuals.genesis import check, perpetuals_genesis
from vaultsim.x.perpetuals.msg_server import perpetuals_checks, perpetuals_handlers
from vaultsim.x.perpetuals.query_server import perpetuals_queries
from vaultsim.x.sdk_errors import NotFound

NEW = replace(perpetual_params(9, "NEW-USD", -6, ISOLATED), market_id=ETH)


def error_of(action: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(ChainError) as caught:
        action()
    return caught.value.codespace, caught.value.code


@pytest.mark.parametrize(
    ("params", "codespace", "code"),
    [
        (replace(NEW, id=BTC), "perpetuals", 17),
        (replace(NEW, market_type=0), "perpetuals", 23),
        (replace(NEW, ticker=""), "perpetuals", 6),
        (replace(NEW, default_funding_ppm=-1_000_001), "perpetuals", 5),
        (replace(NEW, market_id=99), "prices", 201),
        (replace(NEW, liquidity_tier=5), "perpetuals", 12),
    ],
)
def test_creation_checks(params: PerpetualParams, codespace: str, code: int) -> None:
    markets = Markets()
    assert error_of(lambda: markets.perpetuals.create(markets.ctx, params)) == (codespace, code)


def test_creation_drops_the_votes_of_all_markets() -> None:
    markets = Markets()
    keeper, ctx = markets.perpetuals, markets.ctx
    keeper.add_premium_votes(ctx, (FundingPremium(perpetual_id=BTC, premium_ppm=5),))
    created = keeper.create(ctx, NEW)
    assert (created.funding_index, created.open_interest) == (0, 0)
    assert keeper.premium_votes(ctx) == PremiumStore()
    assert keeper.state.premium_votes.has(ctx)
    assert keeper.state.premium_samples.has(ctx)


def test_edits_keep_resolution_and_market_type() -> None:
    markets = Markets()
    wanted = PerpetualParams(
        id=BTC, ticker="XBT-USD", market_id=ETH, default_funding_ppm=100, liquidity_tier=0, market_type=ISOLATED
    )
    edited = markets.perpetuals.modify(markets.ctx, wanted).params
    assert edited == replace(wanted, atomic_resolution=-10, market_type=1)
    assert error_of(lambda: markets.perpetuals.modify(markets.ctx, replace(wanted, id=77))) == ("perpetuals", 1)


def test_only_isolated_markets_change_their_type() -> None:
    markets = Markets()
    keeper, ctx = markets.perpetuals, markets.ctx
    assert error_of(lambda: keeper.set_market_type(ctx, DOGE, 0)) == ("perpetuals", 23)
    assert error_of(lambda: keeper.set_market_type(ctx, BTC, 2)) == ("perpetuals", 23)
    assert error_of(lambda: keeper.set_market_type(ctx, 77, 1)) == ("perpetuals", 1)
    assert keeper.is_isolated(ctx, DOGE)
    keeper.set_market_type(ctx, DOGE, 1)
    assert not keeper.is_isolated(ctx, DOGE)


def test_a_missing_price_has_two_codes() -> None:
    markets = Markets()
    keeper, ctx = markets.perpetuals, markets.ctx
    markets.prices.state.prices.delete(ctx, BTC)
    assert error_of(lambda: keeper.info(ctx, BTC)) == ("prices", 201)
    assert error_of(lambda: keeper.info_for_update(ctx, BTC)) == ("perpetuals", 2)
    assert error_of(lambda: keeper.info_for_update(ctx, 77)) == ("perpetuals", 1)
    keeper.state.liquidity_tiers.delete(ctx, 0)
    assert error_of(lambda: keeper.info(ctx, ETH)) == ("perpetuals", 12)


def test_infos_follow_every_change() -> None:
    markets = Markets()
    keeper, ctx = markets.perpetuals, markets.ctx
    first = keeper.info(ctx, BTC)
    assert keeper.info(ctx, BTC) is first
    markets.set_price(BTC, 1)
    assert keeper.info(ctx, BTC).price.price == 1
    assert keeper.info(ctx, BTC).notional_ratio != first.notional_ratio
    keeper.modify_open_interest(ctx, BTC, 7)
    assert keeper.info(ctx, BTC).perpetual.open_interest == 7


def test_open_interest_never_gets_negative() -> None:
    markets = Markets()
    keeper, ctx = markets.perpetuals, markets.ctx
    keeper.modify_open_interest(ctx, BTC, 5)
    assert error_of(lambda: keeper.modify_open_interest(ctx, BTC, -6)) == ("perpetuals", 25)
    keeper.set_open_interest(ctx, BTC, 3)
    assert keeper.get(ctx, BTC).open_interest == 3


def test_insurance_funds() -> None:
    markets = Markets()
    keeper, ctx = markets.perpetuals, markets.ctx
    assert keeper.insurance_fund_address(ctx, BTC) == module_address("insurance_fund")
    assert keeper.insurance_fund_address(ctx, DOGE) == module_address("insurance_fund:2")
    with pytest.raises(ChainPanic):
        keeper.insurance_fund_name(replace(keeper.get(ctx, BTC), params=PerpetualParams()))


def test_ids_are_handed_out_past_taken_ones() -> None:
    markets = Markets()
    assert markets.perpetuals.acquire_next_id(markets.ctx) == 4
    assert markets.perpetuals.next_perpetual_id(markets.ctx) == 5


def test_tiers_lose_their_base_position_notional() -> None:
    markets = Markets()
    markets.perpetuals.set_liquidity_tier(markets.ctx, replace(LARGE_CAP, id=1, base_position_notional=5))
    assert markets.perpetuals.liquidity_tier(markets.ctx, 1) == replace(LARGE_CAP, id=1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"initial_margin_ppm": 1_000_001}, 3),
        ({"maintenance_fraction_ppm": 1_000_001}, 4),
        ({"impact_notional": 0}, 16),
        ({"open_interest_lower_cap": 2, "open_interest_upper_cap": 1}, 24),
    ],
)
def test_tier_checks(changes: dict[str, int], code: int) -> None:
    message = MsgSetLiquidityTier(authority=GOV_BECH32, liquidity_tier=replace(LARGE_CAP, **changes))
    assert error_of(lambda: perpetuals_checks()[MsgSetLiquidityTier](message)) == ("perpetuals", code)
    handler = perpetuals_handlers(Markets().perpetuals)[MsgSetLiquidityTier]
    assert error_of(lambda: handler(Markets().ctx, message)) == ("perpetuals", code)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"funding_rate_clamp_factor_ppm": 0}, 14),
        ({"premium_vote_clamp_factor_ppm": 0}, 15),
        ({"min_num_votes_per_sample": 0}, 22),
    ],
)
def test_params_checks(changes: dict[str, int], code: int) -> None:
    good = Params(funding_rate_clamp_factor_ppm=1, premium_vote_clamp_factor_ppm=1, min_num_votes_per_sample=1)
    message = MsgUpdateParams(authority=GOV_BECH32, params=replace(good, **changes))
    assert error_of(lambda: perpetuals_checks()[MsgUpdateParams](message)) == ("perpetuals", code)


@pytest.mark.parametrize("cls", [MsgCreatePerpetual, MsgSetLiquidityTier, MsgUpdatePerpetualParams, MsgUpdateParams])
def test_authorities_are_checked(cls: type[MsgCreatePerpetual]) -> None:
    markets = Markets()
    assert error_of(lambda: perpetuals_checks()[cls](cls(authority="x"))) == ("perpetuals", 19)
    assert error_of(lambda: perpetuals_handlers(markets.perpetuals)[cls](markets.ctx, cls(authority="x"))) == (
        "gov",
        13,
    )


def test_delaymsg_may_create_perpetuals() -> None:
    markets = Markets()
    handler = perpetuals_handlers(markets.perpetuals)[MsgCreatePerpetual]
    handler(markets.ctx, MsgCreatePerpetual(authority=DELAYMSG_BECH32, params=NEW))
    assert markets.perpetuals.get(markets.ctx, 9).params == NEW


def test_votes_must_ascend() -> None:
    vote = FundingPremium(perpetual_id=1, premium_ppm=1)
    check_votes = perpetuals_checks()[MsgAddPremiumVotes]
    assert error_of(lambda: check_votes(MsgAddPremiumVotes(votes=(vote, vote)))) == ("perpetuals", 9)


def test_export_is_the_inverse_of_init_and_the_check_lists_every_problem() -> None:
    markets = Markets()
    genesis = perpetuals_genesis(markets.perpetuals)
    section = genesis.export(markets.ctx)
    markets.perpetuals.modify_open_interest(markets.ctx, BTC, 5)
    genesis.init(markets.ctx, section)
    assert genesis.export(markets.ctx) == section
    assert check(section) == []
    broken = GenesisState(
        perpetuals=(section.perpetuals[0], replace(section.perpetuals[0], params=PerpetualParams())),
        liquidity_tiers=(replace(LARGE_CAP, id=1, impact_notional=0),),
    )
    assert [one.path for one in check(broken)] == [
        "$.params.funding_rate_clamp_factor_ppm",
        "$.params.premium_vote_clamp_factor_ppm",
        "$.params.min_num_votes_per_sample",
        "$.perpetuals[1].params.id",
        "$.perpetuals[1].params.ticker",
        "$.liquidity_tiers[0].id",
        "$.liquidity_tiers[0]",
    ]


def test_queries() -> None:
    markets = Markets()
    queries = perpetuals_queries(markets.perpetuals)
    everything = queries["/dydxprotocol.perpetuals.Query/AllPerpetuals"][1](markets.ctx, QueryAllPerpetualsRequest())
    assert [one.params.id for one in everything.perpetual] == [0, 1, 2, 3]
    with pytest.raises(NotFound):
        queries["/dydxprotocol.perpetuals.Query/Perpetual"][1](markets.ctx, QueryPerpetualRequest(id=77))
