"""Numbers of liquidations, matches and TWAP legs: check vectors of dydx-modules Appendix B and hand computation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaultsim.errors import ChainPanic
from vaultsim.lib.margin import Risk
from vaultsim.x.clob import formulas
from vaultsim.x.clob.errors import InvalidPerpetualPositionSizeDelta

ONE_BTC = 10**10
OWN = Risk(50_000_000_000, 1_000_000_000, 600_000_000)
TOTAL = Risk(500_000_000, 1_000_000_000, 600_000_000)


def test_bankruptcy_price_of_a_full_close() -> None:
    assert formulas.bankruptcy_quote_delta(TOTAL, OWN, Risk(0, 0, 0)) == 49_500_000_000


def test_bankruptcy_share_is_floored_for_negative_collateral() -> None:
    total, before, after = Risk(-1, 0, 3), Risk(10, 0, 3), Risk(0, 0, 1)
    # -1 * 2 / 3 = -0.67 rounds down to -1, so the deleveraged side pays one more.
    assert formulas.bankruptcy_quote_delta(total, before, after) == 11


def test_bankruptcy_without_maintenance_requirement_is_a_panic() -> None:
    with pytest.raises(ChainPanic):
        formulas.bankruptcy_quote_delta(Risk(1, 0, 0), OWN, Risk(0, 0, 0))


def test_fillable_price_of_the_check_vector() -> None:
    numerator, denominator = formulas.fillable_price(ONE_BTC, OWN, TOTAL, 1_000_000, 1_500_000)
    assert numerator * 1_000 == 4_985 * denominator
    assert formulas.fillable_price_subticks((numerator, denominator), True, -9, 100_000) == 4_985_000_000


@pytest.mark.parametrize(("nc", "expected"), [(600_000_000, 5_000), (0, 4_910), (-(10**9), 4_910), (10**9, 5_000)])
def test_fillable_price_stays_between_oracle_and_full_spread(nc: int, expected: int) -> None:
    total = Risk(nc, 0, 600_000_000)
    numerator, denominator = formulas.fillable_price(ONE_BTC, OWN, total, 1_000_000, 1_500_000)
    assert numerator * 1_000 == expected * denominator


def test_fillable_price_of_a_short_lies_above_the_oracle() -> None:
    own = Risk(-50_000_000_000, 1_000_000_000, 600_000_000)
    price = formulas.fillable_price(-ONE_BTC, own, TOTAL, 1_000_000, 1_500_000)
    assert price[1] > 0
    assert price[0] * 1_000 == 5_015 * price[1]


@pytest.mark.parametrize(
    ("price", "is_long", "expected"),
    [
        ((10_000_001, 10**9), True, 10_100_000),
        ((10_000_001, 10**9), False, 10_000_000),
        ((0, 1), True, 100_000),
        ((0, 1), False, 100_000),
        ((2**64, 1), True, 18_446_744_073_709_500_000),
    ],
)
def test_fillable_subticks_are_rounded_against_the_liquidated(
    price: tuple[int, int], is_long: bool, expected: int
) -> None:
    assert formulas.fillable_price_subticks(price, is_long, -9, 100_000) == expected


@pytest.mark.parametrize(
    ("quote", "bankruptcy", "expected"), [(49_900, 49_500, 249), (49_600, 49_500, 100), (49_000, 49_500, -500)]
)
def test_insurance_gets_at_most_the_liquidation_fee(quote: int, bankruptcy: int, expected: int) -> None:
    assert formulas.insurance_delta(quote, bankruptcy, 5_000) == expected


@pytest.mark.parametrize(
    ("notional", "minimum", "portion_ppm", "expected"),
    [(1_000, 100, 100_000, 100), (10_000, 100, 100_000, 1_000), (50, 100, 100_000, 50), (19, 1, 100_000, 1)],
)
def test_a_block_liquidates_the_portion_but_at_least_the_minimum(
    notional: int, minimum: int, portion_ppm: int, expected: int
) -> None:
    assert formulas.most_position_notional(notional, minimum, portion_ppm) == expected


@pytest.mark.parametrize(("position", "delta"), [(5, 1), (-5, -1), (5, -6), (0, 1), (5, 0)])
def test_a_closing_delta_opposes_the_position(position: int, delta: int) -> None:
    with pytest.raises(InvalidPerpetualPositionSizeDelta):
        formulas.require_closing_delta(position, delta)
    formulas.require_closing_delta(5, -5)


@pytest.mark.parametrize(
    ("quote", "taker_fee", "maker_fee"),
    [(1, 1, 0), (9_090, 5, 0), (9_091, 5, -1), (123_456_789, 61_729, -13_580)],
)
def test_fees_and_rebates_are_rounded_up(quote: int, taker_fee: int, maker_fee: int) -> None:
    deltas = formulas.fill_deltas(quote, 7, True, (500, -110), (0, 0), 0)
    assert (deltas.taker_fee, deltas.maker_fee) == (taker_fee, maker_fee)


@given(
    st.integers(0, 10**14),
    st.integers(1, 10**12),
    st.booleans(),
    st.integers(0, 2_000),
    st.integers(-500, 500),
    st.integers(0, 10_000),
    st.integers(-(10**9), 10**9),
)
def test_what_a_fill_takes_from_both_sides_is_what_is_paid_out(
    quote: int, fill: int, is_buy: bool, taker_ppm: int, maker_ppm: int, builder_ppm: int, insurance: int
) -> None:
    deltas = formulas.fill_deltas(quote, fill, is_buy, (taker_ppm, maker_ppm), (builder_ppm, builder_ppm), insurance)
    paid = deltas.taker_fee + deltas.maker_fee + deltas.taker_builder_fee + deltas.maker_builder_fee + insurance
    assert deltas.taker_quote + deltas.maker_quote == -paid
    assert deltas.taker_base + deltas.maker_base == 0
    assert (deltas.taker_base > 0) == is_buy


def test_the_builder_of_a_pending_order_is_paid_on_base_quantums() -> None:
    assert formulas.open_order_deltas(True, 10**9, 3 * 10**9, -9, -110, 10_000) == (
        -3_000_000_000 + 330_000 - 10_000_000,
        10**9,
    )
    assert formulas.open_order_deltas(False, 10**9, 3 * 10**9, -9, 200, 0) == (3_000_000_000 - 600_000, -(10**9))


def test_trade_prices_trigger_within_five_minimum_changes_of_the_oracle() -> None:
    low, high = formulas.trigger_bounds((1_000_000, 1), 1_000)
    assert formulas.clamp_price(1, low, high) == low
    assert formulas.clamp_price(2_000_000, low, high) == high
    assert formulas.clamp_price(995_000, low, high) == (995_000, 1)
    assert low[0] == 995_000 * low[1]
    assert high[0] == 1_005_000 * high[1]


@pytest.mark.parametrize(
    ("remaining", "legs", "original", "total", "expected"),
    [(100, 10, 100, 10, 10), (95, 10, 100, 10, 10), (100, 1, 100, 10, 30), (7, 1, 100, 10, 0), (20, 1, 100, 10, 20)],
)
def test_twap_legs_share_what_is_left(remaining: int, legs: int, original: int, total: int, expected: int) -> None:
    assert formulas.twap_suborder_quantums(remaining, legs, original, total, 10) == expected


@pytest.mark.parametrize(
    ("oracle", "is_sell", "tolerance", "expected"),
    [
        ((1_000, 1), False, 100_000, 1_100),
        ((1_000, 1), True, 100_000, 900),
        ((21, 2), False, 0, 10),
        ((1_003, 1), False, 0, 1_010),
        ((1_003, 1), True, 0, 1_010),
        ((1_003, 1), True, 1, 1_000),
    ],
)
def test_twap_price_drops_the_fraction_before_it_is_rounded_to_ticks(
    oracle: tuple[int, int], is_sell: bool, tolerance: int, expected: int
) -> None:
    assert formulas.twap_suborder_subticks(oracle, is_sell, tolerance, 10) == expected
