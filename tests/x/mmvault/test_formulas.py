"""Numbers of the vault against the tables of its design. Source: mm-vault §§3, 10, 10.1."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.x.mmvault.scene import micro
from vaultsim.pb.dydxprotocol.clob import ClobPair
from vaultsim.pb.dydxprotocol.prices import MarketPrice
from vaultsim.pb.vaultsim.mmvault.v1 import PairQuoteParams
from vaultsim.x.mmvault.formulas import FLAT, Position, after_fill, release_value, shares_to_mint
from vaultsim.x.mmvault.quotes import Conditions, PairQuotes, pair_quotes


@pytest.mark.parametrize(
    ("supply", "equity", "deposit", "shares"),
    [
        (0, "0", "1", 1_000_000),
        (1_000_000, "1", "1", 1_000_000),
        (2_000_000, "2", "1", 1_000_000),
        (0, "0", "5000", 5_000_000_000),
        (2_000_000, "2", "0.000001", 1),
        (5_000_000_000, "5820", "5820", 5_000_140_869),
        (5_000_000_000, "2500", "1000", 1_999_600_159),
        (5_000_000_000, "-0.999999", "1", 5_001_000_000_000_000),
        (1, "10000.000001", "10000", 999_901),
    ],
)
def test_a_deposit_mints_what_the_design_says(supply: int, equity: str, deposit: str, shares: int) -> None:
    assert shares_to_mint(micro(deposit), supply, micro(equity)) == shares


def test_a_large_deposit_into_a_large_vault_neither_overflows_nor_mints_nothing() -> None:
    # (10^15 + 10^6) · 10^15 / (10^15 + 10^6) in quote quantums: a billion dollars into a billion dollars.
    assert shares_to_mint(10**15, 10**15, 10**15) == 10**15


@pytest.mark.parametrize(
    ("supply", "equity", "shares", "dollars"),
    [
        (1_000_000, "1", 1_000_000, "1"),
        (2_000_000, "2", 1, "0.000001"),
        (5_000_000_000, "5820", 2_500_000_000, "2909.918016"),
        (2_500_000_000, "2910.081984", 2_500_000_000, "2909.918016"),
        (5_000_000_000, "5828.42", 2_500_000_000, "2914.127174"),
        (2_500_000_000, "2914.292826", 2_500_000_000, "2914.127175"),
        (5_000_000_000, "2500", 5_000_000_000, "2500.499900"),
        (999_902, "20000.000001", 999_901, "9999.999950"),
        (999_902, "20000.000001", 1, "0.010000"),
    ],
)
def test_shares_release_what_the_design_says(supply: int, equity: str, shares: int, dollars: str) -> None:
    assert release_value(shares, supply, micro(equity)) == micro(dollars)


@given(
    supply=st.integers(0, 10**18),
    equity=st.integers(-999_999, 10**18),
    amount=st.integers(1, 10**16),
)
def test_adding_and_removing_at_the_same_equity_never_pays_more_and_never_lowers_the_price(
    supply: int, equity: int, amount: int
) -> None:
    minted = shares_to_mint(amount, supply, equity)
    price = Fraction(equity + 10**6, supply + 10**6)
    after = Fraction(equity + amount + 10**6, supply + minted + 10**6)
    assert after >= price
    released = release_value(minted, supply + minted, equity + amount)
    assert released <= amount
    assert Fraction(equity + amount - released + 10**6, supply + 10**6) >= after


# --- what positions cost -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "delta", "paid", "after"),
    [
        (FLAT, 10, 500, Position(10, 500)),
        (FLAT, -10, -500, Position(-10, -500)),
        # Opening more: the cost adds up. 10 for 500 and 5 for 300.
        (Position(10, 500), 5, 300, Position(15, 800)),
        # Closing a part: the average of 50 stays, whatever the price of the fill.
        (Position(10, 500), -4, -280, Position(6, 300)),
        (Position(-10, -500), 4, 120, Position(-6, -300)),
        (Position(10, 500), -10, -400, FLAT),
        # Turning round: 10 of 15 close, 5 open at the fill's price of 40.
        (Position(10, 500), -15, -600, Position(-5, -200)),
        (Position(-10, -500), 15, 600, Position(5, 200)),
        # A third of 100 is floored, toward a lower margin on both sides.
        (Position(3, 100), -2, 0, Position(1, 33)),
        (Position(-3, -100), 2, 0, Position(-1, -34)),
    ],
)
def test_a_position_costs_what_was_paid_for_what_is_left_of_it(
    before: Position, delta: int, paid: int, after: Position
) -> None:
    assert after_fill(before, delta, paid) == after


# --- quotes ------------------------------------------------------------------------------------------------------


def quoted(
    *,
    margin: str,
    oracle: str,
    spread: str = "0.01",
    imr: str = "0.1",
    tick: str = "1",
    cap: str = "1000000",
    min_order: str = "0",
    weight: int = 1,
    total_weight: int = 1,
    tick_multiple: int = 1,
    best_bid: str | None = None,
    best_ask: str | None = None,
) -> PairQuotes:
    """Quotes in the design's units."""
    params = PairQuoteParams(
        vault_half_spread_ppm=micro(spread),
        vault_max_quote_size=micro(cap),
        vault_liquidity_weight=weight,
        tick_multiple=tick_multiple,
        min_order_size=micro(min_order),
    )
    pair = ClobPair(step_base_quantums=1, subticks_per_tick=micro(tick), quantum_conversion_exponent=-6)
    price = MarketPrice(price=micro(oracle), exponent=-6)
    bid, ask = (None if best is None else micro(best) for best in (best_bid, best_ask))
    return pair_quotes(micro(margin), total_weight, Conditions(params, pair, price, -6, micro(imr), bid, ask))


def shown(quotes: PairQuotes) -> tuple[str, str, str]:
    """Size, bid and ask in coins and dollars; a side without a price is its reason."""
    sides = (one.skip_reason or f"{one.subticks / 10**6:.6f}" for one in (quotes.bid, quotes.ask))
    return (f"{quotes.quantums / 10**6:.6f}", *sides)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"oracle": "1000", "margin": "10000", "cap": "100"}, ("50.000000", "990.000000", "1010.000000")),
        ({"oracle": "1000", "margin": "1000", "cap": "100"}, ("5.000000", "990.000000", "1010.000000")),
        ({"oracle": "1000", "margin": "1000000", "cap": "5"}, ("5.000000", "990.000000", "1010.000000")),
        ({"oracle": "2000", "margin": "5000", "cap": "100"}, ("12.500000", "1980.000000", "2020.000000")),
        (
            {"oracle": "2038.056", "spread": "0.05", "margin": "5000", "cap": "2"},
            ("2.000000", "1936.000000", "2140.000000"),
        ),
        (
            {
                "oracle": "60000.5", "spread": "0.0025", "imr": "0.05", "tick": "10", "cap": "1",
                "margin": "9000", "weight": 2, "total_weight": 3,
            },
            ("0.999991", "59850.000000", "60160.000000"),
        ),
        (
            {
                "oracle": "2999.99", "spread": "0.005", "tick": "0.1", "cap": "20",
                "margin": "9000", "weight": 1, "total_weight": 3,
            },
            ("5.000016", "2984.900000", "3015.000000"),
        ),
        ({"oracle": "1000", "margin": "10000", "best_ask": "995"}, ("50.000000", "990.000000", "1010.000000")),
        ({"oracle": "1000", "margin": "10000", "best_ask": "990"}, ("50.000000", "989.000000", "1010.000000")),
        ({"oracle": "1000", "margin": "10000", "best_bid": "1015"}, ("50.000000", "990.000000", "1016.000000")),
        (
            {"oracle": "100", "tick": "0.01", "margin": "9", "min_order": "50"},
            ("0.450000", "below_min_order_size", "below_min_order_size"),
        ),
        (
            {"oracle": "0.9", "spread": "0.1", "margin": "100"},
            ("555.555555", "price_not_positive", "1.000000"),
        ),
        ({"oracle": "1700", "margin": "5000", "cap": "100"}, ("14.705882", "1683.000000", "1717.000000")),
        # Ten ticks of a dollar: 990 and 1,010 are multiples of ten already, 985 and 1,015 are not.
        (
            {"oracle": "1000", "spread": "0.015", "margin": "10000", "tick_multiple": 10},
            ("50.000000", "980.000000", "1020.000000"),
        ),
    ],
)  # fmt: skip
def test_quotes_are_those_of_the_design(inputs: dict[str, str], expected: tuple[str, str, str]) -> None:
    assert shown(quoted(**inputs)) == expected  # type: ignore[arg-type]


def test_raw_prices_are_those_of_the_design() -> None:
    quotes = quoted(oracle="2038.056", spread="0.05", margin="5000", cap="2")
    assert (quotes.bid.raw_subticks, quotes.ask.raw_subticks) == (1_936_153_200, 2_139_958_800)
    assert quotes.margin_quantums == 12_266_591


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"spread": "0"}, "zero_half_spread"),
        ({"cap": "0"}, "zero_max_quote_size"),
        ({"weight": 0}, "zero_liquidity_weight"),
        ({"tick_multiple": 0}, "zero_tick_size"),
        ({"margin": "0"}, "no_allocation"),
        ({"margin": "-1"}, "no_allocation"),
        ({"margin": "0.000001"}, "no_allocation"),
        ({"imr": "0"}, "zero_initial_margin"),
        ({"margin": "0.00001", "oracle": "1000000"}, "zero_quote_size"),
    ],
)
def test_a_zero_skips_the_pair(inputs: dict[str, str], reason: str) -> None:
    quotes = quoted(**{"oracle": "1000", "margin": "10000", **inputs})  # type: ignore[arg-type]
    assert quotes.skip_reason == reason
    assert (quotes.bid.subticks, quotes.ask.subticks) == (0, 0)


@given(
    oracle=st.integers(1, 10**12),
    exponent=st.integers(-10, 2),
    resolution=st.integers(-10, -4),
    qce=st.integers(-10, 0),
    spread=st.integers(1, 999_999),
    step=st.integers(1, 10**6),
    tick=st.integers(1, 10**6),
    multiple=st.integers(1, 10),
    base=st.integers(1, 10**15),
    imr=st.integers(1, 10**6),
    cap=st.integers(1, 2**64 - 1),
    least=st.integers(0, 10**9),
    book=st.tuples(st.integers(1, 10**9), st.integers(1, 10**6)),
)
def test_quotes_keep_their_order_grid_and_bounds(
    oracle: int, exponent: int, resolution: int, qce: int, spread: int, step: int, tick: int, multiple: int,
    base: int, imr: int, cap: int, least: int, book: tuple[int, int],
) -> None:  # fmt: skip
    """I5, with a book whose prices lie on the grid."""
    grid = tick * multiple
    best_bid, best_ask = book[0] * grid, (book[0] + book[1]) * grid
    params = PairQuoteParams(
        vault_half_spread_ppm=spread,
        vault_max_quote_size=cap,
        vault_liquidity_weight=1,
        tick_multiple=multiple,
        min_order_size=least,
    )
    pair = ClobPair(step_base_quantums=step, subticks_per_tick=tick, quantum_conversion_exponent=qce)
    market = Conditions(params, pair, MarketPrice(price=oracle, exponent=exponent), resolution, imr, best_bid, best_ask)
    quotes = pair_quotes(base, 1, market)
    bid, ask = quotes.bid.subticks, quotes.ask.subticks
    assert quotes.quantums <= cap
    assert quotes.quantums % step == 0
    assert bid % grid == 0
    assert ask % grid == 0
    assert not bid or bid < best_ask
    assert not ask or ask > best_bid
    assert not (bid and ask) or bid < ask
    assert not (quotes.bid.is_clamped and quotes.ask.is_clamped)
    for price in (bid, ask):
        assert not price or Fraction(price * quotes.quantums, 10**-qce) >= least
    # The size needs no more than half of the capital as initial margin.
    notional = Fraction(quotes.quantums * oracle) * Fraction(10) ** (exponent + resolution + 6)
    assert notional * imr / 10**6 <= Fraction(base, 2)
