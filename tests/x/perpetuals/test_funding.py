"""Premium votes, samples and ticks at the end of a block."""

from __future__ import annotations

import pytest

from tests.x.markets import BTC, DOGE, ETH, PEPE, Markets
from vaultsim.errors import ChainPanic
from vaultsim.pb.dydxprotocol.perpetuals import FundingPremium, MarketPremiums, MsgAddPremiumVotes, PremiumStore
from vaultsim.pb.runtime import replace
from vaultsim.x.perpetuals.blocks import end_block
from vaultsim.x.perpetuals.msg_server import perpetuals_handlers


def vote(perpetual_id: int, premium_ppm: int) -> FundingPremium:
    return FundingPremium(perpetual_id=perpetual_id, premium_ppm=premium_ppm)


def send_votes(markets: Markets, *votes: FundingPremium) -> None:
    perpetuals_handlers(markets.perpetuals)[MsgAddPremiumVotes](markets.ctx, MsgAddPremiumVotes(votes=votes))


def test_every_message_counts_for_all_markets() -> None:
    markets = Markets()
    send_votes(markets, vote(ETH, 7))
    send_votes(markets)
    send_votes(markets, vote(BTC, -3), vote(ETH, 8))
    assert markets.perpetuals.premium_votes(markets.ctx) == PremiumStore(
        all_market_premiums=(
            MarketPremiums(perpetual_id=BTC, premiums=(-3,)),
            MarketPremiums(perpetual_id=ETH, premiums=(7, 8)),
        ),
        num_premiums=3,
    )


@pytest.mark.parametrize("wrong", [vote(77, 1), vote(PEPE, 1), vote(DOGE, 1), vote(ETH, 480_001), vote(ETH, -480_001)])
def test_a_refused_vote_panics(wrong: FundingPremium) -> None:
    # 77: no perpetual; PEPE: no clob pair; DOGE: pair not active; ETH: beyond 60 x (2 % - 1.2 %).
    markets = Markets()
    with pytest.raises(ChainPanic):
        send_votes(markets, wrong)
    send_votes(markets, vote(ETH, 480_000))


def test_a_sample_is_taken_when_its_epoch_starts() -> None:
    markets = Markets()
    for _ in range(10):
        send_votes(markets, vote(ETH, 100))
    end_block(markets.perpetuals, markets.ctx)
    assert markets.perpetuals.premium_votes(markets.ctx).num_premiums == 10
    markets.epochs.started = {"funding-sample"}
    end_block(markets.perpetuals, markets.ctx)
    assert markets.perpetuals.premium_votes(markets.ctx) == PremiumStore()
    # BTC had no votes: its sample of 0 is not listed, the round counts all the same.
    assert markets.perpetuals.premium_samples(markets.ctx) == PremiumStore(
        all_market_premiums=(MarketPremiums(perpetual_id=ETH, premiums=(100,)),), num_premiums=1
    )


def test_more_votes_than_rounds_panic() -> None:
    markets = Markets()
    markets.perpetuals.state.premium_votes.set(
        markets.ctx,
        PremiumStore(all_market_premiums=(MarketPremiums(perpetual_id=BTC, premiums=(1, 1)),), num_premiums=1),
    )
    markets.epochs.started = {"funding-sample"}
    with pytest.raises(ChainPanic):
        end_block(markets.perpetuals, markets.ctx)


def test_a_tick_moves_indices_and_drops_the_samples() -> None:
    markets = Markets()
    keeper, ctx = markets.perpetuals, markets.ctx
    keeper.modify(ctx, replace(keeper.get(ctx, ETH).params, default_funding_ppm=-37))
    keeper.state.premium_samples.set(
        ctx,
        PremiumStore(all_market_premiums=(MarketPremiums(perpetual_id=BTC, premiums=(100,) * 60),), num_premiums=60),
    )
    markets.epochs.started = {"funding-tick"}
    end_block(keeper, ctx)
    assert keeper.get(ctx, BTC).funding_index == 62
    assert keeper.get(ctx, ETH).funding_index == -13
    assert keeper.get(ctx, DOGE).funding_index == 0
    assert keeper.premium_samples(ctx) == PremiumStore()


def test_rates_are_clamped() -> None:
    markets = Markets()
    keeper, ctx = markets.perpetuals, markets.ctx
    keeper.modify(ctx, replace(keeper.get(ctx, BTC).params, default_funding_ppm=1_000_000))
    markets.epochs.started = {"funding-tick"}
    end_block(keeper, ctx)
    # Rate 6 x (2 % - 1.2 %) = 48 000 ppm; 3 600 x 48 000 base quantums are worth 864 000 000; by 28 800.
    assert keeper.get(ctx, BTC).funding_index == 30_000


def test_a_sample_of_the_same_block_counts_in_its_tick() -> None:
    markets = Markets()
    keeper, ctx = markets.perpetuals, markets.ctx
    for _ in range(15):
        send_votes(markets, vote(BTC, 6_000))
    markets.epochs.started = {"funding-sample", "funding-tick"}
    end_block(keeper, ctx)
    # One sample of 6 000 padded to 60: rate 100 ppm.
    assert keeper.get(ctx, BTC).funding_index == 62
