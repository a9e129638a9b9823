"""Premium of the impact price over the index price (dydx-modules §20.21); figures computed by hand."""

from __future__ import annotations

import pytest

from tests.x.clob.memclob.fakes import BUY, PAIR, SELL, FakeKeeper, memclob, order
from vaultsim.pb.dydxprotocol.clob import Order
from vaultsim.x.clob.errors import ZeroIndexPriceForPremiumCalculation
from vaultsim.x.clob.memclob.premium import PremiumParameters
from vaultsim.x.subaccounts.types import UpdateResult

# Atomic resolution -6 and exponent -1 with conversion exponent -1: the index price counts in subticks as it is.
# Quote quantums of an order are subticks * quantums / 10.


def premium(
    orders: list[Order], index_price: int, impact_notional: int, *, most_ppm: int = 10**9, broke: str = ""
) -> int:
    keeper = FakeKeeper()
    keeper.broke = dict.fromkeys(broke, UpdateResult.NEWLY_UNDERCOLLATERALIZED)
    books, ctx = memclob(keeper), keeper.context()
    for one in orders:
        books.place_order(ctx, one)
    return books.price_premium(ctx, PAIR, PremiumParameters(index_price, -1, -6, impact_notional, most_ppm))


BIDS = [order("a", 1, BUY, 10, 1_010), order("b", 1, BUY, 100, 1_005)]
ASKS = [order("a", 2, SELL, 10, 990), order("b", 2, SELL, 100, 995)]


def test_the_book_around_the_index_price_has_no_premium() -> None:
    assert premium([order("a", 1, BUY, 10, 999), order("b", 1, SELL, 10, 1_001)], 1_000, 100) == 0
    assert premium([], 1_000, 100) == 0


def test_bids_above_the_index_price_give_the_impact_bid_rounded_down() -> None:
    # 1010 in full from the first bid, 990 of the second's 10050: 10 + 99000/10050 = 19.85..., rounded up 20 base.
    # Average 2000 * 10 / 20 = 1000: no better than the index price.
    assert premium(BIDS, 1_000, 2_000) == 0
    # 1010 and 6000: 10 + 600000/10050 = 69.7..., 70 base; 7010 * 10 / 70 = 1001.428...: 1428.57 ppm.
    assert premium(BIDS, 1_000, 7_010) == 1_428


def test_asks_below_the_index_price_are_rounded_up_toward_zero() -> None:
    # 990 and 2010 of 9950: 10 + 201000/9950 = 30.2..., 31 base; 3000 * 10 / 31 = 967.74...: -32258.06 ppm.
    assert premium(ASKS, 1_000, 3_000) == -32_258


def test_the_premium_is_bounded() -> None:
    assert premium(ASKS, 1_000, 3_000, most_ppm=500) == -500


def test_a_thin_side_has_no_premium() -> None:
    assert premium(BIDS, 1_000, 11_061) == 0


def test_makers_without_collateral_do_not_count() -> None:
    # Only the second bid: 5000 / 10050 of 100 = 49.7..., 50 base; 5000 * 10 / 50 = 1000.
    assert premium(BIDS, 900, 5_000, broke="a") == 111_111


def test_without_impact_notional_the_best_price_counts() -> None:
    assert premium(BIDS, 1_000, 0) == 10_000


def test_an_index_price_of_zero_is_an_error() -> None:
    with pytest.raises(ZeroIndexPriceForPremiumCalculation):
        premium(BIDS, 0, 1)
