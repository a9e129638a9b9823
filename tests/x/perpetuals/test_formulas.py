"""Numbers of x/perpetuals against dydx-modules, appendix B."""

from __future__ import annotations

import pytest

from tests.x.markets import LARGE_CAP, perpetual_params
from vaultsim.lib.margin import Risk
from vaultsim.pb.dydxprotocol.perpetuals import LiquidityTier, Perpetual, PremiumStore
from vaultsim.pb.dydxprotocol.prices import MarketPrice
from vaultsim.pb.runtime import replace
from vaultsim.x.perpetuals.formulas import (
    average_premium_ppm,
    clamp_bound_ppm,
    funding_index_delta,
    maintenance_margin_ppm,
    margin_requirements,
    min_num_samples,
    net_notional,
    open_interest_scaled_imf_ppm,
    position_risk,
    premium_sample_ppm,
)
from vaultsim.x.perpetuals.types import PerpInfo

BTC = Perpetual(params=perpetual_params(0, "BTC-USD", -10, 1))
ETH = Perpetual(params=perpetual_params(1, "ETH-USD", -9, 1))
BTC_PRICE = MarketPrice(id=0, exponent=-5, price=5_000_000_000)
ODD_BTC_PRICE = MarketPrice(id=0, exponent=-5, price=5_000_000_123)
ETH_PRICE = MarketPrice(id=1, exponent=-6, price=3_000_000_000)
ONE_BTC = 10_000_000_000


def tier(initial_ppm: int, lower: int = 0, upper: int = 0, fraction_ppm: int = 600_000) -> LiquidityTier:
    return replace(
        LARGE_CAP,
        initial_margin_ppm=initial_ppm,
        maintenance_fraction_ppm=fraction_ppm,
        open_interest_lower_cap=lower,
        open_interest_upper_cap=upper,
    )


def test_net_notional_is_truncated_toward_zero() -> None:
    assert net_notional(BTC, ODD_BTC_PRICE, 12_345) == 61_725
    assert net_notional(BTC, ODD_BTC_PRICE, -12_345) == -61_725


@pytest.mark.parametrize(
    ("price", "quantums", "custom_imf_ppm", "risk"),
    [
        (BTC_PRICE, ONE_BTC, 0, Risk(50_000_000_000, 1_000_000_000, 600_000_000)),
        (ODD_BTC_PRICE, 123, 0, Risk(615, 13, 8)),
        (ODD_BTC_PRICE, -12_345, 0, Risk(-61_725, 1_235, 741)),
        (ODD_BTC_PRICE, -12_345, 50_000, Risk(-61_725, 3_087, 741)),
        (ODD_BTC_PRICE, -12_345, 10_000, Risk(-61_725, 1_235, 741)),
        (BTC_PRICE, 0, 0, Risk(0, 0, 0)),
    ],
)
def test_margins_are_rounded_up(price: MarketPrice, quantums: int, custom_imf_ppm: int, risk: Risk) -> None:
    info = PerpInfo(BTC, price, LARGE_CAP)
    assert position_risk(info, quantums, 0, custom_imf_ppm) == risk
    assert position_risk(info, quantums, 17, custom_imf_ppm).nc == risk.nc + 17
    assert margin_requirements(info, quantums, custom_imf_ppm) == (risk.imr, risk.mmr)


@pytest.mark.parametrize(
    ("initial_ppm", "lower", "upper", "open_interest", "expected"),
    [
        (100_000, 20 * 10**12, 50 * 10**12, 35 * 10**12 + 1, 550_000),
        (200_000, 5 * 10**12, 10 * 10**12, 6_234_567_890_123, 397_530),
        (200_000, 5 * 10**12, 10 * 10**12, 5 * 10**12, 200_000),
        (200_000, 5 * 10**12, 10 * 10**12, 10**13 - 1, 999_999),
        (200_000, 5 * 10**12, 10 * 10**12, 10**13, 1_000_000),
        (200_000, 0, 0, 10**30, 200_000),
    ],
)
def test_initial_margin_grows_with_open_interest(
    initial_ppm: int, lower: int, upper: int, open_interest: int, expected: int
) -> None:
    assert open_interest_scaled_imf_ppm(tier(initial_ppm, lower, upper), open_interest) == expected


def test_open_interest_raises_the_initial_requirement_only() -> None:
    # 35e12 + 1 quote quantums of open interest at 50,000 per BTC; notional 50e9, 55 % of it asked for.
    crowded = replace(BTC, open_interest=700 * ONE_BTC)
    info = PerpInfo(crowded, BTC_PRICE, tier(100_000, 20 * 10**12, 50 * 10**12))
    assert info.scaled_imf_ppm == 550_000
    assert position_risk(info, ONE_BTC) == Risk(50_000_000_000, 27_500_000_000, 3_000_000_000)


def test_an_info_unpacks_into_its_parts() -> None:
    perpetual, price, liquidity_tier = PerpInfo(BTC, BTC_PRICE, LARGE_CAP)
    assert (perpetual, price, liquidity_tier) == (BTC, BTC_PRICE, LARGE_CAP)


@pytest.mark.parametrize(
    ("initial_ppm", "maintenance", "rate_bound", "vote_bound"),
    [(20_000, 12_000, 48_000, 480_000), (50_000, 30_000, 120_000, 1_200_000), (33_333, 19_999, 80_004, 800_040)],
)
def test_funding_bounds(initial_ppm: int, maintenance: int, rate_bound: int, vote_bound: int) -> None:
    one = tier(initial_ppm)
    assert maintenance_margin_ppm(one) == maintenance
    assert clamp_bound_ppm(one, 6_000_000) == rate_bound
    assert clamp_bound_ppm(one, 60_000_000) == vote_bound


@pytest.mark.parametrize(
    ("votes", "num_premiums", "sample"),
    [([100] * 7, 10, 0), ([100] * 8, 10, 100), ([101] * 8, 16, 51), ([-101] * 8, 16, -51)],
)
def test_samples_are_medians_padded_with_zeros(votes: list[int], num_premiums: int, sample: int) -> None:
    assert premium_sample_ppm(votes, num_premiums, 15) == sample


@pytest.mark.parametrize(("samples", "average"), [([-7] * 50, -5), ([125] * 59 + [-3], 122)])
def test_ticks_average_samples_padded_with_zeros(samples: list[int], average: int) -> None:
    assert min_num_samples(3_600, 60) == 60
    assert average_premium_ppm(samples, len(samples), 60) == average


def test_funding_index_deltas_are_truncated() -> None:
    assert funding_index_delta(BTC, BTC_PRICE, 100, 3_600) == 62
    assert funding_index_delta(ETH, ETH_PRICE, -37, 3_600) == -13
    assert funding_index_delta(BTC, replace(BTC_PRICE, price=0), 100, 3_600) == 0


def test_premium_store_bytes() -> None:
    store = PremiumStore.decode(bytes.fromhex("0a061204c801c7011001"))
    assert store.num_premiums == 1
    assert [market.premiums for market in store.all_market_premiums] == [(100, -100)]
