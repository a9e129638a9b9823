"""Messages that are refused, each for the reason that the design names and in its order, and what the others do.
Expected values: fund-vault §§4, 7, 8, 11."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.world import ALICE, BOB, GOV
from tests.x.fundvault.world import (
    DAY,
    E18,
    OPERATOR,
    PEOPLE,
    VAULT,
    Funds,
    Holding,
    creation,
    date,
    days,
    deposit,
    document,
    redemption,
)
from vaultsim.errors import ChainError
from vaultsim.pb.vaultsim.fundvault.v1 import (
    Metadata,
    MsgChangeVaultOwner,
    MsgCloseVault,
    MsgUpdateParams,
    MsgUpdateVault,
    Params,
    RedemptionRule,
)
from vaultsim.x.fundvault import errors
from vaultsim.x.fundvault.types import COMPLETED, FREE_CASH_ONLY, NORMAL, STOPPED
from vaultsim.x.sdk_errors import InvalidAddress, InvalidRequest, UnknownRequest

NOBODY = PEOPLE["carl"]
"""An address that is no vault."""
YEAR_LONG = 100 * 365 * DAY


def plain(**holders: int) -> Funds:
    """A vault that holds nothing but the cash of its holders."""
    return Funds(document(Holding(holders=holders, cash=sum(holders.values()))))


def update(**fields: Any) -> MsgUpdateVault:
    return MsgUpdateVault(owner=OPERATOR, vault_id=VAULT, **fields)


def test_errors_are_numbered_from_two_in_the_order_of_the_design() -> None:
    names = [
        "VaultNotFound", "VaultExists", "NotVaultOwner", "VaultNotActive", "NotWhitelisted", "InvalidAmount",
        "InsufficientFunds", "InsufficientShare", "VaultInsolvent", "BelowMinimum", "TooManyThisEpoch",
        "InvalidAsset", "AssetNotAllowed", "InvalidMetadata", "InvalidFeePeriod", "InvalidFeeFactor",
        "InvalidCutOff", "InvalidSchedule", "InvalidFraction", "InvalidRedemptionType", "DateInPast",
        "NextDateImmutable", "WithinNotice", "ClosingDateImmutable", "OpenPositions", "OpenOrders",
        "FundsNotFree", "TransferForbidden", "ReduceOnly",
    ]  # fmt: skip
    assert [getattr(errors, name).code for name in names] == list(range(2, 31))
    assert {getattr(errors, name).codespace for name in names} == {"fundvault"}


# --- creation ---------------------------------------------------------------------------------------------------------


def rule(start: float, end: float, period_days: float, kind: int = NORMAL, fraction: str = "1") -> RedemptionRule:
    return RedemptionRule(
        start=days(start), end=days(end), period_seconds=round(period_days * DAY), type=kind, max_fraction=fraction
    )


BAD_CREATIONS: list[tuple[dict[str, Any], type[ChainError]]] = [
    ({"asset_id": 1}, errors.InvalidAsset),
    ({"metadata": Metadata()}, errors.InvalidMetadata),
    ({"metadata": Metadata(name="  ")}, errors.InvalidMetadata),
    ({"metadata": Metadata(name="n", description="x" * 4_096)}, errors.InvalidMetadata),
    ({"fee_period_seconds": 0}, errors.InvalidFeePeriod),
    ({"fee_period_seconds": -1}, errors.InvalidFeePeriod),
    ({"fee_period_seconds": 2**63 - 1}, errors.InvalidFeePeriod),
    ({"fee_period_seconds": YEAR_LONG + 1}, errors.InvalidFeePeriod),
    *(
        ({"management_fee_factor": text}, errors.InvalidFeeFactor)
        for text in ("", "a", "-0.1", "1", "1e-3", "0.0000000000000000001", " 0.1", "0,1", ".5", "+0.1")
    ),
    *(
        ({"performance_fee_factor": text}, errors.InvalidFeeFactor)
        for text in ("", "nan", "-1", "1.000000000000000001")
    ),
    ({"cut_off_period_seconds": -1}, errors.InvalidCutOff),
    ({"cut_off_period_seconds": 2**63 - 1}, errors.InvalidCutOff),
    ({"redemption_dates": ()}, errors.InvalidSchedule),
    ({"redemption_dates": (date(3), date(2))}, errors.InvalidSchedule),
    ({"redemption_dates": (date(2), date(2))}, errors.InvalidSchedule),
    ({"redemption_rules": (rule(900, 901, 1),)}, errors.InvalidSchedule),
    ({"redemption_rules": (rule(2, 1, 1),)}, errors.InvalidSchedule),
    ({"redemption_rules": (rule(1, 2, 0),)}, errors.InvalidSchedule),
    ({"redemption_rules": (rule(1, 2, -1),)}, errors.InvalidSchedule),
    ({"redemption_rules": (rule(1, 1_000, 1),)}, errors.InvalidSchedule),
    ({"redemption_rules": (rule(1, 800_000, 1 / DAY),)}, errors.InvalidSchedule),
    *(
        ({"redemption_dates": (date(2, fraction),)}, errors.InvalidFraction)
        for fraction in ("", "x", "-0.5", "0", "1.1", "1.000000000000000001", "0.1234567890123456789")
    ),
    *(({"redemption_dates": (date(2, "1", kind),)}, errors.InvalidRedemptionType) for kind in (0, 3, 4, -1)),
    ({"redemption_rules": (rule(1, 2, 1, kind=0),)}, errors.InvalidRedemptionType),
    ({"redemption_rules": (rule(1, 2, 1, fraction="2"),)}, errors.InvalidFraction),
    ({"redemption_dates": (date(0),)}, errors.DateInPast),
    ({"redemption_dates": (date(-400), date(900))}, errors.DateInPast),
    ({"redemption_rules": (rule(0, 2, 1),)}, errors.DateInPast),
    ({"whitelist": ("nobody",)}, InvalidAddress),
]


@pytest.fixture(scope="module")
def quiet() -> Funds:
    """A chain with the module that no refused message may change."""
    return Funds()


@pytest.mark.parametrize(("fields", "error"), BAD_CREATIONS)
def test_a_creation_with_one_bad_field_is_refused(
    quiet: Funds, fields: dict[str, Any], error: type[ChainError]
) -> None:
    quiet.refused(creation(**fields), "operator", error)


ORDER_OF_FIELDS: list[tuple[dict[str, Any], type[ChainError]]] = [
    ({"asset_id": 7}, errors.InvalidAsset),
    ({"metadata": Metadata()}, errors.InvalidMetadata),
    ({"fee_period_seconds": 0}, errors.InvalidFeePeriod),
    ({"management_fee_factor": "1"}, errors.InvalidFeeFactor),
    ({"cut_off_period_seconds": -1}, errors.InvalidCutOff),
    ({"redemption_dates": (date(2, "1", 4), date(3, "2"))}, errors.InvalidRedemptionType),
    ({"redemption_dates": (date(2, "2"), date(3, "1", 4))}, errors.InvalidFraction),
]


def test_of_several_bad_fields_the_first_is_told(quiet: Funds) -> None:
    fields: dict[str, Any] = {}
    for worse, error in reversed(ORDER_OF_FIELDS[:-1]):
        fields |= worse
        quiet.refused(creation(**fields), "operator", error)
    quiet.refused(creation(**ORDER_OF_FIELDS[-1][0]), "operator", errors.InvalidFraction)


@pytest.mark.parametrize(
    "fields",
    [
        {"management_fee_factor": "0.999999999999999999", "performance_fee_factor": "1"},
        {"redemption_dates": (date(2, "0.1"), date(3, "0.000000000000000001"))},
        {"redemption_dates": (date(2),), "redemption_rules": (rule(1, 3, 2),)},
        {"redemption_dates": (), "redemption_rules": (rule(1, 1_000.5, 1),)},
        {"fee_period_seconds": 1, "cut_off_period_seconds": YEAR_LONG},
        {"metadata": Metadata(name="x" * 4_096)},
    ],
)
def test_creations_at_the_limits_pass(fields: dict[str, Any]) -> None:
    assert Funds().send(creation(**fields), "operator").code == 0


def test_dates_and_rules_are_merged_in_order() -> None:
    funds = Funds()
    funds.create(redemption_dates=(date(2, "0.5"), date(9)), redemption_rules=(rule(1, 6, 2, FREE_CASH_ONLY, "0.1"),))
    found = [(one.date, one.type, one.max_fraction[:3]) for one in funds.vault().redemption_dates]
    assert found == [
        (days(1), FREE_CASH_ONLY, "0.1"),
        (days(2), NORMAL, "0.5"),
        (days(3), FREE_CASH_ONLY, "0.1"),
        (days(5), FREE_CASH_ONLY, "0.1"),
        (days(9), NORMAL, "1.0"),
    ]


def test_a_new_vault_is_empty_and_has_its_first_fee_time_a_period_away() -> None:
    funds = Funds()
    vault = funds.vault(funds.create("alice", fee_period_seconds=10))
    assert (vault.owner, vault.total_units, vault.high_water_mark) == (ALICE, "0", "1.000000000000000000")
    assert vault.next_fee_time.seconds == funds.chain.app.time_ns // 10**9 + 10


def test_an_id_that_is_taken_is_not_given_again() -> None:
    funds = Funds(document(Holding(), section={"next_vault_sequence": "0"}))
    funds.refused(creation(), "operator", errors.VaultExists)


def test_a_vault_needs_its_asset_on_the_chain() -> None:
    made = document()
    made["app_state"]["assets"]["assets"] = []
    funds = Funds(made, checked=False)
    assert funds.send(creation(), "operator").code == errors.InvalidAsset.code


# --- deposits ---------------------------------------------------------------------------------------------------------

BAD_AMOUNTS = ["0", "-1", "1.5", "1e3", "0x10", " 1", "1 ", "+1", "", "ten", "١", "00", str(2**256), "9" * 80]


@pytest.mark.parametrize("amount", BAD_AMOUNTS)
def test_amounts_that_are_no_positive_integers_are_refused(quiet: Funds, amount: str) -> None:
    quiet.refused(deposit("alice", amount), "alice", errors.InvalidAmount)
    if amount:
        quiet.refused(redemption("alice", amount), "alice", errors.InvalidAmount)


@pytest.mark.parametrize("amount", [2**63, 2**64, 10**30, 2**256 - 1])
def test_amounts_beyond_what_anybody_has_are_refused(amount: int) -> None:
    funds = plain(alice=1_000)
    funds.refused(deposit("bob", amount), "bob", errors.InsufficientFunds)
    funds.refused(redemption("alice", amount), "alice", errors.InsufficientShare)


def test_a_deposit_of_one_base_unit_mints_its_units() -> None:
    funds = Funds()
    funds.create()
    assert funds.deposit("alice", 1).code == 0
    assert funds.units() == {"alice": E18}


def test_deposits_need_a_vault_that_is_active() -> None:
    funds = plain(alice=1_000)
    funds.refused(deposit("alice", 1, NOBODY), "alice", errors.VaultNotFound)
    funds.refused(deposit("alice", 1, "no id at all"), "alice", errors.VaultNotFound)
    funds.ok(MsgCloseVault(owner=OPERATOR, vault_id=VAULT), "operator")
    funds.refused(deposit("alice", 1), "alice", errors.VaultNotActive)


def test_only_whitelisted_keys_deposit_where_the_whitelist_is_on() -> None:
    funds = Funds()
    funds.create(whitelist_enabled=True, whitelist=(ALICE,))
    funds.refused(deposit("bob", 10), "bob", errors.NotWhitelisted)
    funds.refused(deposit("operator", 10), "operator", errors.NotWhitelisted)
    assert funds.deposit("alice", 10).code == 0
    funds.ok(update(whitelist_add=(BOB,), whitelist_remove=(ALICE,)), "operator")
    funds.refused(deposit("alice", 10), "alice", errors.NotWhitelisted)
    assert funds.deposit("bob", 10).code == 0
    assert funds.units() == {"alice": 10 * E18, "bob": 10 * E18}
    funds.ok(update(whitelist_enabled=False), "operator")
    assert funds.deposit("alice", 10).code == 0


def test_deposits_below_the_minimum_and_above_the_balance_are_refused() -> None:
    funds = Funds(document(params={"min_deposit_quantum_multiple": "100"}))
    funds.create()
    funds.refused(deposit("alice", 99), "alice", errors.BelowMinimum)
    assert funds.deposit("alice", 100).code == 0
    funds.refused(deposit("alice", funds.bank("alice") + 1), "alice", errors.InsufficientFunds)
    assert funds.deposit("alice", funds.bank("alice")).code == 0


def test_a_vault_with_holders_and_without_worth_takes_no_deposits() -> None:
    funds = Funds(document(Holding(holders={"alice": 1_000}, position=1_000)))
    funds.price(1)
    assert funds.total() == 0
    funds.refused(deposit("bob", 100), "bob", errors.VaultInsolvent)


def test_a_deposit_that_is_worth_less_than_a_unit_is_refused() -> None:
    dear = Holding(cash=10**6, fields={"total_units": "1", "units": [{"party": ALICE, "units": "1"}]})
    funds = Funds(document(dear))
    funds.refused(deposit("bob", 999_999), "bob", errors.BelowMinimum)
    assert funds.deposit("bob", 10**6).code == 0


def test_units_stay_below_two_to_the_256th() -> None:
    most = str(2**256 - 10)
    funds = Funds(document(Holding(cash=1, fields={"total_units": most, "units": [{"party": ALICE, "units": most}]})))
    funds.refused(deposit("bob", 1), "bob", errors.InvalidAmount)


def test_checks_of_a_deposit_come_in_the_order_of_the_design() -> None:
    """Whitelist, minimum, count, balance, solvency: each hides what comes after it."""
    fields: dict[str, Any] = {"whitelist_enabled": True, "whitelist": [ALICE]}
    params = {"min_deposit_quantum_multiple": "100", "max_deposits_per_epoch": 1}
    held = Holding(holders={"carl": 1_000}, position=1_000, fields=fields)
    counted = {"epoch_counts": [{"party": ALICE, "deposits": 1, "redemptions": 0}]}
    funds = Funds(document(held, params=params, section=counted))
    funds.price(1)
    huge = 10**30
    funds.refused(deposit("bob", 1), "bob", errors.NotWhitelisted)
    funds.refused(deposit("alice", 99), "alice", errors.BelowMinimum)
    funds.refused(deposit("alice", huge), "alice", errors.TooManyThisEpoch)
    funds.ok(update(whitelist_enabled=False), "operator")
    funds.refused(deposit("bob", huge), "bob", errors.InsufficientFunds)
    funds.refused(deposit("bob", 100), "bob", errors.VaultInsolvent)


# --- requests ---------------------------------------------------------------------------------------------------------


def test_requests_need_units_worth_as_much_less_what_was_asked_for() -> None:
    funds = plain(alice=1_000, bob=500)
    funds.refused(redemption("carl", 1), "carl", errors.InsufficientShare)
    funds.refused(redemption("carl"), "carl", errors.InsufficientShare)
    funds.refused(redemption("alice", 1_001), "alice", errors.InsufficientShare)
    assert funds.redeem("alice", 600).code == 0
    funds.refused(redemption("alice", 401), "alice", errors.InsufficientShare)
    assert funds.redeem("alice", 400).code == 0
    funds.refused(redemption("alice"), "alice", errors.InsufficientShare)
    assert funds.redeem("bob").code == 0
    funds.refused(redemption("bob", 1), "bob", errors.InsufficientShare)
    funds.refused(redemption("alice", 1, NOBODY), "alice", errors.VaultNotFound)


def test_small_requests_are_refused_but_for_full_ones() -> None:
    params = {"min_redemption_quantum_multiple": "100"}
    funds = Funds(document(Holding(holders={"alice": 150, "bob": 50}, cash=200), params=params))
    funds.refused(redemption("alice", 99), "alice", errors.BelowMinimum)
    assert funds.redeem("alice", 100).code == 0
    assert funds.redeem("alice", 50).code == 0
    assert funds.redeem("bob").code == 0


def test_deposits_and_requests_are_counted_over_all_vaults_and_anew_each_epoch() -> None:
    funds = Funds(document(params={"max_deposits_per_epoch": 2, "max_redemptions_per_epoch": 1}))
    first, second = funds.create(), funds.create("bob")
    assert funds.deposit("alice", 100, first).code == 0
    funds.refused(deposit("alice", 10**30, first), "alice", errors.InsufficientFunds)
    assert funds.deposit("alice", 100, second).code == 0
    funds.refused(deposit("alice", 100, second), "alice", errors.TooManyThisEpoch)
    assert funds.redeem("alice", 1, first).code == 0
    funds.refused(redemption("alice", 1, second), "alice", errors.TooManyThisEpoch)
    assert funds.deposit("carl", 100, first).code == 0
    funds.to_day(1)
    assert list(funds.keeper.state.epoch_counts.keys(funds.chain.ctx)) == []
    assert funds.deposit("alice", 100, first).code == 0
    assert funds.redeem("alice", 1, second).code == 0


# --- updates ----------------------------------------------------------------------------------------------------------


def test_only_the_owner_changes_closes_and_hands_over_a_vault() -> None:
    funds = plain(alice=1_000)
    for message in (
        MsgUpdateVault(owner=ALICE, vault_id=VAULT, metadata=Metadata(name="mine")),
        MsgChangeVaultOwner(owner=ALICE, vault_id=VAULT, new_owner=ALICE),
        MsgCloseVault(owner=ALICE, vault_id=VAULT),
    ):
        funds.refused(message, "alice", errors.NotVaultOwner)
    for message in (
        MsgUpdateVault(owner=OPERATOR, vault_id=NOBODY),
        MsgChangeVaultOwner(owner=OPERATOR, vault_id=NOBODY, new_owner=ALICE),
        MsgCloseVault(owner=OPERATOR, vault_id=NOBODY),
    ):
        funds.refused(message, "operator", errors.VaultNotFound)


BAD_UPDATES: list[tuple[dict[str, Any], type[ChainError]]] = [
    ({"metadata": Metadata()}, errors.InvalidMetadata),
    ({"metadata": Metadata(name="n", url="x" * 5_000)}, errors.InvalidMetadata),
    ({"fee_period_seconds": 0}, errors.InvalidFeePeriod),
    ({"management_fee_factor": "1"}, errors.InvalidFeeFactor),
    ({"performance_fee_factor": "-0.1"}, errors.InvalidFeeFactor),
    ({"cut_off_period_seconds": -5}, errors.InvalidCutOff),
    ({"add_dates": (date(5, "0"),)}, errors.InvalidFraction),
    ({"add_dates": (date(5, "1", 9),)}, errors.InvalidRedemptionType),
    ({"add_dates": (date(-1),)}, errors.DateInPast),
    ({"add_dates": (date(5), date(5))}, errors.InvalidSchedule),
    ({"remove_dates": (days(899),)}, errors.InvalidSchedule),
    ({"whitelist_add": ("x",)}, InvalidAddress),
]


@pytest.mark.parametrize(("fields", "error"), BAD_UPDATES)
def test_an_update_with_one_bad_field_is_refused(fields: dict[str, Any], error: type[ChainError]) -> None:
    plain(alice=1).refused(update(**fields), "operator", error)


@pytest.mark.parametrize(
    ("fields", "error", "left"),
    [
        ({"add_dates": (date(20),)}, None, [10, 20, 30]),
        ({"add_dates": (date(40),), "remove_dates": (days(30),)}, None, [10, 40]),
        ({"remove_dates": (days(5),)}, errors.DateInPast, [10, 30]),
        ({"remove_dates": (days(10),)}, errors.NextDateImmutable, [10, 30]),
    ],
)
def test_a_date_that_the_block_reaches_is_neither_the_next_one_nor_in_the_way(
    fields: dict[str, Any], error: type[ChainError] | None, left: list[int]
) -> None:
    """The fifth day's date is processed at the end of the block that brings the message."""
    dates = [date(day).to_json() for day in (5, 10, 30)]
    funds = Funds(document(Holding(holders={"alice": 10}, cash=10, fields={"redemption_dates": dates})))
    funds.to_day(4)
    result = funds.send(update(**fields), "operator", seconds=DAY)
    assert result.code == (0 if error is None else error.code)
    assert [one.date for one in funds.vault().redemption_dates] == [days(day) for day in left]


def test_nothing_is_added_in_the_block_that_reaches_the_closing_date() -> None:
    funds = Funds(document(Holding(holders={"alice": 10}, cash=10, fields={"redemption_dates": [date(5).to_json()]})))
    funds.to_day(4)
    assert funds.send(update(add_dates=(date(20),)), "operator", seconds=DAY).code == errors.ClosingDateImmutable.code
    assert funds.vault().status == STOPPED


def test_the_only_date_cannot_be_removed() -> None:
    funds = plain(alice=1)
    log = funds.refused(update(remove_dates=(days(900),)), "operator", errors.InvalidSchedule)
    assert "no date is left" in log
    moved = update(remove_dates=(days(900),), add_dates=(date(899),))
    funds.refused(moved, "operator", errors.NextDateImmutable)


def test_metadata_changes_at_once_and_fees_after_the_notice_period() -> None:
    funds = Funds(document(params={"min_notice_period": "100"}))
    funds.create(fee_period_seconds=1_000_000)
    asked = update(
        metadata=Metadata(name="B fund"),
        fee_period_seconds=50,
        management_fee_factor="0.02",
        performance_fee_factor="0.2",
        cut_off_period_seconds=7,
    )
    funds.ok(asked, "operator")
    asked_at = funds.chain.app.time_ns // 10**9
    vault = funds.vault()
    assert (vault.metadata.name, vault.fee_period, vault.cut_off_period) == ("B fund", 1_000_000, 0)
    assert vault.pending_update is not None
    assert vault.pending_update.effective_at.seconds == asked_at + 100
    funds.chain.block(99)
    assert funds.vault().fee_period == 1_000_000
    funds.chain.block(1)
    vault = funds.vault()
    assert (vault.fee_period, vault.cut_off_period, vault.pending_update) == (50, 7, None)
    assert (vault.management_fee_factor[:4], vault.performance_fee_factor[:3]) == ("0.02", "0.2")


def test_a_new_scheduled_change_replaces_the_one_before() -> None:
    funds = Funds(document(params={"min_notice_period": "100"}))
    funds.create()
    funds.ok(update(management_fee_factor="0.02"), "operator")
    funds.chain.block(60)
    funds.ok(update(cut_off_period_seconds=9), "operator")
    funds.chain.block(60)
    assert funds.vault().cut_off_period == 0
    funds.chain.block(60)
    vault = funds.vault()
    assert (vault.cut_off_period, vault.management_fee_factor) == (9, "0.000000000000000000")


def test_a_new_owner_trades_and_earns_while_the_old_one_keeps_its_units() -> None:
    funds = Funds()
    funds.create(management_fee_factor="0.01", fee_period_seconds=DAY)
    funds.deposit("operator", 100_000)
    funds.ok(MsgChangeVaultOwner(owner=OPERATOR, vault_id=VAULT, new_owner=ALICE), "operator")
    funds.refused(update(), "operator", errors.NotVaultOwner)
    funds.to_day(1.5)
    assert funds.shares() == {"alice": "0.01", "operator": "0.99"}


def test_a_vault_is_not_handed_to_what_cannot_own_it() -> None:
    funds = plain(alice=1_000)
    for new_owner in ("", "somebody", VAULT):
        message = MsgChangeVaultOwner(owner=OPERATOR, vault_id=VAULT, new_owner=new_owner)
        funds.refused(message, "operator", InvalidAddress)


# --- closing ----------------------------------------------------------------------------------------------------------


def test_a_vault_with_a_position_cannot_be_closed() -> None:
    funds = Funds(document(Holding(holders={"alice": 1_000}, cash=500, position=500)))
    funds.refused(MsgCloseVault(owner=OPERATOR, vault_id=VAULT), "operator", errors.OpenPositions)


def test_a_vault_whose_cash_is_negative_cannot_be_closed() -> None:
    funds = Funds(document(Holding(holders={"alice": 1_000}, cash=-5)), checked=False)
    funds.refused(MsgCloseVault(owner=OPERATOR, vault_id=VAULT), "operator", errors.FundsNotFree)


def test_closing_pays_everybody_and_completes_what_was_asked_for() -> None:
    funds = plain(alice=1_000, bob=500)
    funds.redeem("alice", 300)
    funds.redeem("alice", 100)
    funds.redeem("bob")
    before = {name: funds.bank(name) for name in ("alice", "bob")}
    funds.ok(MsgCloseVault(owner=OPERATOR, vault_id=VAULT), "operator")
    assert [funds.bank(name) - before[name] for name in before] == [1_000, 500]
    found = [(one.amount_received, one.cancelled_amount, one.written_off, one.status) for one in funds.requests()]
    assert found == [("300", "0", "0", COMPLETED), ("100", "0", "0", COMPLETED), ("500", "0", "0", COMPLETED)]
    assert (funds.vault().status, funds.units(), funds.total()) == (STOPPED, {}, 0)
    for message in (
        MsgCloseVault(owner=OPERATOR, vault_id=VAULT),
        update(),
        MsgChangeVaultOwner(owner=OPERATOR, vault_id=VAULT, new_owner=ALICE),
    ):
        funds.refused(message, "operator", errors.VaultNotActive)
    funds.refused(redemption("alice", 1), "alice", errors.VaultNotActive)


def test_an_empty_vault_closes() -> None:
    funds = Funds()
    funds.create()
    funds.ok(MsgCloseVault(owner=OPERATOR, vault_id=VAULT), "operator")
    assert funds.vault().status == STOPPED


# --- the module -------------------------------------------------------------------------------------------------------


def test_parameters_are_governance_s() -> None:
    funds = Funds()
    params = Params(max_deposits_per_epoch=1, max_redemption_dates=2)
    funds.refused(MsgUpdateParams(authority=ALICE, params=params), "alice", InvalidRequest)
    funds.chain.block(gov=[MsgUpdateParams(authority=ALICE, params=params)])
    assert funds.keeper.params(funds.chain.ctx).max_deposits_per_epoch == 0
    funds.chain.block(gov=[MsgUpdateParams(authority=GOV, params=params)])
    now = funds.keeper.params(funds.chain.ctx)
    assert (now.max_deposits_per_epoch, now.max_redemption_dates) == (1, 2)
    assert (now.min_notice_period, now.max_metadata_bytes) == (DAY, 4_096)
    funds.refused(creation(redemption_dates=(date(1), date(2), date(3))), "operator", errors.InvalidSchedule)


def test_a_chain_without_the_section_refuses_the_messages() -> None:
    made = document()
    del made["app_state"]["fundvault"]
    funds = Funds(made)
    for message, by in ((creation(), "operator"), (deposit("alice", 1), "alice"), (redemption("alice"), "alice")):
        funds.refused(message, by, UnknownRequest)
    assert "fundvault" not in funds.chain.export()["app_state"]


def test_what_a_message_cannot_be_signed_for_never_runs() -> None:
    """Alice signs for bob's deposit."""
    funds = plain(alice=1_000)
    result = funds.send(deposit("bob", 10), "alice")
    assert result.code != 0
    assert funds.units() == {"alice": 1_000 * E18}


def test_an_address_in_capitals_is_the_same_address() -> None:
    funds = Funds()
    funds.create()
    message = deposit("alice", 100)
    shouted = type(message)(party=ALICE.upper(), vault_id=VAULT, amount="100")
    funds.ok(shouted, "alice")
    assert funds.units() == {"alice": 100 * E18}


def test_creation_is_for_anyone() -> None:
    funds = Funds()
    ids = [funds.create(name) for name in ("alice", "bob", "alice")]
    assert len(set(ids)) == 3
