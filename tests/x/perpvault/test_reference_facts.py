"""Facts of the reference contracts' own tests, with no funding in between. Source: perp-vault §15.1."""

from __future__ import annotations

from typing import Any

import pytest

from tests.x.perpvault.world import (
    ALICE,
    BNB,
    BOB,
    BTC,
    CARL,
    DAI,
    DAVE,
    E6,
    E8,
    E18,
    ETH,
    USD,
    USDC,
    World,
    decrease,
    increase,
    liquidate,
    set_token,
    token_config,
)
from vaultsim.pb.vaultsim.perpvault import v1 as pb
from vaultsim.x.authority import GOV_BECH32
from vaultsim.x.perpvault import formulas
from vaultsim.x.perpvault.errors import (
    InvalidFundingFactor,
    InvalidFundingInterval,
    InvalidMaxLeverage,
    TokenNotWhitelisted,
)

MILLI = USD // 1_000


def world(**how: Any) -> World:
    """BNB, BTC and DAI, prices as in the reference tests."""
    made = World(tokens=[token_config(one, min_profit_bps=75) for one in (BNB, BTC, DAI)], **how)
    return made


class TestLiquidity:
    """BNB in its smallest units, so that roundings show."""

    @pytest.mark.parametrize(("units", "minted", "fee"), [(100, 29_700, 1), (10_000, 2_991_000, 30)])
    def test_buying_with_bnb_at_300(self, units: int, minted: int, fee: int) -> None:
        one = world()
        assert one.buy(units, BNB) == minted
        assert (one.token(BNB).pool_amount, one.token(BNB).fee_reserve) == (units - fee, fee)

    def test_buying_uses_the_lowest_round(self) -> None:
        one = world(price_sample_space=3)
        one.rounds(BNB, 200, 250)
        assert one.buy(100, BNB) == 19_800

    def test_buying_with_a_bitcoin_at_60_000(self) -> None:
        one = world(prices={BTC: 60_000})
        assert one.buy(E8, BTC) == 59_820 * E18
        assert one.token(BTC).fee_reserve == 300_000

    def test_buying_with_dai_at_4_bps(self) -> None:
        assert world(mint_burn_fee_bps=4).buy(10_000 * E18, DAI) == 9_996 * E18

    def test_selling_half(self) -> None:
        one = world()
        one.buy(100, BNB)
        assert one.sell(15_000, BNB) == 49
        assert (one.token(BNB).fee_reserve, one.token(BNB).pool_amount) == (2, 49)

    def test_selling_uses_the_highest_round(self) -> None:
        one = world(price_sample_space=3)
        one.buy(100, BNB)
        one.rounds(BNB, 400, 600, 500)
        assert one.sell(15_000, BNB) == 24
        assert one.token(BNB).pool_amount == 74

    def test_selling_rescales_decimals(self) -> None:
        one = world(prices={BTC: 60_000}, price_sample_space=3)
        one.buy(2 * E8, BTC)
        one.rounds(BTC, 82_000, 80_000, 83_000)
        assert one.sell(10_000 * E18, BTC) == 12_012_047
        assert (one.token(BTC).fee_reserve, one.token(BTC).pool_amount) == (636_145, 187_351_808)

    def test_a_direct_deposit_mints_nothing(self) -> None:
        one = world()
        one.run(pb.MsgDirectPoolDeposit(sender=DAVE, token=BNB, amount="1000"))
        assert (one.token(BNB).pool_amount, one.usdg_supply()) == (1_000, 0)


class TestLongs:
    """BTC, rounds 40,000 / 41,000 / 40,000 at the opening."""

    @pytest.fixture
    def opened(self) -> World:
        one = world(price_sample_space=3)
        one.rounds(BTC, 41_000, 40_000)
        one.buy(250_000, BTC)
        one.long(90, 25_000, token=BTC)
        return one

    def flat(self, one: World, price: float | str) -> None:
        """As if every round were this price."""
        one.set_params(price_sample_space=1)
        one.price(btc=price)

    def test_opening_with_two_buys(self) -> None:
        one = world(price_sample_space=3)
        one.rounds(BTC, 41_000, 40_000)
        one.buy(117_499, BTC)
        one.buy(117_499, BTC)
        assert one.token(BTC).pool_amount == 234_292
        one.long(47, 22_500, token=BTC)
        assert one.position(token=BTC)[:5] == (47 * USD, 8_953 * MILLI, 41_000 * USD, 0, 117_500)
        token = one.token(BTC)
        assert (token.guaranteed_usd, token.pool_amount, token.fee_reserve) == (38_047 * MILLI, 256_678, 820)

    def test_opening(self, opened: World) -> None:
        assert opened.position(token=BTC)[1] == 9_910 * MILLI
        token = opened.token(BTC)
        assert (token.reserved_amount, token.fee_reserve) == (225_000, 969)
        assert (token.guaranteed_usd, token.pool_amount) == (80_090 * MILLI, 274_031)

    def test_decrease_in_profit(self, opened: World) -> None:
        opened.rounds(BTC, 45_100, 46_100, 47_100)
        assert opened.delta(token=BTC) == (True, 9 * USD)
        assert opened.run(decrease(50, 3, token=BTC)).amount_out == "16878"
        assert opened.position(token=BTC)[1] == 6_910 * MILLI
        assert opened.position(token=BTC)[5:7] == (5 * USD, True)
        token = opened.token(BTC)
        assert (token.fee_reserve, token.guaranteed_usd, token.pool_amount) == (1_075, 33_090 * MILLI, 257_046)

    def test_close_in_profit(self, opened: World) -> None:
        opened.rounds(BTC, 45_100, 46_100, 47_100)
        assert opened.run(decrease(90, 4, token=BTC)).amount_out == "39957"

    def test_decrease_and_close_at_a_loss(self, opened: World) -> None:
        opened.rounds(BTC, 40_790, 40_690, 40_590)
        assert opened.run(decrease(50, token=BTC)).amount_out == "0"
        assert opened.position(token=BTC)[1] == 9_360 * MILLI
        assert opened.position(token=BTC)[5:7] == (500 * MILLI, False)
        assert opened.token(BTC).guaranteed_usd == 30_640 * MILLI
        assert opened.run(decrease(40, token=BTC)).amount_out == "21868"

    def test_close_at_a_loss(self, opened: World) -> None:
        self.flat(opened, 39_000)
        assert opened.run(decrease(90, token=BTC)).amount_out == "13922"

    @pytest.mark.parametrize(("price", "profit"), [(41_307, 0), (41_308, 676097560975609756097560975609)])
    def test_minimum_profit(self, opened: World, price: int, profit: int) -> None:
        opened.set_params(min_profit_time=3_600)
        self.flat(opened, price)
        assert opened.delta(token=BTC) == (True, profit)

    def test_liquidation(self, opened: World) -> None:
        opened.rounds(BTC, 43_500, 39_000, 38_700)
        held = opened.balance(BOB, BTC)
        assert opened.run(liquidate(token=BTC)).state == 1
        assert (opened.token(BTC).fee_reserve, opened.token(BTC).pool_amount) == (1_175, 262_331)
        assert opened.balance(BOB, BTC) - held == 11_494

    def test_over_leverage(self) -> None:
        one = world(price_sample_space=3)
        one.rounds(BTC, 41_000, 40_000)
        one.buy(5_000_000, BTC)
        one.long(1_000, 250_000, token=BTC)
        self.flat(one, 37_760)
        fees, held = one.token(BTC).fee_reserve, one.balance(ALICE, BTC)
        assert one.run(liquidate(token=BTC)).state == 2
        assert one.balance(ALICE, BTC) - held == 50_253
        assert one.token(BTC).fee_reserve - fees == 2_648

    def test_average_after_adding_in_profit(self, opened: World) -> None:
        opened.rounds(BTC, 45_100, 46_100, 47_100)
        opened.long(10, 0, token=BTC)
        assert opened.position(token=BTC)[2] == 43211009174311926605504587155963302

    def test_average_after_adding_at_a_loss(self, opened: World) -> None:
        self.flat(opened, 36_900)
        opened.long(10, 25_000, token=BTC)
        assert opened.position(token=BTC)[2] == 40549450549450549450549450549450549


class TestShorts:
    """BTC against DAI, mint fee 4 bps, rounds 40,000 / 41,000 / 40,000 at the opening."""

    @pytest.fixture
    def opened(self) -> World:
        one = self.made()
        one.buy(100 * E18, DAI)
        one.short(90, 10 * E18, token=BTC, stable=DAI)
        return one

    def made(self) -> World:
        one = world(price_sample_space=3, mint_burn_fee_bps=4)
        one.rounds(BTC, 41_000, 40_000)
        return one

    def flat(self, one: World, price: float | str) -> None:
        one.set_params(price_sample_space=1)
        one.price(btc=price)

    def test_opening(self, opened: World) -> None:
        assert opened.position(CARL, BTC, DAI)[1] == 9_910 * MILLI
        assert opened.position(CARL, BTC, DAI)[4] == 90 * E18
        assert [opened.keeper.aum(opened.chain.ctx, side) // (USD // 100) for side in (False, True)] == [99_96, 102_21]

    def test_decrease_in_profit(self, opened: World) -> None:
        self.flat(opened, 1)
        paid = opened.run(decrease(50, 3, by=CARL, token=BTC, stable=DAI)).amount_out
        assert int(paid) == 5_294_875 * E18 // 100_000
        assert opened.position(CARL, BTC, DAI)[5:7] == (4_999_875 * USD // 100_000, True)
        assert opened.token(DAI).pool_amount == 4_996_125 * E18 // 100_000

    @pytest.mark.parametrize(("price", "paid", "pool"), [(36_000, 18_82, 90_96), (41_000, 7_57, 102_21)])
    def test_close(self, opened: World, price: int, paid: int, pool: int) -> None:
        self.flat(opened, price)
        response = opened.run(decrease(90, by=CARL, token=BTC, stable=DAI))
        assert int(response.amount_out) == paid * E18 // 100
        assert opened.token(DAI).pool_amount == pool * E18 // 100

    def test_liquidation(self, opened: World) -> None:
        self.flat(opened, 42_500)
        held = opened.balance(BOB, DAI)
        assert opened.run(liquidate(CARL, BTC, DAI)).state == 1
        assert opened.token(DAI).fee_reserve == 22 * E18 // 100
        assert opened.token(DAI).pool_amount == 10_478 * E18 // 100
        assert opened.balance(BOB, DAI) - held == 5 * E18

    def test_over_leverage(self) -> None:
        one = self.made()
        one.buy(1_001 * E18, DAI)
        one.short(1_000, 100 * E18, token=BTC, stable=DAI)
        self.flat(one, 43_600)
        held = one.balance(CARL, DAI)
        assert one.run(liquidate(CARL, BTC, DAI)).state == 2
        assert one.balance(CARL, DAI) - held == 8 * E18
        assert one.token(DAI).pool_amount == 10_905_996 * E18 // 10_000

    @pytest.mark.parametrize(
        ("price", "average"),
        [(50_000, 40816326530612244897959183673469387), (30_000, 38709677419354838709677419354838709)],
    )
    def test_average_after_adding(self, opened: World, price: int, average: int) -> None:
        opened.run(pb.MsgDirectPoolDeposit(sender=DAVE, token=DAI, amount=str(10 * E18)))
        self.flat(opened, price)
        opened.short(10, 40 * E18, token=BTC, stable=DAI)
        assert opened.position(CARL, BTC, DAI)[2] == average

    def test_average_of_all_shorts(self) -> None:
        one = world(mint_burn_fee_bps=4)
        one.buy(1_000 * E18, DAI)
        one.short(40, 10 * E18, token=BTC, stable=DAI)
        assert one.token(BTC).global_short_average_price == 40_000 * USD
        one.price(btc=42_000)
        one.short(200, 50 * E18, BOB, BTC, DAI)
        assert one.token(BTC).global_short_average_price == 41652892561983471074380165289256198
        one.price(btc=40_000)
        one.short(60, 20 * E18, ALICE, BTC, DAI)
        assert one.token(BTC).global_short_average_price == 41311475409836065573770491803278614
        assert one.token(BTC).global_short_size == 300 * USD


class TestFees:
    """Dynamic fees with base 100 and tax 50, in the smallest units of USDG."""

    def fee(self, one: World, delta: int) -> int:
        request = pb.QueryFeeBasisPointsRequest(
            token=BNB, usdg_delta=str(abs(delta)), increment=delta > 0, fee_bps=100, tax_bps=50
        )
        return int(one.query("FeeBasisPoints", request).fee_basis_points)

    def test_at_the_target(self) -> None:
        one = World(tokens=[token_config(BNB)], has_dynamic_fees=True)
        one.set_params(has_dynamic_fees=False)
        one.buy(100, BNB)
        one.set_params(has_dynamic_fees=True)
        assert one.token(BNB).usdg_amount == 29_700
        assert [self.fee(one, delta) for delta in (1_000, 5_000)] == [100, 104]

    def test_above_and_below_the_target(self) -> None:
        one = World(tokens=[token_config(BNB), token_config(DAI)])
        one.buy(100, BNB)
        one.set_params(has_dynamic_fees=True)
        assert [self.fee(one, delta) for delta in (1_000, 5_000, 10_000)] == [150] * 3
        assert [self.fee(one, -delta) for delta in (1_000, 5_000, 10_000, 20_000, 25_000)] == [50] * 5
        assert self.fee(one, -100_000) == 150
        one.set_params(has_dynamic_fees=False)
        one.buy(44_985, DAI)
        one.set_params(has_dynamic_fees=True)
        assert one.query("TargetUsdgAmount", pb.QueryTargetUsdgAmountRequest(token=BNB)).amount == "37275"
        assert [self.fee(one, delta) for delta in (1_000, 5_000, 10_000)] == [90] * 3
        assert [self.fee(one, -delta) for delta in (1_000, 5_000, 10_000)] == [110, 113, 116]

    @pytest.mark.parametrize(
        ("base", "tax", "delta", "fee"),
        [(100, 50, 1_000, 150), (100, 50, -1_000, 28), (50, 100, -1_000, 0)],
    )
    def test_far_above_the_target(self, base: int, tax: int, delta: int, fee: int) -> None:
        found = formulas.dynamic_fee_bps(base=base, tax=tax, current=89_100, following=89_100 + delta, target=36_366)
        assert found == fee


class TestSettings:
    def test_bounds(self) -> None:
        one = world()
        wrong = pb.MsgUpdateParams(authority=GOV_BECH32, params=pb.Params(max_leverage=10_000))
        one.gov_fails(wrong, InvalidMaxLeverage)
        one.set_params(max_leverage=10_001)
        assert one.keeper.params(one.chain.ctx).max_leverage == 10_001
        rate = {"authority": GOV_BECH32, "factor": 10_000, "stable_factor": 10_000}
        one.gov_fails(pb.MsgSetFundingRate(**rate, interval=59 * 60), InvalidFundingInterval)
        one.gov_fails(pb.MsgSetFundingRate(**{**rate, "factor": 10_001}, interval=3_600), InvalidFundingFactor)
        one.gov(pb.MsgSetFundingRate(**rate, interval=3_600))

    def test_clearing_takes_the_weight_away_once(self) -> None:
        one = World(tokens=[token_config(BNB, weight="7000"), token_config(DAI, weight="5000")])
        assert one.query("Tokens", pb.QueryTokensRequest()).total_token_weights == "12000"
        clear = pb.MsgClearTokenConfig(authority=GOV_BECH32, token=BNB)
        one.gov(clear)
        found = one.query("Tokens", pb.QueryTokensRequest())
        assert (found.total_token_weights, found.whitelisted_token_count) == ("5000", 1)
        one.gov_fails(clear, TokenNotWhitelisted)
        one.gov(set_token(BNB, weight="7000"))
        found = one.query("Tokens", pb.QueryTokensRequest())
        assert [token.token for token in found.tokens] == [BNB, DAI]
        assert found.total_token_weights == "12000"

    def test_an_upgrade_moves_tokens(self) -> None:
        one = world()
        one.buy(10_000, BNB)
        held = one.balance(BOB, BNB)
        one.gov(pb.MsgUpgradeVault(authority=GOV_BECH32, new_vault=BOB, token=BNB, amount="1000"))
        assert one.balance(BOB, BNB) - held == 1_000
        token = one.token(BNB)
        assert (token.token_balance, token.upgraded_out, token.pool_amount) == (9_000, 1_000, 9_970)


class TestPrices:
    def prices(self, one: World, token: str) -> tuple[int, int]:
        """Max and min in thousandths of a dollar."""
        ctx = one.chain.ctx
        return one.keeper.max_price(ctx, token) // MILLI, one.keeper.min_price(ctx, token) // MILLI

    def feed(self, one: World, token: str, **fields: Any) -> None:
        one.gov(pb.MsgSetPriceFeed(authority=GOV_BECH32, token=token, **fields))

    def test_a_spread(self) -> None:
        one = world()
        self.feed(one, BTC, spread_bps=20)
        assert self.prices(one, BTC) == (40_080_000, 39_920_000)

    def test_a_strict_stable_token_above_a_dollar(self) -> None:
        one = world(price_sample_space=3, max_strict_price_deviation=USD // 10)
        self.feed(one, DAI, is_strict_stable=True)
        one.price(dai="1.1")
        assert self.prices(one, DAI)[0] == 1_000
        one.price(dai="1.11")
        assert self.prices(one, DAI) == (1_110, 1_000)

    def test_a_strict_stable_token_below_a_dollar_whatever_its_spread(self) -> None:
        one = world(price_sample_space=3, max_strict_price_deviation=USD // 10, prices={DAI: "0.9"})
        self.feed(one, DAI, is_strict_stable=True, spread_bps=20)
        one.price(dai="0.89")
        assert self.prices(one, DAI) == (1_000, 890)


def test_unlisted_tokens_of_this_world_are_not_needed() -> None:
    one = world()
    for token in (ETH, USDC):
        one.fails(pb.MsgBuyUsdg(sender=DAVE, token=token, amount=str(E6), receiver=DAVE), TokenNotWhitelisted)
    one.fails(increase(90, 25_000, token=ETH), TokenNotWhitelisted)
