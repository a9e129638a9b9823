"""Rounds, secondary prices, staleness; funding by imbalance. Source: perp-vault §§6, 12, P7; designs-on-chain."""

from __future__ import annotations

from typing import Any

import pytest

from tests.x.perpvault.world import (
    ALICE,
    BOB,
    CARL,
    DAVE,
    E6,
    E18,
    ETH,
    INTERVAL,
    MARKET_OF,
    START,
    USD,
    USDC,
    World,
    base_tokens,
    based,
    buy,
    set_token,
    token_config,
)
from vaultsim.app.tx import RawTx, injected_tx
from vaultsim.app.tx_json import tx_from_json
from vaultsim.pb.dydxprotocol.prices import MsgUpdateMarketPrices, MsgUpdateMarketPrices_MarketPrice
from vaultsim.pb.vaultsim.perpvault import v1 as pb
from vaultsim.x.authority import GOV_BECH32
from vaultsim.x.perpvault.errors import (
    Delay,
    Forbidden,
    InvalidArgument,
    InvalidPrice,
    NoPriceFeed,
    StalePrice,
    TokenNotWhitelisted,
)


def prices(world: World, token: str = ETH) -> tuple[int, int]:
    """Max and min in cents."""
    ctx = world.chain.ctx
    cent = USD // 100
    return world.keeper.max_price(ctx, token) // cent, world.keeper.min_price(ctx, token) // cent


class TestRounds:
    def test_the_last_three_changed_prices_count(self) -> None:
        world = World(price_sample_space=3)
        assert prices(world) == (2_000_00, 2_000_00)
        world.rounds(ETH, 2_100, 1_900)
        assert prices(world) == (2_100_00, 1_900_00)
        world.wait(1)
        assert prices(world) == (2_100_00, 1_900_00)
        world.rounds(ETH, 2_000, 2_001)
        assert prices(world) == (2_001_00, 1_900_00)

    def test_a_price_counts_from_the_next_block_on(self) -> None:
        world = World()
        units = MsgUpdateMarketPrices_MarketPrice(market_id=MARKET_OF[ETH], price=3_000_000_000)
        update = RawTx(injected_tx(MsgUpdateMarketPrices(market_price_updates=(units,))))
        message = buy(100 * E18)
        after = tx_from_json({"messages": [{"@type": message.TYPE_URL, **message.to_json()}]})
        outcome = world.chain.execute([update, after], 0)
        assert [result.code for result in outcome.results] == [0, 0]
        assert world.usdg_supply() == 199_400 * E18
        world.buy(100 * E18)
        assert world.usdg_supply() == (199_400 + 299_100) * E18

    def test_a_smaller_sample_forgets(self) -> None:
        world = World(price_sample_space=3)
        world.rounds(ETH, 2_100, 1_900)
        world.set_params(price_sample_space=1)
        assert prices(world) == (1_900_00, 1_900_00)

    def test_a_larger_sample_remembers(self) -> None:
        world = World()
        world.rounds(ETH, 2_100, 1_900, 2_000)
        assert prices(world) == (2_000_00, 2_000_00)
        world.set_params(price_sample_space=3)
        assert prices(world) == (2_100_00, 1_900_00)
        world.set_params(price_sample_space=2)
        assert prices(World(world.export())) == prices(world) == (2_000_00, 1_900_00)

    def test_a_market_that_is_not_there_is_no_feed(self) -> None:
        world = World()
        world.gov_fails(set_token("bnb", market_id=99), NoPriceFeed)
        world.fails(buy(1, "bnb"), TokenNotWhitelisted)

    def test_a_market_without_a_price_cannot_be_listed(self) -> None:
        world = World(prices={"bnb": 0})
        world.gov_fails(set_token("bnb"), InvalidPrice)
        world.price(bnb=300)
        world.gov(set_token("bnb"))
        assert prices(world, "bnb") == (300_00, 300_00)


class TestStaleness:
    def test_a_primary_price_grows_too_old(self) -> None:
        world = World(max_price_age=60)
        world.price(eth=2_100, usdc="1.01")
        world.wait(60)
        world.buy(E18)
        world.fails(buy(E18), StalePrice, 1)

    def test_an_update_without_a_change_keeps_it_fresh(self) -> None:
        # Prices below 10^6 units may be updated to themselves: the least change rounds down to 0.
        world = World(max_price_age=60, prices={USDC: "0.999999"})
        for _ in range(3):
            world.price(50, usdc="0.999999")
        world.buy(E6, USDC)
        world.fails(buy(E18), StalePrice)

    def test_without_an_age_no_price_is_too_old(self) -> None:
        world = World()
        world.wait(10**6)
        world.buy(E18)


class TestSecondary:
    @pytest.fixture
    def world(self) -> World:
        made = World(is_secondary_price_enabled=True, spread_if_inactive=20)
        made.role(pb.Role.ROLE_POSITION_KEEPER, BOB)
        made.role(pb.Role.ROLE_ORDER_KEEPER, CARL)
        return made

    def tell(self, usd: int, by: str = BOB, token: str = ETH) -> pb.MsgSetPrices:
        return pb.MsgSetPrices(sender=by, prices=(pb.TokenPrice(token=token, price=str(usd * USD)),))

    def test_without_one_the_primary_has_a_spread(self, world: World) -> None:
        assert prices(world) == (2_004_00, 1_996_00)

    def test_it_counts_for_five_minutes(self, world: World) -> None:
        world.run(self.tell(2_020))
        assert prices(world) == (2_020_00, 2_020_00)
        world.wait(300)
        assert prices(world) == (2_020_00, 2_020_00)
        world.wait(1)
        assert prices(world) == (2_004_00, 1_996_00)

    def test_one_too_far_off_makes_a_spread(self, world: World) -> None:
        world.run(self.tell(2_060, CARL))
        assert prices(world) == (2_060_00, 2_000_00)

    def test_only_keepers_tell_prices_of_listed_tokens(self, world: World) -> None:
        world.fails(self.tell(2_020, ALICE), Forbidden)
        world.fails(self.tell(2_020, token="bnb"), TokenNotWhitelisted)
        world.fails(self.tell(0), InvalidPrice)


class TestSpreadsAndAdjustments:
    def adjust(self, **fields: Any) -> pb.MsgSetPriceAdjustment:
        return pb.MsgSetPriceAdjustment(authority=GOV_BECH32, token=ETH, **fields)

    def test_a_spread_has_a_bound(self) -> None:
        world = World()
        feed = pb.MsgSetPriceFeed(authority=GOV_BECH32, token=ETH, spread_bps=50)
        world.gov(feed)
        assert prices(world) == (2_010_00, 1_990_00)
        world.gov_fails(pb.MsgSetPriceFeed(authority=GOV_BECH32, token=ETH, spread_bps=51), InvalidArgument)
        world.gov_fails(pb.MsgSetPriceFeed(authority=GOV_BECH32, token="bnb"), TokenNotWhitelisted)

    def test_an_adjustment_moves_both_sides(self) -> None:
        world = World()
        world.gov(self.adjust(is_additive=True, adjustment_bps=20))
        assert prices(world) == (2_004_00, 2_004_00)
        world.wait(7_201)
        world.gov(self.adjust(adjustment_bps=20))
        assert prices(world) == (1_996_00, 1_996_00)

    def test_an_adjustment_is_bounded_and_rare(self) -> None:
        world = World()
        world.gov_fails(self.adjust(adjustment_bps=21), InvalidArgument)
        world.gov(self.adjust(adjustment_bps=10))
        world.wait(7_200)
        world.gov_fails(self.adjust(adjustment_bps=5), Delay)
        world.wait(1)
        world.gov(self.adjust(adjustment_bps=5))


class TestFunding:
    @pytest.mark.parametrize(
        ("longs", "shorts", "intervals", "factor", "added"),
        [
            (100, 0, 1, 600, (600, 0)),
            (0, 100, 1, 600, (0, 600)),
            (50, 50, 5, 600, (0, 0)),
            (51, 49, 1, 600, (12, 0)),
            (1_000, 999, 1, 600, (0, 0)),
            (75, 25, 24, 100, (1_200, 0)),
            (0, 0, 7, 600, (0, 0)),
        ],
    )
    def test_p7_the_rate_table(
        self, longs: int, shorts: int, intervals: int, factor: int, added: tuple[int, int]
    ) -> None:
        world = based(
            margin_fee_bps=0, liquidation_fee_usd=0, funding_rate_factor=factor, stable_funding_rate_factor=factor
        )
        if longs:
            world.long(longs, longs * E18 // 4_000)
        if shorts:
            world.short(shorts, shorts * E6 // 2)
        world.wait_until(START // INTERVAL * INTERVAL + intervals * INTERVAL)
        token = world.token()
        assert (token.cumulative_funding_rate_long, token.cumulative_funding_rate_short) == added

    def test_a_token_starts_at_the_full_interval_before_its_first_block(self) -> None:
        assert World().token().last_funding_time == 1_699_977_600

    def test_whole_intervals_count_at_the_open_interest_before_the_trigger(self) -> None:
        """Eight intervals in one step: what stood open pays for all of them, the block's own trade for none."""
        world = based()
        world.long(10_000, 2 * E18)
        result = world.send(
            pb.MsgIncreasePosition(
                sender=CARL,
                account=CARL,
                collateral_token=USDC,
                index_token=ETH,
                size_delta=str(30_000 * USD),
                amount=str(5_000 * E6),
            ),
            seconds=8 * INTERVAL,
        )
        assert result.code == 0, result
        assert world.token().cumulative_funding_rate_long == 8 * 600
        assert world.token().cumulative_funding_rate_short == 0

    def test_an_update_tells_both_accumulators(self) -> None:
        world = based()
        world.long(10_000, 2 * E18)
        ctx = world.chain.app.query_context()
        ctx.unix_seconds += INTERVAL
        world.keeper.update_all_funding(ctx)
        told = [dict(event.attributes()) for event in ctx.events if event.type == "update_funding_rate"]
        assert told == [{"index": ETH, "cum_long": "600", "cum_short": "0"}]

    def test_stable_tokens_only_move_on(self) -> None:
        world = based()
        assert world.token(USDC).last_funding_time == START // INTERVAL * INTERVAL
        world.wait(INTERVAL)
        assert world.token(USDC).last_funding_time == START // INTERVAL * INTERVAL
        world.buy(E6, USDC)
        assert world.token(USDC).last_funding_time == START // INTERVAL * INTERVAL + INTERVAL
        assert world.token(USDC).cumulative_funding_rate_long == 0

    def test_the_next_rate_is_what_the_next_update_adds(self) -> None:
        world = based()
        world.long(10_000, 2 * E18)
        ctx = world.chain.ctx
        ctx.unix_seconds = START // INTERVAL * INTERVAL + 2 * INTERVAL
        assert world.keeper.utils.next_funding_rates(ctx, world.token()) == (1_200, 0)
        now = world.query("NextFundingRate", pb.QueryNextFundingRateRequest(token=ETH))
        assert (now.long, now.short) == ("0", "0")

    def test_interval_and_factors_change_from_now_on(self) -> None:
        world = based()
        world.long(10_000, 2 * E18)
        world.wait_until(START // INTERVAL * INTERVAL + INTERVAL)
        assert world.token().cumulative_funding_rate_long == 600
        rate = pb.MsgSetFundingRate(authority=GOV_BECH32, interval=3_600, factor=10_000, stable_factor=0)
        world.gov(rate)
        world.wait(3_600)
        assert world.token().cumulative_funding_rate_long == 10_600

    def test_accumulators_never_fall(self) -> None:
        world = based(tokens=base_tokens(max_short_open_interest=0))
        seen = [(0, 0)]
        for by, size, stable in ((ALICE, 9_000, ""), (CARL, 20_000, USDC), (DAVE, 9_000, "")):
            world.long(size, 2 * E18, by) if not stable else world.short(size, 4_000 * E6, by)
            world.wait(INTERVAL)
            token = world.token()
            seen.append((token.cumulative_funding_rate_long, token.cumulative_funding_rate_short))
        assert seen == sorted(seen)
        assert seen[-1][0] > 0
        assert seen[-1][1] > 0


def test_a_genesis_price_is_the_first_round() -> None:
    world = World(tokens=[token_config(ETH)])
    rounds = world.keeper.state.rounds.get(world.chain.ctx, MARKET_OF[ETH])
    assert rounds is not None
    assert (rounds.prices, rounds.exponent, rounds.updated_time) == ((2_000_000_000,), -6, START)
