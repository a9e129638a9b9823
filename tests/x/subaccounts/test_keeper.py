"""Updates over real stores: writes, events, gating, isolated pools, errors."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.x.markets import BTC, DOGE, ETH
from tests.x.subaccounts.ledger import ALICE, BOB, POOL, Ledger, change, holding, person
from vaultsim.address import module_address
from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.subaccounts import Subaccount, SubaccountId
from vaultsim.pb.runtime import replace
from vaultsim.x.subaccounts.events import SettledFunding
from vaultsim.x.subaccounts.types import UpdateResult, UpdateType

OK = UpdateResult.SUCCESS
MATCH, TRANSFER, WITHDRAWAL = UpdateType.MATCH, UpdateType.TRANSFER, UpdateType.WITHDRAWAL
DEPOSIT, CHECK = UpdateType.DEPOSIT, UpdateType.COLLAT_CHECK
BLOCKED = UpdateResult.WITHDRAWALS_AND_TRANSFERS_BLOCKED
NEWLY = UpdateResult.NEWLY_UNDERCOLLATERALIZED
ONE_BTC = 10**10


def error_of(action: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(ChainError) as caught:
        action()
    return caught.value.codespace, caught.value.code


def test_rows_have_the_chains_bytes() -> None:
    ledger = Ledger()
    vault = SubaccountId(owner="dydx1c0m5x87llaunl5sgv3q5vd7j5uha26d2q2r2q0")
    ledger.hold(vault, 1_000_000)
    rows = ledger.subaccounts.state.subaccounts
    owner = vault.owner.encode().hex()
    assert rows.key(vault).hex() == "53413a0a2b" + owner
    stored = rows.get(ledger.ctx, vault)
    assert stored is not None
    assert stored.encode().hex() == "0a2d0a2b" + owner + "12061204020f4240"


def test_empty_subaccounts_are_deleted_and_read_as_empty() -> None:
    ledger = Ledger()
    ledger.hold(ALICE, 5)
    ledger.hold(ALICE, 0)
    assert not ledger.subaccounts.state.subaccounts.has(ledger.ctx, ALICE)
    assert ledger.subaccounts.get(ledger.ctx, ALICE) == Subaccount(id=ALICE)


def test_a_match_moves_money_positions_and_open_interest() -> None:
    ledger = Ledger()
    ledger.hold(ALICE, 60_000_000_000)
    ledger.hold(BOB, 60_000_000_000)
    updates = (change(ALICE, -50_000_000_000, p0=ONE_BTC), change(BOB, 50_000_000_000, p0=-ONE_BTC))
    assert ledger.subaccounts.update(ledger.ctx, updates, MATCH) == (True, (OK, OK))
    assert ledger.subaccounts.get(ledger.ctx, ALICE).perpetual_positions == (holding(BTC, ONE_BTC),)
    assert ledger.usdc(BOB) == 110_000_000_000
    assert ledger.perpetuals.get(ledger.ctx, BTC).open_interest == ONE_BTC
    assert ledger.bank.sent == []


def test_a_refused_match_writes_nothing() -> None:
    ledger = Ledger()
    ledger.hold(ALICE, 999_999_999)
    ledger.hold(BOB, 1_000_000_000)
    updates = (change(ALICE, -50_000_000_000, p0=ONE_BTC), change(BOB, 50_000_000_000, p0=-ONE_BTC))
    # 1 BTC at 50 000 asks for 1 000 USDC of initial margin.
    assert ledger.subaccounts.update(ledger.ctx, updates, MATCH) == (False, (NEWLY, OK))
    assert ledger.usdc(ALICE) == 999_999_999
    assert error_of(lambda: ledger.subaccounts.raise_on_failure(False, (NEWLY, OK), updates)) == ("subaccounts", 102)


def test_open_interest_counts_in_the_margins_of_its_own_match() -> None:
    ledger = Ledger()
    tier = ledger.perpetuals.liquidity_tier(ledger.ctx, 0)
    capped = replace(tier, open_interest_lower_cap=10_000_000_000, open_interest_upper_cap=50_000_000_000)
    ledger.perpetuals.set_liquidity_tier(ledger.ctx, capped)
    ledger.hold(ALICE, 49_999_999_999)
    ledger.hold(BOB, 50_000_000_000)
    updates = (change(ALICE, -50_000_000_000, p0=ONE_BTC), change(BOB, 50_000_000_000, p0=-ONE_BTC))
    # The match itself lifts the open interest to the upper cap: 100 % margin.
    assert ledger.subaccounts.can_update(ledger.ctx, updates, MATCH) == (False, (NEWLY, OK))
    assert ledger.subaccounts.can_update(ledger.ctx, updates, CHECK) == (True, (OK, OK))


def test_errors_before_any_judgement() -> None:
    ledger = Ledger()
    ledger.hold(ALICE, 5)
    keeper, ctx = ledger.subaccounts, ledger.ctx
    twice = (change(ALICE, 1), change(ALICE, 1))
    assert error_of(lambda: keeper.update(ctx, twice, DEPOSIT)) == ("subaccounts", 101)
    assert keeper.can_update(ctx, twice, DEPOSIT) == (True, (OK, OK))
    unknown = (change(ALICE, 1, p77=1), change(ALICE, 1))
    assert error_of(lambda: keeper.update(ctx, unknown, DEPOSIT)) == ("perpetuals", 1)
    ledger.set_price(ETH, 0)
    assert error_of(lambda: keeper.can_update(ctx, (change(ALICE, 1, p1=1),), CHECK)) == ("subaccounts", 103)
    ledger.prices.state.prices.delete(ctx, ETH)
    assert error_of(lambda: keeper.can_update(ctx, (change(ALICE, 1, p1=1),), CHECK)) == ("perpetuals", 2)


def test_settled_funding_is_written_and_told() -> None:
    ledger = Ledger()
    ledger.hold(ALICE, 100, holding(BTC, -7), holding(ETH, 7))
    ledger.move_funding_index(BTC, -13)
    ledger.move_funding_index(ETH, 1_000_000)
    # Worth -7 x 5 and 7 x 3 at the oracle price.
    assert ledger.subaccounts.net_collateral(ledger.ctx, ALICE) == 100 - 8 - 35 + 21
    assert ledger.usdc(ALICE) == 100
    ledger.subaccounts.update(ledger.ctx, (change(ALICE, 50),), DEPOSIT)
    # s = -91 and -7 000 000: floor(-7 000 091 / 10^6) = -8; payments 1 and 7.
    assert ledger.usdc(ALICE) == 142
    assert ledger.ctx.events == [
        SettledFunding(ALICE.owner, 0, BTC, 1),
        SettledFunding(ALICE.owner, 0, ETH, 7),
    ]
    assert ledger.ctx.events[0].attributes()[3] == ("funding_paid_quote_quantums", "1")


def test_less_risky_moves_are_allowed_under_water() -> None:
    ledger = Ledger()
    ledger.hold(ALICE, -49_500_000_000, holding(BTC, ONE_BTC))
    half = ONE_BTC // 2
    sell = (change(ALICE, 25_000_000_000, p0=-half),)
    assert ledger.subaccounts.can_update(ledger.ctx, sell, CHECK) == (True, (OK,))
    withdraw = (change(ALICE, -1),)
    assert ledger.subaccounts.can_update(ledger.ctx, withdraw, CHECK)[1] == (UpdateResult.STILL_UNDERCOLLATERALIZED,)


def test_leverage_raises_what_a_match_needs() -> None:
    ledger = Ledger()
    ledger.hold(ALICE, 2_000_000_000)
    keeper, ctx = ledger.subaccounts, ledger.ctx
    buy = (change(ALICE, -50_000_000_000, p0=ONE_BTC),)
    assert keeper.can_update(ctx, buy, CHECK)[0]
    keeper.update_leverage(ctx, ALICE, {BTC: 50_000})
    assert keeper.leverage(ctx, ALICE) == {BTC: 50_000}
    assert keeper.can_update(ctx, buy, CHECK) == (False, (NEWLY,))


def test_leverage_checks() -> None:
    ledger = Ledger()
    keeper, ctx = ledger.subaccounts, ledger.ctx
    ledger.hold(ALICE, -49_000_000_000, holding(BTC, ONE_BTC))
    assert error_of(lambda: keeper.update_leverage(ctx, ALICE, {77: 50_000})) == ("subaccounts", 700)
    assert error_of(lambda: keeper.update_leverage(ctx, ALICE, {BTC: 19_999})) == ("subaccounts", 701)
    assert error_of(lambda: keeper.update_leverage(ctx, ALICE, {BTC: 20_001})) == ("subaccounts", 703)
    keeper.update_leverage(ctx, ALICE, {BTC: 20_000})
    keeper.update_leverage(ctx, ALICE, {ETH: 500_000})
    assert keeper.leverage(ctx, ALICE) == {BTC: 20_000, ETH: 500_000}
    stored = keeper.state.leverage.get(ctx, ALICE)
    assert stored is not None
    assert stored.encode().hex() == "0a0410a09c01" + "0a06080110a0c21e"


@pytest.mark.parametrize(("height", "is_free"), [(2, False), (51, False), (52, True)])
def test_an_outage_blocks_fifty_blocks(height: int, is_free: bool) -> None:
    ledger = Ledger()
    ledger.hold(ALICE, 10)
    ledger.blocktime.stamp_outage(2)
    ctx = ledger.at_height(height)
    expected = (True, (OK,)) if is_free else (False, (BLOCKED,))
    for kind in (TRANSFER, WITHDRAWAL):
        assert ledger.subaccounts.can_update(ctx, (change(ALICE, 1),), kind) == expected
    assert ledger.subaccounts.can_update(ctx, (change(ALICE, 1),), DEPOSIT) == (True, (OK,))


def test_negative_collateral_blocks_its_own_pool() -> None:
    ledger = Ledger()
    keeper = ledger.subaccounts
    ledger.hold(ALICE, 10**9, holding(DOGE, 1))
    ledger.hold(BOB, 10**9, holding(BTC, 1))
    keeper.set_negative_tnc_seen(ledger.at_height(10), DOGE)
    ctx = ledger.at_height(59)
    assert keeper.can_update(ctx, (change(ALICE, 1),), TRANSFER) == (False, (BLOCKED,))
    assert keeper.can_update(ctx, (change(BOB, 1),), TRANSFER) == (True, (OK,))
    assert keeper.can_update(ctx, (change(BOB, 1), change(ALICE, 1)), TRANSFER) == (False, (BLOCKED, BLOCKED))
    assert keeper.can_update(ledger.at_height(60), (change(ALICE, 1),), TRANSFER) == (True, (OK,))
    assert keeper.state.negative_tnc_heights.key("2") == b"NegSA:2"
    with pytest.raises(ChainPanic):
        keeper.set_negative_tnc_seen(ledger.at_height(9), DOGE)
    with pytest.raises(ChainPanic):
        keeper.can_update(ledger.at_height(9), (change(ALICE, 1),), TRANSFER)
    keeper.set_negative_tnc_seen(ctx, BTC)
    assert keeper.negative_tnc_seen(ctx, ETH) == 59
    assert keeper.negative_tnc_seen(ctx, DOGE) == 10


def test_an_isolated_position_takes_its_collateral_along() -> None:
    ledger = Ledger()
    keeper, ctx = ledger.subaccounts, ledger.ctx
    ledger.hold(ALICE, 1_000_000_000)
    ledger.hold(BOB, 5_000_000_000)
    pool = module_address("subaccounts:2")
    size = 2_000_000_000
    opening = (change(ALICE, -200_100_000, p2=size), change(BOB, 200_000_000, p2=-size))
    assert keeper.update(ctx, opening, MATCH)[0]
    assert ledger.bank.sent == [(POOL, pool, 1_000_000_000), (POOL, pool, 5_000_000_000)]
    assert keeper.collateral_pool_for_subaccount(ctx, ALICE) == pool
    closing = (change(ALICE, 209_895_000, p2=-size), change(BOB, -210_000_000, p2=size))
    assert keeper.update(ctx, closing, MATCH)[0]
    assert ledger.bank.sent[2:] == [(pool, POOL, 1_009_795_000), (pool, POOL, 4_990_000_000)]
    assert keeper.collateral_pool_for_subaccount(ctx, ALICE) == POOL
    assert ledger.perpetuals.get(ctx, DOGE).open_interest == 0


def test_an_isolated_position_needs_collateral_of_its_own() -> None:
    ledger = Ledger()
    ledger.hold(ALICE, 0)
    ledger.hold(BOB, 5_000_000_000)
    # Bought below the oracle price: enough net collateral, but nothing in the pool yet to take along.
    cheap = (change(ALICE, -1, p2=2_000_000_000), change(BOB, 1, p2=-2_000_000_000))
    assert ledger.subaccounts.can_update(ledger.ctx, cheap, MATCH)[0]
    ledger.hold(ALICE, -5)
    assert error_of(lambda: ledger.subaccounts.update(ledger.ctx, cheap, MATCH)) == ("subaccounts", 102)


def test_open_interest_cannot_get_negative() -> None:
    ledger = Ledger()
    ledger.hold(ALICE, 10**9, holding(BTC, 5))
    ledger.hold(BOB, 10**9, holding(BTC, -5))
    updates = (change(ALICE, 0, p0=-5), change(BOB, 0, p0=5))
    assert error_of(lambda: ledger.subaccounts.update(ledger.ctx, updates, MATCH)) == ("subaccounts", 402)


def test_the_same_account_may_be_judged_twice_but_each_update_alone() -> None:
    ledger = Ledger()
    ledger.hold(ALICE, 100)
    updates = (change(ALICE, -100), change(ALICE, -100), change(ALICE, -101))
    assert ledger.subaccounts.can_update(ledger.ctx, updates, CHECK) == (False, (OK, OK, NEWLY))


def test_other_subaccounts_of_an_owner_are_apart() -> None:
    ledger = Ledger()
    ledger.hold(person("alice", 1), 5)
    assert ledger.usdc(ALICE) == 0
    assert [key for key, _ in ledger.subaccounts.all_ids_and_subaccounts(ledger.ctx)] == [person("alice", 1)]
