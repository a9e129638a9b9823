"""Every worked example of the design, by messages and blocks. Expected values: fund-vault §13."""

from __future__ import annotations

import pytest

from tests.x.fundvault.world import (
    DAY,
    E18,
    FREE_CASH_ONLY,
    OPERATOR,
    PEOPLE,
    VAULT,
    Funds,
    Holding,
    date,
    days,
    document,
    free_cash,
)
from vaultsim.pb.vaultsim.fundvault.v1 import MsgCloseVault, MsgUpdateVault, RedemptionDate
from vaultsim.x.fundvault.errors import (
    ClosingDateImmutable,
    DateInPast,
    InvalidSchedule,
    NextDateImmutable,
    WithinNotice,
)
from vaultsim.x.fundvault.types import COMPLETED, LATE, PENDING, STOPPED, STOPPING


def decimals(text: str) -> str:
    """A decimal of 18 places without its last zeros."""
    return text.rstrip("0").rstrip(".")


def received(funds: Funds) -> dict[str, int]:
    """What each request was paid, by name; the names ask once each."""
    by_address = {address: name for name, address in PEOPLE.items()}
    return {by_address[one.party]: int(one.amount_received) for one in funds.requests()}


def column(funds: Funds, name: str) -> list[str]:
    """One attribute of every request, in order of the ids."""
    return [getattr(one, name) for one in funds.requests()]


def holding(cash: int, position: int, *dates: RedemptionDate, **holders: int) -> Holding:
    """A vault with cash and a position, and dates behind which it goes on for long."""
    given = [one.to_json() for one in (*dates, date(900))]
    return Holding(holders=holders, cash=cash, position=position, fields={"redemption_dates": given})


def test_w1_deposits_at_no_gain() -> None:
    funds = Funds()
    funds.create()
    funds.deposit("alice", 150)
    assert funds.shares() == {"alice": "1"}
    funds.deposit("bob", 50)
    assert funds.shares() == {"alice": "0.75", "bob": "0.25"}
    funds.deposit("alice", 50)
    assert funds.shares() == {"alice": "0.8", "bob": "0.2"}


def test_w2_a_deposit_after_profit() -> None:
    funds = Funds()
    funds.create()
    funds.deposit("alice", 1_000_000)
    funds.reward(250_000)
    assert funds.total() == 1_250_000
    funds.deposit("bob", 500_000)
    assert funds.shares() == {"alice": "0.714285714286", "bob": "0.285714285714"}
    assert decimals(funds.vault().invested_amount) == "1500000"
    assert funds.total() == 1_750_000
    funds.deposit("alice", 250_000)
    assert funds.shares() == {"alice": "0.75", "bob": "0.25"}
    assert decimals(funds.vault().invested_amount) == "1750000"


W3 = [
    (None, 1_000_000, "1", "0.796", "0.199", "0.005"),
    (1_200_000, 1_200_000, "1.2", "0.765486666667", "0.191371666667", "0.043141666667"),
    (900_000, 900_000, "1.2", "0.761659233333", "0.190414808333", "0.047925958333"),
    (1_100_000, 1_100_000, "1.2", "0.757850937167", "0.189462734292", "0.052686328542"),
    (1_300_000, 1_300_000, "1.3", "0.742402437294", "0.185600609323", "0.071996953383"),
]


def test_w3_the_fee_path_of_a_vault_that_bought_at_one() -> None:
    funds = Funds()
    funds.create(management_fee_factor="0.005", performance_fee_factor="0.2", fee_period_seconds=DAY)
    funds.deposit("alice", 800_000)
    funds.deposit("bob", 200_000)
    funds.buy(1_000_000, 1_000_000)
    for day, (price, total, mark, alice, bob, owner) in enumerate(W3, 1):
        funds.to_day(day + 0.5, None if price is None else {0: price})
        assert funds.total() == total
        assert decimals(funds.vault().high_water_mark) == mark
        assert funds.shares() == {"alice": alice, "bob": bob, "operator": owner}


def test_w4_a_deposit_above_the_water_line_frees_gains_of_the_fee() -> None:
    funds = Funds()
    funds.create(performance_fee_factor="0.2", fee_period_seconds=DAY)
    funds.deposit("alice", 1_000_000)
    funds.reward(500_000)
    funds.to_day(1.5)
    assert funds.shares() == {"alice": "0.933333333333", "operator": "0.066666666667"}
    assert decimals(funds.vault().high_water_mark) == "1.5"
    funds.deposit("bob", 500_000)
    assert funds.shares() == {"alice": "0.7", "bob": "0.25", "operator": "0.05"}
    assert decimals(funds.vault().invested_amount) == "1500000"
    funds.reward(200_000)
    funds.to_day(2.5)
    assert (funds.total(), decimals(funds.vault().high_water_mark)) == (2_200_000, "1.5")
    assert funds.shares() == {"alice": "0.7", "bob": "0.25", "operator": "0.05"}
    funds.reward(200_000)
    funds.to_day(3.5)
    assert (funds.total(), decimals(funds.vault().high_water_mark)) == (2_400_000, "1.6")
    assert funds.shares() == {"alice": "0.69125", "bob": "0.246875", "operator": "0.061875"}


def test_w5_a_redemption_keeps_the_ratio() -> None:
    funds = Funds()
    funds.create(redemption_dates=(date(1), date(900)))
    funds.deposit("alice", 1_000_000)
    funds.reward(500_000)
    funds.redeem("alice", 300_000)
    funds.to_day(1)
    assert decimals(funds.vault().invested_amount) == "800000"
    assert funds.total() == 1_200_000


def w6(fraction: str = "0.1") -> Funds:
    return Funds(document(holding(40_000, 960_000, date(1, fraction), alice=500_000, bob=100_000, carl=400_000)))


def test_w6_a_normal_date_pays_what_is_free_and_owes_the_rest() -> None:
    funds = w6()
    for name, amount in (("alice", 60_000), ("bob", 20_000), ("carl", 90_000)):
        assert funds.redeem(name, amount).code == 0
    assert (funds.total(), funds.general()) == (1_000_000, 40_000)
    before = {name: funds.bank(name) for name in ("alice", "bob", "carl")}
    funds.to_day(1)
    assert {name: funds.bank(name) - before[name] for name in before} == {"alice": 20_000, "bob": 4_000, "carl": 16_000}
    assert column(funds, "remaining") == ["10000", "10000", "50000"]
    assert column(funds, "due") == ["30000", "6000", "24000"]
    assert column(funds, "status") == [LATE, LATE, LATE]
    assert funds.shares() == {"alice": "0.5", "bob": "0.1", "carl": "0.4"}
    funds.sell(50_000, 1_000_000)
    assert received(funds) == {"alice": 45_000, "bob": 9_000, "carl": 36_000}
    assert column(funds, "due") == ["5000", "1000", "4000"]
    funds.sell(30_000, 1_000_000)
    assert received(funds) == {"alice": 50_000, "bob": 10_000, "carl": 40_000}
    assert column(funds, "status") == [PENDING, PENDING, PENDING]
    assert (funds.total(), funds.general()) == (900_000, 20_000)
    assert decimals(funds.vault().invested_amount) == "900000"


def test_w6_a_single_request_below_the_cap_is_accepted_in_full() -> None:
    funds = w6()
    funds.redeem("bob", 80_000)
    funds.to_day(1)
    [request] = funds.requests()
    assert (request.remaining, request.amount_received, request.due) == ("0", "40000", "40000")


def test_w7_a_free_cash_date_cancels_what_it_cannot_pay() -> None:
    funds = Funds(document(holding(400_000, 600_000, free_cash(1, "0.25"), alice=500_000, bob=100_000, carl=400_000)))
    for name, amount in (("alice", 60_000), ("bob", 5_000), ("carl", 90_000)):
        funds.redeem(name, amount)
    funds.to_day(1)
    assert received(funds) == {"alice": 52_777, "bob": 5_000, "carl": 42_222}
    assert column(funds, "cancelled_amount") == ["7223", "0", "47778"]
    assert column(funds, "status") == [COMPLETED] * 3
    assert funds.vault().buckets == ()


def test_w8_the_closing_date_pays_everybody_and_stops_the_vault() -> None:
    held = Holding(
        holders={"alice": 333_333, "bob": 333_333, "carl": 333_334},
        cash=600_000,
        position=400_001,
        fields={"redemption_dates": [date(1).to_json()]},
    )
    funds = Funds(document(held))
    before = {name: funds.bank(name) for name in ("alice", "bob", "carl", "operator")}

    def paid() -> list[int]:
        return [funds.bank(name) - before[name] for name in before]

    funds.to_day(1)
    assert paid() == [199_999, 199_999, 200_000, 0]
    assert (funds.vault().status, funds.total()) == (STOPPING, 400_003)
    funds.sell(400_001, 1_000_000)
    assert paid() == [199_999 + 133_334, 199_999 + 133_334, 200_000 + 133_334, 1]
    assert (funds.vault().status, funds.total(), funds.units()) == (STOPPED, 0, {})
    assert column(funds, "status") == [COMPLETED] * 3


def test_w9_a_claim_above_the_share_is_written_off() -> None:
    funds = Funds(document(holding(0, 1_000, date(1), alice=600, bob=400)))
    funds.redeem("alice", 600)
    funds.to_day(1)
    assert column(funds, "due") == ["600"]
    funds.price(500_000)
    assert funds.total() == 500
    funds.sell(400, 500_000)
    assert (received(funds), funds.total()) == ({"alice": 200}, 300)
    funds.sell(600, 500_000)
    [request] = funds.requests()
    assert (request.status, request.amount_received, request.written_off) == (COMPLETED, "300", "300")
    assert (funds.total(), funds.shares()) == (200, {"bob": "1"})


def test_w10_an_owner_who_invests_is_diluted_and_paid_like_anyone() -> None:
    funds = Funds()
    funds.create(management_fee_factor="0.01", fee_period_seconds=DAY)
    funds.deposit("operator", 100_000)
    funds.deposit("alice", 300_000)
    funds.to_day(1.5)
    assert funds.units()["operator"] - 100_000 * E18 == 4_040_404_040_404_040_404_040
    assert funds.shares() == {"alice": "0.7425", "operator": "0.2575"}
    total_units, total = int(funds.vault().total_units), funds.total()
    values = {name: total * held // total_units for name, held in funds.units().items()}
    assert values == {"alice": 297_000, "operator": 102_999}


def test_w11_late_means_no_fee_and_the_gains_of_the_period_are_lost_to_the_owner() -> None:
    dates = [date(0.5), date(900)]
    fields = {
        "redemption_dates": [one.to_json() for one in dates],
        "management_fee_factor": "0.01",
        "performance_fee_factor": "0.2",
        "fee_period": str(DAY),
        "next_fee_time": "1970-01-02T00:00:00Z",
    }
    funds = Funds(document(Holding(holders={"alice": 100_000}, position=100_000, fields=fields)))
    funds.price(1_300_000)
    funds.redeem("alice", 13_000)
    funds.to_day(0.5)
    assert column(funds, "status") == [LATE]
    funds.to_day(1)
    assert (funds.total(), funds.units()) == (130_000, {"alice": 100_000 * E18})
    assert decimals(funds.vault().high_water_mark) == "1.3"
    funds.sell(10_000, 1_300_000)
    assert (column(funds, "status"), funds.total()) == ([COMPLETED], 117_000)
    funds.deposit("alice", 13_000)
    funds.to_day(2)
    assert funds.total() == 130_000
    assert funds.shares() == {"alice": "0.99", "operator": "0.01"}


def test_w12_small_fees_are_kept_to_the_last_place() -> None:
    funds = Funds()
    funds.create(management_fee_factor="0.000000001", fee_period_seconds=10)
    funds.deposit("alice", 1_000_000)
    begun = funds.vault().next_fee_time.seconds
    funds.chain.block(begun + 999 * 10 - 2)
    units = funds.units()
    share = units["operator"] * 10**18 // sum(units.values())
    assert funds.vault().next_fee_time.seconds == begun + 1_000 * 10
    assert share == 999_999_500_500


def test_many_elapsed_periods_without_a_fee_are_caught_up_with_at_once() -> None:
    funds = Funds()
    funds.create(fee_period_seconds=1)
    funds.deposit("alice", 1_000_000)
    funds.to_day(100)
    assert funds.vault().next_fee_time.seconds == 100 * DAY + 1


def test_a_block_catches_up_with_ten_thousand_periods_of_fees() -> None:
    funds = Funds()
    funds.create(fee_period_seconds=1, management_fee_factor="0.0000001")
    funds.deposit("alice", 1_000_000)
    first = funds.vault().next_fee_time.seconds
    funds.chain.block(15_000)
    assert funds.vault().next_fee_time.seconds - first == 10_000
    funds.chain.block(1)
    assert funds.vault().next_fee_time.seconds - first == 15_001
    # One period before the first was counted, in the block of the deposit.
    assert round(float(funds.shares()["alice"]), 9) == round((1 - 1e-7) ** 15_002, 9)


def test_fees_that_would_leave_nobody_else_a_digit_are_not_charged_any_more() -> None:
    funds = Funds()
    funds.create(fee_period_seconds=1, management_fee_factor="0.999")
    funds.deposit("alice", 1_000_000)
    funds.chain.block(1_000)
    assert int(funds.vault().total_units) < 2**256
    assert funds.vault().next_fee_time.seconds > funds.chain.app.time_ns // 10**9


@pytest.mark.parametrize(
    ("amount", "holders", "parts"),
    [
        (1_000, (1, 1, 1), (334, 333, 333)),
        (10, (71, 22, 7), (7, 2, 1)),
        (1, (1, 1, 1), (1, 0, 0)),
    ],
)
def test_w13_other_assets_are_passed_on_at_once(amount: int, holders: tuple[int, ...], parts: tuple[int, ...]) -> None:
    names = sorted(("alice", "bob", "carl"), key=lambda name: PEOPLE[name])
    funds = Funds(document(Holding(holders=dict(zip(names, holders, strict=True)), cash=sum(holders))))
    funds.reward(amount, "shiny")
    assert tuple(funds.bank(name, "shiny") for name in names) == parts
    assert funds.bank(VAULT, "shiny") == 0


def update(funds: Funds, **fields: object) -> int:
    return funds.send(MsgUpdateVault(owner=OPERATOR, vault_id=VAULT, **fields), "operator").code  # type: ignore[arg-type]


def scheduled(notice_days: int) -> Funds:
    """A vault with days 2, 3 and 10 ahead of it."""
    funds = Funds(document(params={"min_notice_period": str(notice_days * DAY)}))
    funds.create(redemption_dates=(date(2), date(3), date(10)))
    return funds


def test_w14_the_next_date_is_immutable() -> None:
    funds = scheduled(1)
    assert update(funds, remove_dates=(days(2),)) == NextDateImmutable.code
    assert update(funds, remove_dates=(days(2),), add_dates=(date(2, "0.5"),)) == NextDateImmutable.code


def test_w14_dates_within_the_notice_period_are_immutable() -> None:
    assert update(scheduled(5), remove_dates=(days(3),), add_dates=(date(3, "0.5"),)) == WithinNotice.code


def test_w14_later_dates_may_change_and_the_end_may_move() -> None:
    funds = scheduled(2)
    assert update(funds, remove_dates=(days(3),), add_dates=(date(3, "0.5", FREE_CASH_ONLY),)) == 0
    assert update(funds, remove_dates=(days(10),), add_dates=(date(5),)) == 0
    assert [one.date for one in funds.vault().redemption_dates] == [days(2), days(3), days(5)]


def test_w14_a_date_may_be_added_before_the_next_one_and_becomes_it() -> None:
    funds = scheduled(1)
    assert update(funds, add_dates=(date(1),)) == 0
    assert funds.vault().redemption_dates[0].date == days(1)
    assert update(funds, remove_dates=(days(1),)) == NextDateImmutable.code


def test_w14_nothing_follows_a_closing_date_that_must_stay() -> None:
    assert update(scheduled(11), add_dates=(date(12),)) == ClosingDateImmutable.code
    alone = Funds(document(params={"min_notice_period": "0"}))
    alone.create(redemption_dates=(date(10),))
    assert update(alone, add_dates=(date(12),)) == ClosingDateImmutable.code


def test_w14_dates_that_are_past_or_not_there_cannot_be_changed() -> None:
    funds = scheduled(1)
    assert update(funds, add_dates=(date(0),)) == DateInPast.code
    assert update(funds, remove_dates=(days(0),)) == DateInPast.code
    assert update(funds, remove_dates=(days(7),)) == InvalidSchedule.code
    assert update(funds, add_dates=(date(3),)) == InvalidSchedule.code


def test_w15_a_request_is_served_a_cut_off_later_at_the_earliest() -> None:
    """The design's days, one later: the chain itself begins on day 0."""
    funds = Funds()
    funds.create(cut_off_period_seconds=3 * DAY, redemption_dates=(date(4), date(6), date(900)))
    funds.deposit("alice", 1_000)
    funds.deposit("bob", 1_000)
    funds.to_day(1 - 1 / DAY)
    funds.redeem("alice", 100)
    assert funds.requests()[0].eligible_from == days(4)
    funds.to_day(2 - 1 / DAY)
    funds.redeem("bob", 100)
    funds.to_day(4)
    assert received(funds) == {"alice": 100, "bob": 0}
    funds.to_day(6)
    assert received(funds) == {"alice": 100, "bob": 100}


def test_w16_a_small_holder_gets_its_part_of_the_cap() -> None:
    everybody = Funds(document(holding(90_000, 10_000, free_cash(1, "0.2"), alice=1_000, bob=99_000)))
    everybody.redeem("alice")
    everybody.redeem("bob")
    everybody.to_day(1)
    assert received(everybody) == {"alice": 180, "bob": 17_820}
    assert everybody.shares()["alice"] == "0.01"
    alone = Funds(document(holding(90_000, 10_000, free_cash(1, "0.2"), alice=1_000, bob=99_000)))
    alone.redeem("alice", 180)
    alone.to_day(1)
    assert alone.shares()["alice"] == "0.008214786616"


# --- fees and the closing date, §6.5 ----------------------------------------------------------------------------------


def test_no_fee_is_taken_for_what_comes_after_the_closing_date() -> None:
    """1 % a day, closing on day 3, no block until day 100: three assessments leave alice 0.99^3 of 1,000,000."""
    funds = Funds()
    funds.create(management_fee_factor="0.01", fee_period_seconds=DAY - 1, redemption_dates=(date(3),))
    funds.deposit("alice", 1_000_000)
    before = funds.bank("alice")
    funds.to_day(100)
    assert funds.vault().status == STOPPED
    assert funds.bank("alice") - before == 970_299


@pytest.mark.parametrize("by_message", [False, True])
def test_fees_that_fell_due_before_a_change_are_assessed_by_the_old_terms(by_message: bool) -> None:
    """1 % is due on day 1; 50 % an hour from day 1.5 on; no block until day 1.75. The period that began on day 1 lasts
    until day 2. That the block brings a further change makes no difference."""
    funds = Funds()
    funds.create(management_fee_factor="0.01", fee_period_seconds=DAY - 1)
    funds.deposit("alice", 1_000_000)
    funds.to_day(0.25)
    change = MsgUpdateVault(owner=OPERATOR, vault_id=VAULT, management_fee_factor="0.5", fee_period_seconds=3_600)
    funds.ok(change, "operator", seconds=DAY // 4)
    if by_message:
        later = MsgUpdateVault(owner=OPERATOR, vault_id=VAULT, management_fee_factor="0.9")
        funds.ok(later, "operator", seconds=DAY + DAY // 4)
    else:
        funds.to_day(1.75)
    assert funds.shares() == {"alice": "0.99", "operator": "0.01"}
    vault = funds.vault()
    assert (vault.fee_period, vault.management_fee_factor) == (3_600, "0.500000000000000000")
    assert vault.next_fee_time == days(2 - 1 / DAY)
    assert (vault.pending_update is not None) == by_message


# --- facts of the design's upstream tests, §13.1 ----------------------------------------------------------------------


def test_upstream_fees_of_two_periods() -> None:
    funds = Funds()
    funds.create(management_fee_factor="0.02", performance_fee_factor="0.01", fee_period_seconds=DAY)
    funds.deposit("alice", 150)
    funds.deposit("bob", 50)
    funds.buy(200, 1_000_000)
    funds.to_day(1.5, {0: 1_250_000})
    assert funds.shares() == {"alice": "0.7335", "bob": "0.2445", "operator": "0.022"}
    funds.to_day(2.5, {0: 1_000_000})
    assert funds.shares() == {"alice": "0.71883", "bob": "0.23961", "operator": "0.04156"}


def test_upstream_redemptions_move_shares() -> None:
    funds = Funds(document(holding(200, 0, date(1), date(2), alice=150, bob=50)))
    funds.redeem("alice", 100)
    funds.to_day(1)
    assert funds.shares() == {"alice": "0.5", "bob": "0.5"}
    funds.redeem("bob", 20)
    funds.to_day(2)
    assert funds.shares() == {"alice": "0.625", "bob": "0.375"}
    assert decimals(funds.vault().invested_amount) == "80"


@pytest.mark.parametrize(("cash", "asked", "got"), [(160, (50, 30), (50, 30)), (100, (80, 30), (75, 25))])
def test_upstream_free_cash_dates(cash: int, asked: tuple[int, int], got: tuple[int, int]) -> None:
    funds = Funds(document(holding(cash, 200 - cash, free_cash(1), alice=150, bob=50)))
    funds.redeem("alice", asked[0])
    funds.redeem("bob", asked[1])
    funds.to_day(1)
    assert received(funds) == {"alice": got[0], "bob": got[1]}
    assert column(funds, "status") == [COMPLETED, COMPLETED]


def test_upstream_a_normal_date_with_too_little_cash() -> None:
    funds = Funds(document(holding(100, 100, date(1), alice=150, bob=50)))
    funds.redeem("alice", 100)
    funds.redeem("bob", 50)
    funds.to_day(1)
    assert received(funds) == {"alice": 75, "bob": 25}
    assert column(funds, "due") == ["25", "25"]


def test_upstream_requests_are_capped_at_what_the_units_are_worth() -> None:
    funds = Funds(document(holding(80, 160, date(1), alice=150, bob=50)))
    funds.price(2_000_000)
    assert funds.total() == 400
    assert funds.redeem("alice", 200).code == 0
    assert funds.redeem("bob", 100).code == 0
    funds.price(750_000)
    assert funds.total() == 200
    funds.to_day(1)
    assert received(funds) == {"alice": 60, "bob": 20}
    assert column(funds, "due") == ["90", "30"]


def test_upstream_the_last_date_leaves_everybody_late_with_a_claim_that_follows_the_value() -> None:
    held = Holding(
        holders={"alice": 150, "bob": 50},
        cash=100,
        position=100,
        fields={"redemption_dates": [free_cash(1, "0.1").to_json()]},
    )
    funds = Funds(document(held))
    funds.to_day(1)
    assert received(funds) == {"alice": 75, "bob": 25}
    assert column(funds, "due") == ["ALL", "ALL"]
    assert column(funds, "status") == [LATE, LATE]
    funds.price(2_000_000)
    funds.sell(100, 2_000_000)
    assert received(funds) == {"alice": 75 + 150, "bob": 25 + 50}
    assert funds.vault().status == STOPPED


def test_upstream_the_invested_amount_and_a_close_with_dust() -> None:
    funds = Funds(document(holding(200, 0, date(1), date(2), date(3), alice=150, bob=50)))
    seen = []
    for day, amount in ((1, 15), (2, 14), (3, 16)):
        funds.redeem("alice", amount)
        funds.to_day(day)
        seen.append(funds.vault().invested_amount.partition(".")[0])
        funds.reward(amount)
    assert seen == ["185", "172", "158"]
    before = {name: funds.bank(name) for name in ("alice", "bob", "operator")}
    funds.ok(MsgCloseVault(owner=OPERATOR, vault_id=VAULT), "operator")
    assert [funds.bank(name) - before[name] for name in before] == [136, 63, 1]
    assert (funds.vault().status, funds.total(), funds.vault().total_units) == (STOPPED, 0, "0")


@pytest.mark.parametrize("one", [date(1), free_cash(1)])
def test_upstream_an_empty_vault_completes_requests_with_nothing(one: RedemptionDate) -> None:
    funds = Funds(document(holding(0, 1_000, one, alice=1_000)))
    funds.redeem("alice", 100)
    funds.redeem("alice")
    funds.chain.block(1, prices={0: 1})
    assert funds.total() == 0
    funds.to_day(1)
    assert column(funds, "status") == [COMPLETED, COMPLETED]
    assert column(funds, "amount_received") == ["0", "0"]


def test_upstream_not_adopted_a_lone_request_is_met_as_far_as_possible() -> None:
    funds = Funds(document(holding(100, 100, free_cash(1), alice=150, bob=50)))
    for amount in (40, 30, 10):
        funds.redeem("alice", amount)
    funds.to_day(1)
    assert [int(one.amount_received) for one in funds.requests()] == [40, 30, 10]


def test_upstream_not_adopted_what_is_above_the_fraction_stays_pending() -> None:
    funds = Funds(document(holding(200, 0, date(1, "0.1"), date(2, "0.1"), alice=150, bob=50)))
    funds.redeem("alice", 40)
    funds.to_day(1)
    [request] = funds.requests()
    assert (request.amount_received, request.remaining, request.status) == ("20", "20", PENDING)
    funds.to_day(2)
    [request] = funds.requests()
    assert (request.amount_received, request.remaining, request.status) == ("38", "2", PENDING)
