"""Settling, applying and judging updates as pure functions, against dydx-modules, appendix B."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.x.markets import BTC, DOGE, ETH, LARGE_CAP, PEPE, perpetual_params
from tests.x.subaccounts.ledger import ALICE, BOB, holding
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.lib.margin import Risk
from vaultsim.pb.dydxprotocol.perpetuals import Perpetual
from vaultsim.pb.dydxprotocol.prices import MarketPrice
from vaultsim.pb.dydxprotocol.subaccounts import AssetPosition, PerpetualPosition, Subaccount
from vaultsim.x.perpetuals.types import PerpInfo
from vaultsim.x.subaccounts.pools import PoolMove, isolated_result, pool_move
from vaultsim.x.subaccounts.risk import result_below_initial_margin, subaccount_risk
from vaultsim.x.subaccounts.types import (
    AssetUpdate,
    PerpetualUpdate,
    SettledUpdate,
    UpdateResult,
    UpdateType,
    validate_subaccount_id,
)
from vaultsim.x.subaccounts.updates import apply_update, open_interest_delta, settle

MATCH = UpdateType.MATCH
VIOLATED = UpdateResult.VIOLATES_ISOLATED_SUBACCOUNT_CONSTRAINTS
SUCCESS = UpdateResult.SUCCESS


def info(perpetual_id: int, funding_index: int = 0, market_type: int = 1) -> PerpInfo:
    params = perpetual_params(perpetual_id, "X-USD", -6, market_type)
    price = MarketPrice(id=perpetual_id, exponent=-5, price=100_000)
    return PerpInfo(Perpetual(params=params, funding_index=funding_index), price, LARGE_CAP)


INFOS = {BTC: info(BTC), ETH: info(ETH), DOGE: info(DOGE, 0, 2), PEPE: info(PEPE, 0, 2)}


def account(usdc: int, *positions: PerpetualPosition) -> Subaccount:
    assets = (AssetPosition(quantums=usdc),) if usdc else ()
    return Subaccount(id=ALICE, asset_positions=assets, perpetual_positions=positions)


def settled(
    usdc: int, positions: tuple[PerpetualPosition, ...] = (), assets: tuple[int, ...] = (), **perpetuals: int
) -> SettledUpdate:
    return SettledUpdate(
        account(usdc, *positions),
        tuple(AssetUpdate(0, delta) for delta in assets),
        tuple(PerpetualUpdate(int(name[1:]), delta) for name, delta in perpetuals.items()),
        None,
    )


def test_one_settlement() -> None:
    # Index -13, short 7 base: s = -91.
    subaccount, payments = settle(account(10, holding(ETH, -7)), {ETH: info(ETH, -13)})
    assert subaccount == account(9, holding(ETH, -7, -13))
    assert payments == ((ETH, 1),)


@pytest.mark.parametrize(
    ("first", "second", "usdc", "payments"),
    [(600_000, -100_001, 5, (0, 1)), (-400_000, -400_000, 4, (1, 1))],
)
def test_the_balance_is_floored_once_and_events_apart(
    first: int, second: int, usdc: int, payments: tuple[int, int]
) -> None:
    # A position of -1 receives the index: s equals the index.
    before = account(5, holding(BTC, -1), holding(ETH, -1))
    after, paid = settle(before, {BTC: info(BTC, first), ETH: info(ETH, second)})
    assert after.asset_positions[0].quantums == usdc
    assert paid == ((BTC, payments[0]), (ETH, payments[1]))


def test_settling_drops_a_balance_of_zero() -> None:
    assert settle(account(1, holding(BTC, 1)), {BTC: info(BTC, 1)})[0].asset_positions == ()
    zero = Subaccount(id=ALICE, asset_positions=(AssetPosition(quantums=0),))
    assert settle(zero, {}) == (Subaccount(id=ALICE), ())


def test_settling_without_change_gives_the_same_value() -> None:
    subaccount = account(5, holding(BTC, 3))
    assert settle(subaccount, INFOS)[0] is subaccount


@given(
    usdc=st.integers(-(10**20), 10**20),
    held=st.lists(st.tuples(st.integers(-(10**12), 10**12), st.integers(-(10**9), 10**9)), max_size=4),
)
def test_settling_is_one_floor_over_the_exact_sum(usdc: int, held: list[tuple[int, int]]) -> None:
    infos = {place: info(place, index) for place, (_, index) in enumerate(held)}
    positions = tuple(holding(place, quantums) for place, (quantums, _) in enumerate(held))
    after, payments = settle(account(usdc, *positions), infos)
    exact = sum(-index * quantums for quantums, index in held)
    assert (after.asset_positions[0].quantums if after.asset_positions else 0) == usdc + exact // 10**6
    # Payments are floored one by one: together they may take more than the balance does, by less than one each.
    assert 0 <= sum(paid for _, paid in payments) + exact // 10**6 <= len(payments)
    assert settle(after, infos) == (after, ())


def test_applying_keeps_order_and_drops_what_is_gone() -> None:
    update = settled(5, (holding(ETH, 4), holding(PEPE, 2)), (-5,), p3=-2, p0=7)
    assert apply_update(update, INFOS) == account(0, holding(BTC, 7), holding(ETH, 4))


def test_a_new_position_stays_even_at_zero() -> None:
    after = apply_update(settled(0, (), (0,), p1=0), INFOS)
    assert after.asset_positions == (AssetPosition(quantums=0),)
    assert after.perpetual_positions == (holding(ETH, 0),)


def test_a_position_with_quote_balance_stays_at_size_zero() -> None:
    update = SettledUpdate(account(0, holding(ETH, 4)), (), (PerpetualUpdate(ETH, -4, 9),), None)
    position = apply_update(update, INFOS).perpetual_positions[0]
    assert (position.quantums, position.quote_balance) == (0, 9)


@pytest.mark.parametrize(
    ("current", "new", "result"),
    [
        ((50, 100), (26, 50), "SUCCESS"),
        ((50, 100), (25, 50), "SUCCESS"),
        ((50, 100), (24, 50), "STILL_UNDERCOLLATERALIZED"),
        ((-30, 100), (-14, 50), "SUCCESS"),
        ((-30, 100), (-15, 50), "SUCCESS"),
        ((-30, 100), (-20, 50), "STILL_UNDERCOLLATERALIZED"),
        ((50, 100), (60, 101), "STILL_UNDERCOLLATERALIZED"),
        ((-30, 0), (-29, 0), "SUCCESS"),
        ((-30, 0), (-30, 0), "STILL_UNDERCOLLATERALIZED"),
        ((-30, 50), (-1, 0), "STILL_UNDERCOLLATERALIZED"),
    ],
)
def test_moves_under_water(current: tuple[int, int], new: tuple[int, int], result: str) -> None:
    before = Risk(current[0], 1_000, current[1])
    assert result_below_initial_margin(before, Risk(new[0], 1_000, new[1])) is UpdateResult[result]


def test_falling_below_the_initial_margin_is_called_newly() -> None:
    result = result_below_initial_margin(Risk(100, 100, 60), Risk(99, 110, 66))
    assert result is UpdateResult.NEWLY_UNDERCOLLATERALIZED


def test_risk_sums_positions_and_uses_leverage() -> None:
    # 1 000 000 base quantums at price 1: notional 1 000 000, 2 % and 60 % of it.
    subaccount = account(-7, holding(BTC, 1_000_000), holding(ETH, -1_000_000))
    assert subaccount_risk(subaccount, INFOS, None) == Risk(-7, 40_000, 24_000)
    assert subaccount_risk(subaccount, INFOS, {ETH: 50_000}) == Risk(-7, 70_000, 24_000)


@pytest.mark.parametrize(("maker", "delta"), [(0, 5), (5, 0)])
def test_open_interest_of_a_match(maker: int, delta: int) -> None:
    taker_update = settled(0, (holding(BTC, -3),), p0=8)
    maker_update = settled(0, (holding(BTC, maker),) if maker else (), p0=-8)
    expected = (BTC, delta) if delta else None
    assert open_interest_delta((taker_update, maker_update), MATCH) == expected
    assert open_interest_delta((taker_update, maker_update), UpdateType.COLLAT_CHECK) is None


@pytest.mark.parametrize(
    "updates",
    [
        (settled(0, p0=1),),
        (settled(0, p0=1), settled(0)),
        (settled(0, p0=1), settled(0, p1=-1)),
        (settled(0, p0=1), settled(0, p0=1)),
        (settled(0, p0=1), settled(0, p0=-2)),
    ],
)
def test_a_malformed_match_panics(updates: tuple[SettledUpdate, ...]) -> None:
    with pytest.raises(ChainPanic):
        open_interest_delta(updates, MATCH)


@pytest.mark.parametrize(
    ("held", "changed", "result"),
    [
        ((), {}, SUCCESS),
        ((DOGE,), {}, SUCCESS),
        ((DOGE,), {"p0": 1}, VIOLATED),
        ((BTC,), {"p2": 1}, VIOLATED),
        ((), {"p2": 1, "p0": 1}, VIOLATED),
        ((), {"p0": 1, "p1": 1}, SUCCESS),
        ((DOGE,), {"p3": 1}, VIOLATED),
        ((DOGE,), {"p2": 1}, SUCCESS),
        ((), {"p2": 1}, SUCCESS),
        ((DOGE,), {"p2": 1, "p0": 1}, VIOLATED),
    ],
)
def test_isolated_markets_keep_apart(held: tuple[int, ...], changed: dict[str, int], result: UpdateResult) -> None:
    update = settled(0, tuple(holding(perpetual_id, 1) for perpetual_id in held), **changed)
    assert isolated_result(update, INFOS) is result


def move_of(update: SettledUpdate) -> PoolMove | None:
    return pool_move(update, apply_update(update, INFOS), INFOS)


def test_opening_and_closing_move_the_whole_balance() -> None:
    opened = settled(1_000_000_000, (), (-200_100_000,), p2=5)
    assert move_of(opened) == (DOGE, True, 1_000_000_000)
    closed = settled(799_900_000, (holding(DOGE, 5),), (209_895_000,), p2=-5)
    assert move_of(closed) == (DOGE, False, 1_009_795_000)


def test_changes_of_size_and_cross_markets_move_nothing() -> None:
    assert move_of(settled(5, (holding(DOGE, 5),), (1,), p2=-2)) is None
    assert move_of(settled(5, (), (1,), p0=5)) is None
    assert move_of(settled(5, (), (1,))) is None


def test_opening_needs_one_update_of_usdc() -> None:
    with pytest.raises(ChainError) as caught:
        move_of(settled(5, (), (), p2=5))
    assert (caught.value.codespace, caught.value.code) == ("subaccounts", 102)


def test_bytes_of_rows() -> None:
    position = PerpetualPosition(perpetual_id=1, quantums=-5, funding_index=-13, quote_balance=0)
    assert position.encode().hex() == "0801120203051a02030d220102"


@pytest.mark.parametrize(("number", "owner", "code"), [(128_001, ALICE.owner, 200), (0, "x", 201), (128_001, "x", 201)])
def test_subaccount_ids_are_checked(number: int, owner: str, code: int) -> None:
    validate_subaccount_id(type(BOB)(owner=ALICE.owner, number=128_000))
    with pytest.raises(ChainError) as caught:
        validate_subaccount_id(type(BOB)(owner=owner, number=number))
    assert caught.value.code == code
