"""The design's worked examples through messages and blocks, exact to the unit. Source: perp-vault §15."""

from __future__ import annotations

import pytest

from tests.x.perpvault.world import (
    ALICE,
    BOB,
    BTC,
    CARL,
    DAVE,
    E6,
    E18,
    ETH,
    INTERVAL,
    START,
    USD,
    USDC,
    World,
    base_tokens,
    based,
    buy,
    decrease,
    increase,
    liquidate,
    token_config,
)
from vaultsim.pb.vaultsim.perpvault import v1 as pb
from vaultsim.x.perpvault.errors import (
    MaxLeverageExceeded,
    MaxLongOpenInterest,
    MaxUsdgExceeded,
)


def eth(text: str) -> int:
    """ETH of a decimal text with up to 18 places."""
    whole, _, part = text.partition(".")
    return int(whole + part.ljust(18, "0"))


def test_p1_base() -> None:
    world = World()
    assert world.buy(100 * E18) == 199_400 * E18
    assert world.buy(100_000 * E6, USDC) == 99_700 * E18
    assert (world.token().pool_amount, world.token().fee_reserve) == (eth("99.7"), eth("0.3"))
    assert (world.token(USDC).pool_amount, world.token(USDC).fee_reserve) == (99_700 * E6, 300 * E6)
    assert world.query("Aum", pb.QueryAumRequest(maximise=True)).aum == str(299_100 * USD)
    assert world.usdg_supply() == world.balance(DAVE, "usdg") == 299_100 * E18


def test_p2_the_life_of_a_long() -> None:
    world = based()
    world.long(10_000, 1 * E18)
    assert world.position()[:2] == (10_000 * USD, 1_990 * USD)
    assert world.leverage() == 50_251
    token = world.token()
    assert (token.reserved_amount, token.pool_amount) == (5 * E18, eth("100.695"))
    assert (token.guaranteed_usd, token.long_open_interest) == (8_010 * USD, 10_000 * USD)
    world.long(0, E18 // 2)
    assert world.position()[1] == 2_990 * USD
    assert world.leverage() == 33_444
    world.price(600, eth=2_200)
    assert world.delta() == (True, 1_000 * USD)
    response = world.run(decrease(10_000))
    assert int(response.amount_out) == eth("1.809090909090909090")
    token = world.token()
    assert (token.pool_amount, token.fee_reserve) == (eth("99.381363636363636364"), eth("0.309545454545454545"))
    assert (token.reserved_amount, token.guaranteed_usd, token.long_open_interest) == (0, 0, 0)
    assert world.position() == (0, 0, 0, 0, 0, 0, True, 0)


def test_p3_without_a_margin_fee() -> None:
    world = based(margin_fee_bps=0)
    world.long(10_000, 1 * E18)
    assert (world.position()[1], world.leverage()) == (2_000 * USD, 50_000)
    world.long(0, E18 // 2)
    assert world.leverage() == 33_333
    world.price(600, eth=2_200)
    assert int(world.run(decrease(10_000)).amount_out) == eth("1.818181818181818181")


def test_p4_the_queues_deposit_fee() -> None:
    world = based(deposit_fee_bps=30)
    world.role(pb.Role.ROLE_POSITION_KEEPER, BOB)
    for size, amount in ((10_000, E18), (0, E18 // 2)):
        key = world.run(
            pb.MsgCreateIncreasePosition(
                sender=ALICE,
                path=(ETH,),
                index_token=ETH,
                amount_in=str(amount),
                size_delta=str(size * USD),
                is_long=True,
                acceptable_price=str(2_000 * USD),
            )
        ).key
        world.run(pb.MsgExecuteIncreasePosition(sender=BOB, key=key, fee_receiver=BOB))
    assert world.position()[1] == 2_987 * USD
    assert world.token().router_fee_reserve == E18 // 2 - eth("0.4985")
    world.price(600, eth=2_200)
    assert int(world.run(decrease(10_000)).amount_out) == eth("1.807727272727272727")


def p5() -> World:
    world = based()
    world.long(60_000, 20 * E18)
    assert world.token().long_open_interest == 60_000 * USD
    world.fails(increase(10_000, 4 * E18, BOB), MaxLongOpenInterest)
    world.run(decrease(10_000))
    assert world.token().long_open_interest == 50_000 * USD
    world.long(10_000, 4 * E18, BOB)
    return world


def test_p5_the_cap_of_open_interest() -> None:
    world = p5()
    assert world.token().long_open_interest == 60_000 * USD


def test_p6_the_heavier_side_pays_funding() -> None:
    world = p5()
    world.short(30_000, 5_000 * E6)
    world.wait_until(START // INTERVAL * INTERVAL + 3 * INTERVAL)
    assert world.token().cumulative_funding_rate_long == 600
    assert world.token().cumulative_funding_rate_short == 0
    keeper, ctx = world.keeper, world.chain.ctx
    fees = [keeper.utils.funding_fee(ctx, one) for one in keeper.state.positions.values(ctx)]
    sides = [(one.account, one.is_long) for one in keeper.state.positions.values(ctx)]
    assert dict(zip(sides, fees, strict=True)) == {
        (ALICE, True): 30 * USD,
        (BOB, True): 6 * USD,
        (CARL, False): 0,
    }
    fee_reserve = world.token().fee_reserve
    assert int(world.run(decrease(50_000)).amount_out) == eth("19.925")
    assert world.token().fee_reserve - fee_reserve == eth("0.04")
    world.wait(2 * INTERVAL)
    assert world.token().cumulative_funding_rate_short == 600
    assert int(world.run(decrease(30_000, by=CARL, stable=USDC)).amount_out) == 4_922 * E6


def p8() -> World:
    world = based()
    world.long(20_000, 1 * E18)
    assert world.position()[1] == 1_980 * USD
    return world


def test_p8_the_liquidation_ladder() -> None:
    world = p8()
    told = {
        "1842": (0, 20), "1841": (2, 20), "1840": (2, 20), "1830": (2, 20), "1805": (2, 20),
        "1804": (1, 20), "1803": (1, 10), "1802": (1, 0), "1790": (1, 20),
    }  # fmt: skip
    for price, judged in told.items():
        world.price(eth=price)
        assert world.liquidation() == judged, price


def test_p8_over_leverage_closes_to_the_account_without_reward() -> None:
    world = p8()
    world.price(eth=1_830)
    held = world.balance(ALICE, ETH), world.balance(BOB, ETH)
    assert world.run(liquidate()).state == 2
    assert world.balance(ALICE, ETH) - held[0] == eth("0.142076502732240437")
    assert world.balance(BOB, ETH) == held[1]


@pytest.mark.parametrize(
    ("price", "reward", "fee_reserve", "pool"),
    [
        (1_803, "0.002773155851358846", "0.315546311702717692", "100.681680532445923462"),
        (1_790, "0.002793296089385474", "0.321173184357541899", "100.676033519553072627"),
    ],
)
def test_p8_under_water_pays_the_liquidator(price: int, reward: str, fee_reserve: str, pool: str) -> None:
    world = p8()
    world.price(eth=price)
    held = world.balance(ALICE, ETH), world.balance(BOB, ETH)
    assert world.run(liquidate()).state == 1
    assert world.balance(ALICE, ETH) == held[0]
    assert world.balance(BOB, ETH) - held[1] == eth(reward)
    token = world.token()
    assert (token.fee_reserve, token.pool_amount) == (eth(fee_reserve), eth(pool))
    assert (token.long_open_interest, token.reserved_amount, token.guaranteed_usd) == (0, 0, 0)


def test_p9_a_short_is_liquidated() -> None:
    world = based()
    world.short(9_000, 1_000 * E6)
    assert world.position(CARL, stable=USDC)[1] == 991 * USD
    world.price(eth=2_220)
    assert world.delta(CARL, stable=USDC) == (False, 990 * USD)
    assert world.liquidation(CARL, stable=USDC) == (1, 1)
    held = world.balance(BOB, USDC)
    world.run(liquidate(CARL, stable=USDC))
    assert world.balance(BOB, USDC) - held == 5 * E6
    assert (world.token(USDC).pool_amount, world.token(USDC).fee_reserve) == (100_685 * E6, 310 * E6)
    assert (world.token().short_open_interest, world.token().global_short_size) == (0, 0)


def test_p10_a_short_wins_and_pays_funding() -> None:
    world = based()
    world.short(9_000, 1_000 * E6)
    world.price(7_200, eth=1_800)
    assert int(world.run(decrease(9_000, by=CARL, stable=USDC)).amount_out) == 1_876_600_000
    assert (world.token(USDC).pool_amount, world.token(USDC).fee_reserve) == (98_800 * E6, 323_400_000)


def test_p11_realised_profit_has_a_sign() -> None:
    world = based()
    world.long(8_000, 1 * E18)
    world.price(eth=1_900)
    world.run(decrease(4_000))
    assert world.position()[5:7] == (200 * USD, False)
    assert world.position()[1] == 1_788 * USD
    world.price(7_200, eth=2_300)
    world.run(decrease(2_000))
    assert world.position()[5:7] == (100 * USD, True)


def test_p12_average_prices() -> None:
    world = based()
    world.long(10_000, 3 * E18)
    world.price(eth=2_200)
    world.long(5_000, 0)
    assert world.position()[2] == 2_062_500 * USD // 1_000
    assert world.delta() == (True, 1_000 * USD)
    world.price(eth=2_000)
    world.short(10_000, 3_000 * E6)
    world.price(eth=1_800)
    world.short(5_000, 0)
    assert world.position(CARL, stable=USDC)[2] == 1928571428571428571428571428571428
    assert world.delta(CARL, stable=USDC) == (True, 999999999999999999999999999999995)


def test_p13_small_profits_count_after_the_minimum_time_only() -> None:
    world = based(min_profit_time=3_600)
    world.long(10_000, 2 * E18)
    opened = world.now
    world.price(eth=2_015)
    assert world.delta() == (True, 0)
    world.price(eth="2015.01")
    assert world.delta() == (True, 75_050 * USD // 1_000)
    world.price(eth=2_015)
    world.wait_until(opened + 3_600)
    assert world.delta() == (True, 0)
    world.wait(1)
    assert world.delta() == (True, 75 * USD)


def fee_bps(world: World, token: str, usdg: int, *, is_buy: bool) -> int:
    request = pb.QueryFeeBasisPointsRequest(token=token, usdg_delta=str(usdg), increment=is_buy)
    return int(world.query("FeeBasisPoints", request).fee_basis_points)


def test_p14_dynamic_fees() -> None:
    """The fees named for the two sales are those that a query tells before: the sale itself counts its own debt as
    gone already (perp-vault §7.4 order), which makes 15 and 49 bps, and those give the payouts that are named."""
    world = based()
    world.set_params(has_dynamic_fees=True)
    targets = [
        int(world.query("TargetUsdgAmount", pb.QueryTargetUsdgAmountRequest(token=one)).amount) for one in (ETH, USDC)
    ]
    assert targets == [149_550 * E18, 149_550 * E18]
    assert fee_bps(world, ETH, 40_000 * E18, is_buy=True) == 53
    assert world.buy(20 * E18) == 39_788 * E18
    assert fee_bps(world, USDC, 20_000 * E18, is_buy=True) == 10
    assert world.buy(20_000 * E6, USDC) == 19_980 * E18
    assert fee_bps(world, ETH, 10_000 * E18, is_buy=False) == 14
    assert world.sell(10_000 * E18) == eth("4.9925")
    assert fee_bps(world, USDC, 10_000 * E18, is_buy=False) == 47
    assert world.sell(10_000 * E18, USDC) == 9_951 * E6
    assert world.token().pool_amount == eth("114.594")
    assert world.token(USDC).pool_amount == 109_680 * E6


def test_p15_the_highest_leverage_at_opening() -> None:
    world = based(tokens=[token_config(ETH), token_config(USDC)])
    world.fails(increase(95_239, E18), MaxLeverageExceeded)
    world.long(95_238, E18)
    assert world.position()[1] == 1_904_762 * USD // 1_000
    assert world.leverage() == 499_999


def test_p16_the_trader_gets_the_worse_side_of_the_spread() -> None:
    world = based(price_sample_space=3)
    world.rounds(ETH, 2_010, 1_990, 2_000)
    fee_reserve = world.token().fee_reserve
    world.long(5_000, E18)
    assert world.position()[1:3] == (1_985 * USD, 2_010 * USD)
    assert world.position()[4] == eth("2.512562814070351758")
    assert world.token().fee_reserve - fee_reserve == eth("0.002487562189054726")


def test_p17_the_cap_of_usdg() -> None:
    world = World(tokens=base_tokens(max_usdg_amount=100_000 * E18))
    assert world.buy(40 * E18) == 79_760 * E18
    world.fails(buy(11 * E18), MaxUsdgExceeded)


def test_p19_secondary_prices() -> None:
    world = World(tokens=[token_config(BTC)], prices={"btc": 50_000})
    world.set_params(is_secondary_price_enabled=True)
    world.role(pb.Role.ROLE_POSITION_KEEPER, BOB)
    for fast, highest, lowest in ((51_500, 51_500, 50_000), (51_250, 51_250, 51_250), (51_000, 51_000, 51_000)):
        price = pb.TokenPrice(token=BTC, price=str(fast * USD))
        world.run(pb.MsgSetPrices(sender=BOB, prices=(price,)))
        assert world.keeper.max_price(world.chain.ctx, BTC) == highest * USD
        assert world.keeper.min_price(world.chain.ctx, BTC) == lowest * USD
