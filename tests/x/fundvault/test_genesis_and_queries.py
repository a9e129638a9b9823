"""Genesis section, export, queries, the end of a run. Source: designs-on-chain (fundvault), fund-vault §9."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.world import ALICE, BOB
from tests.x.fundvault.world import DAY, E18, OPERATOR, VAULT, Funds, Holding, date, days, document, free_cash
from vaultsim.errors import UserError
from vaultsim.module import Genesis
from vaultsim.node.summary import summarize
from vaultsim.pb.cosmos.base.query.v1beta1 import PageRequest
from vaultsim.pb.vaultsim.fundvault.v1 import (
    GenesisState,
    MsgCloseVault,
    Params,
    QueryFeePreviewRequest,
    QueryParamsRequest,
    QueryRedemptionsRequest,
    QueryShareRequest,
    QueryVaultBalancesRequest,
    QueryVaultsRequest,
)
from vaultsim.testing.local_chain import LocalChain
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.fundvault.types import ACTIVE, COMPLETED, LATE, PENDING
from vaultsim.x.sdk_errors import NotFound, UnknownRequest

Json = dict[str, Any]
QUERY = "/vaultsim.fundvault.v1.Query/"


def eventful() -> Funds:
    """A vault with a late, a pending and a completed request, a scheduled change and a stopped sister."""
    dates = [one.to_json() for one in (date(0.5, "0.5"), free_cash(1, "0.5"), date(900))]
    held = Holding(
        holders={"alice": 600_000, "bob": 400_000}, cash=100_000, position=900_000, fields={"redemption_dates": dates}
    )
    funds = Funds(document(held, params={"max_deposits_per_epoch": 5}))
    funds.redeem("bob", 1_000)
    funds.redeem("alice", 500_000)
    funds.redeem("alice")
    funds.deposit("bob", 7)
    sister = funds.create("carl")
    funds.ok(MsgCloseVault(owner=funds.vault(sister).owner, vault_id=sister), "carl")
    funds.to_day(0.5)
    return funds


# --- genesis ----------------------------------------------------------------------------------------------------------


def test_absent_parameters_take_their_defaults() -> None:
    plain = Funds(document(params={}))
    params = plain.keeper.params(plain.chain.ctx)
    assert (params.min_notice_period, params.max_redemption_dates, params.max_metadata_bytes) == (DAY, 1_000, 4_096)
    zero = {"min_notice_period": "0", "max_redemption_dates": 0, "max_metadata_bytes": 0}
    funds = Funds(document(params=zero))
    given = funds.keeper.params(funds.chain.ctx)
    assert (given.min_notice_period, given.max_redemption_dates, given.max_metadata_bytes) == (0, 0, 0)


def test_the_epoch_of_the_counts_is_made_unless_genesis_has_it() -> None:
    funds = Funds()
    epoch = funds.chain.app.modules.keepers.epochs.find(funds.chain.ctx, "fundvault-epoch")
    assert epoch is not None
    assert epoch.duration == DAY
    made = document()
    own = {"name": "fundvault-epoch", "duration": 60, "next_tick": 0, "fast_forward_next_tick": True}
    made["app_state"]["epochs"]["epoch_info_list"].append(own)
    funds = Funds(made)
    epoch = funds.chain.app.modules.keepers.epochs.find(funds.chain.ctx, "fundvault-epoch")
    assert epoch is not None
    assert epoch.duration == 60


def test_an_export_is_imported_to_the_same_rows_and_goes_on_alike() -> None:
    funds = eventful()
    assert [one.status for one in funds.requests()] == [COMPLETED, LATE, PENDING]
    exported = funds.chain.export()
    assert "fundvault" not in exported["app_state"]["vaultsim"]["rows"]
    other = LocalChain(exported)
    assert other.rows() == funds.chain.rows()
    assert other.export() == exported
    for chain in (funds.chain, other):
        chain.block(DAY)
        chain.block(1, prices={0: 1_100_000})
    assert other.app.store.app_hash == funds.chain.app.store.app_hash


def test_the_section_alone_makes_the_same_module_state() -> None:
    funds = eventful()
    exported = funds.chain.export()
    del exported["app_state"]["vaultsim"]
    other = LocalChain(exported)
    assert other.export()["app_state"]["fundvault"] == exported["app_state"]["fundvault"]


def genesis_of(funds: Funds) -> Genesis:
    found = funds.chain.app.modules.all["fundvault"].genesis
    assert found is not None
    return found


def sound() -> Json:
    """The section of an eventful chain, as JSON."""
    section: Json = eventful().chain.export()["app_state"]["fundvault"]
    section["vaults"].sort(key=lambda vault: vault["id"] != VAULT)
    return section


PROBLEMS: list[tuple[str, Any, str]] = [
    ("vaults.0.id", "x", "$.vaults[0].id"),
    ("vaults.0.owner", "", "$.vaults[0].owner"),
    ("vaults.0.asset", 1, "$.vaults[0].asset"),
    ("vaults.0.metadata", {"name": ""}, "$.vaults[0].metadata.name"),
    ("vaults.0.fee_period", "0", "$.vaults[0].fee_period"),
    ("vaults.0.cut_off_period", "-1", "$.vaults[0].cut_off_period"),
    ("vaults.0.management_fee_factor", "1", "$.vaults[0].management_fee_factor"),
    ("vaults.0.performance_fee_factor", "no", "$.vaults[0].performance_fee_factor"),
    ("vaults.0.redemption_dates", [], "$.vaults[0].redemption_dates"),
    ("vaults.0.redemption_dates", [date(3).to_json(), date(2).to_json()], "$.vaults[0].redemption_dates"),
    ("vaults.0.status", 7, "$.vaults[0].status"),
    ("vaults.0.total_units", "5", "$.vaults[0].total_units"),
    ("vaults.0.total_units", "five", "$.vaults[0].total_units"),
    ("vaults.0.units.0.units", "-1", "$.vaults[0].units[0].units"),
    ("vaults.0.units.0.party", "nobody", "$.vaults[0].units[0].party"),
    ("vaults.0.invested_amount", "-1", "$.vaults[0].invested_amount"),
    ("vaults.0.high_water_mark", "0.9", "$.vaults[0].high_water_mark"),
    ("vaults.0.whitelist", ["me"], "$.vaults[0].whitelist[0]"),
    ("vaults.0.buckets", [], "$.requests[1].due"),
    ("vaults.0.buckets.0.claims.0.amount", "0", "$.vaults[0].buckets[0]"),
    ("vaults.0.id", VAULT.upper(), "$.vaults[0].id"),
    ("vaults.0.units.1.party", BOB.upper(), "$.vaults[0].units[1].party"),
    ("vaults.0.pending_update", {"fee_period": "0"}, "$.vaults[0].pending_update.fee_period"),
    ("requests.0.id", "0", "$.requests[0].id"),
    ("requests.0.id", "2", "$.requests[1].id"),
    ("requests.0.vault_id", OPERATOR, "$.requests[0].vault_id"),
    ("requests.0.party", "x", "$.requests[0].party"),
    ("requests.0.amount_received", "1.5", "$.requests[0].amount_received"),
    ("requests.1.remaining", "lots", "$.requests[1].remaining"),
    ("requests.1.status", "REQUEST_STATUS_COMPLETED", "$.requests[1].status"),
    ("epoch_counts", [{"party": ALICE}, {"party": ALICE}], "$.epoch_counts[1].party"),
    ("requests.1.remaining", "007", "$.requests[1].remaining"),
    ("epoch_counts", [{"party": ALICE}, {"party": ALICE.upper()}], "$.epoch_counts[1].party"),
    ("epoch_counts", [{"party": "a"}], "$.epoch_counts[0].party"),
]


@pytest.fixture(scope="module")
def section() -> Json:
    return sound()


@pytest.fixture(scope="module")
def funds() -> Funds:
    return eventful()


@pytest.mark.parametrize(("place", "value", "path"), PROBLEMS)
def test_a_contradiction_is_told_with_its_path(
    section: Json, funds: Funds, place: str, value: object, path: str
) -> None:
    genesis = genesis_of(funds)
    changed: Json = GenesisState.from_json(section).to_json()
    assert genesis.check(GenesisState.from_json(changed)) == []
    target: Any = changed
    steps = place.split(".")
    for step in steps[:-1]:
        target = target[int(step) if step.isdigit() else step]
    target[steps[-1]] = value
    problems = genesis.check(GenesisState.from_json(changed))
    assert path in [problem.path for problem in problems]


def claims_problems(funds: Funds, section: Json) -> list[str]:
    return [problem.path for problem in genesis_of(funds).check(GenesisState.from_json(section))]


def test_a_bucket_claims_each_request_of_its_own_vault_once(section: Json, funds: Funds) -> None:
    """In the sound section bucket 0 of vault 0 claims for request 2, which is requests[1]."""
    changed: Json = GenesisState.from_json(section).to_json()
    changed["requests"][1]["vault_id"] = changed["vaults"][1]["id"]
    assert claims_problems(funds, changed) == ["$.requests[1].due", "$.vaults", "$.requests[1].status"]
    changed = GenesisState.from_json(section).to_json()
    [bucket] = changed["vaults"][0]["buckets"]
    changed["vaults"][0]["buckets"].append(bucket)
    assert claims_problems(funds, changed) == ["$.vaults[0].buckets[1]", "$.requests[1].due"]
    changed["vaults"][0]["buckets"] = [{**bucket, "claims": bucket["claims"] * 2}]
    assert claims_problems(funds, changed) == ["$.vaults[0].buckets[0]", "$.requests[1].due"]


def test_a_stopping_vault_owes_every_holder_everything(section: Json, funds: Funds) -> None:
    changed: Json = GenesisState.from_json(section).to_json()
    changed["vaults"][0] |= {"status": "VAULT_STATUS_STOPPING", "redemption_dates": []}
    assert claims_problems(funds, changed) == ["$.vaults[0].units[0]", "$.vaults[0].units[1]"]


def test_what_a_vault_or_request_does_not_say_is_filled_in() -> None:
    """A vault of the fewest fields: active, without fees, with as many units as its holders have."""
    made = document(Holding(cash=100))
    few = {"id": VAULT, "owner": OPERATOR, "metadata": {"name": "A fund"}, "fee_period": str(DAY)}
    units = [{"party": ALICE, "units": str(70 * E18)}, {"party": BOB, "units": str(30 * E18)}]
    made["app_state"]["fundvault"] = {
        "vaults": [{**few, "redemption_dates": [date(900).to_json()], "units": units}],
        "requests": [{"id": "1", "vault_id": VAULT, "party": BOB}],
        "next_vault_sequence": "1",
    }
    funds = Funds(made)
    vault = funds.vault()
    assert (vault.status, vault.total_units) == (ACTIVE, str(100 * E18))
    assert (vault.management_fee_factor, vault.high_water_mark) == ("0." + "0" * 18, "1." + "0" * 18)
    assert [(one.status, one.remaining, one.due) for one in funds.requests()] == [(PENDING, "ALL", "0")]
    assert LocalChain(funds.chain.export()).rows() == funds.chain.rows()


def test_a_contradictory_section_does_not_start() -> None:
    with pytest.raises(UserError, match=r"fundvault.*total_units"):
        Funds(document(Holding(holders={"alice": 5}, cash=5, fields={"total_units": "4"})))


# --- queries ----------------------------------------------------------------------------------------------------------


def ask(funds: Funds, method: str, request: Any) -> Json:
    return funds.chain.query(QUERY + method, request).to_json()


def test_vaults_tells_everything_about_a_vault(funds: Funds) -> None:
    [found] = ask(funds, "Vaults", QueryVaultsRequest(vault_id=VAULT))["vaults"]
    vault, total_units = funds.vault(), int(funds.vault().total_units)
    held = funds.units()
    assert found["owner"] == OPERATOR
    assert found["status"] == "VAULT_STATUS_ACTIVE"
    assert [one["date"] for one in found["redemption_dates"]] == ["1970-01-02T00:00:00Z", "1972-06-19T00:00:00Z"]
    assert found["next_redemption_time"] == "1970-01-02T00:00:00Z"
    assert found["late_total"] == str(sum(int(one.due) for one in funds.requests()))
    assert found["investment_value"] == str(funds.total())
    assert (found["high_water_mark"], found["invested_amount"]) == (vault.high_water_mark, vault.invested_amount)
    parties = {one["party"]: one for one in found["parties"]}
    assert parties[ALICE]["units"] == str(held["alice"])
    assert parties[ALICE]["share"] == f"0.{held['alice'] * 10**18 // total_units:018d}"
    assert parties[ALICE]["value"] == str(funds.total() * held["alice"] // total_units)
    own = found["balances"][0]
    assert own["asset"] == USDC_DENOM
    assert {one["account"]: int(one["balance"]) for one in own["accounts"]} == {
        "general": funds.general(),
        "margin": funds.total() - funds.general(),
        "bank": 0,
    }
    assert own["total"] == str(funds.total())


def test_vaults_come_in_pages_stopped_ones_last(funds: Funds) -> None:
    every = ask(funds, "Vaults", QueryVaultsRequest())
    assert [one["status"] for one in every["vaults"]] == ["VAULT_STATUS_ACTIVE", "VAULT_STATUS_STOPPED"]
    assert every["pagination"]["total"] == "2"
    page = ask(funds, "Vaults", QueryVaultsRequest(pagination=PageRequest(limit=1)))
    assert [one["id"] for one in page["vaults"]] == [VAULT]
    second = every["vaults"][1]["id"]
    answer = funds.chain.query(QUERY + "Vaults", QueryVaultsRequest(pagination=PageRequest(limit=1, offset=1)))
    assert [one["id"] for one in answer.to_json()["vaults"]] == [second]
    following = PageRequest(limit=5, key=second.encode())
    assert [one["id"] for one in ask(funds, "Vaults", QueryVaultsRequest(pagination=following))["vaults"]] == [second]


def test_redemptions_are_found_by_vault_party_status_and_time_of_request(funds: Funds) -> None:
    def ids(**fields: Any) -> list[str]:
        return [one["id"] for one in ask(funds, "Redemptions", QueryRedemptionsRequest(**fields))["redemptions"]]

    assert ids() == ids(vault_id=VAULT) == ["1", "2", "3"]
    assert ids(party=ALICE) == ["2", "3"]
    assert ids(party=BOB) == ["1"]
    assert ids(vault_id=OPERATOR) == []
    assert [ids(status=one) for one in (COMPLETED, LATE, PENDING)] == [["1"], ["2"], ["3"]]
    first, second, third = funds.requests()
    assert ids(from_=first.requested_at, to=first.requested_at) == ["1"]
    assert ids(from_=second.requested_at, to=third.requested_at) == ["2", "3"]
    assert ids(to=days(0)) == []


def test_the_range_of_times_is_called_from_and_to_in_json() -> None:
    asked: Json = {"from": "1970-01-01T00:00:00Z", "to": "1970-01-02T00:00:00Z"}
    request = QueryRedemptionsRequest.from_json(asked)
    assert (request.from_, request.to) == (days(0), days(1))
    assert {name: request.to_json()[name] for name in asked} == asked


def test_balances_shares_and_the_coming_fee_can_be_asked_for(funds: Funds) -> None:
    balances = ask(funds, "VaultBalances", QueryVaultBalancesRequest(vault_id=VAULT))["balances"]
    assert balances[0]["total"] == str(funds.total())
    share = ask(funds, "Share", QueryShareRequest(vault_id=VAULT, party=BOB))
    assert (share["units"], share["total_units"]) == (str(funds.units()["bob"]), funds.vault().total_units)
    nothing = ask(funds, "Share", QueryShareRequest(vault_id=VAULT, party=OPERATOR))
    assert (nothing["units"], nothing["share"], nothing["value"]) == ("0", "0.000000000000000000", "0")
    assert ask(funds, "Params", QueryParamsRequest())["params"]["max_deposits_per_epoch"] == 5


def test_the_fee_preview_is_what_the_assessment_charges() -> None:
    funds = Funds()
    funds.create(management_fee_factor="0.005", performance_fee_factor="0.2", fee_period_seconds=DAY)
    funds.deposit("alice", 1_000_000)
    funds.reward(200_000)
    preview = ask(funds, "FeePreview", QueryFeePreviewRequest(vault_id=VAULT))
    assert preview["value"] == "1200000"
    assert preview["new_gains"] == "200000.000000000000000000"
    assert preview["management_fee"] == "6000.000000000000000000"
    assert preview["performance_fee"] == "40000.000000000000000000"
    # 10^24 · 46,000 / (1,200,000 - 46,000), rounded down.
    assert preview["units"] == str(10**24 * 46_000 // 1_154_000)
    funds.to_day(1.5)
    assert funds.units()["operator"] == int(preview["units"])


def test_questions_about_nothing_are_answered_so(funds: Funds) -> None:
    for method, request in (
        ("Vaults", QueryVaultsRequest(vault_id=OPERATOR)),
        ("VaultBalances", QueryVaultBalancesRequest()),
        ("Share", QueryShareRequest(vault_id="x")),
        ("FeePreview", QueryFeePreviewRequest(vault_id=OPERATOR)),
    ):
        with pytest.raises(NotFound):
            ask(funds, method, request)
    made = document()
    del made["app_state"]["fundvault"]
    with pytest.raises(UnknownRequest):
        ask(Funds(made), "Params", QueryParamsRequest())


# --- the end of a run -------------------------------------------------------------------------------------------------


def test_the_summary_has_a_line_a_vault_and_nothing_without_the_module(funds: Funds) -> None:
    summary = summarize(funds.chain.app, blocks=1, transactions=0, failed=0)
    first, second = summary.fund_vaults
    assert (first.vault_id, first.status, first.holders) == (VAULT, "ACTIVE", 2)
    assert first.value_quote_quantums == funds.total()
    assert first.late_quote_quantums == sum(int(one.due) for one in funds.requests())
    assert (second.status, second.holders, second.value_quote_quantums) == ("STOPPED", 0, 0)
    made = document()
    del made["app_state"]["fundvault"]
    assert summarize(Funds(made).chain.app, blocks=0, transactions=0, failed=0).fund_vaults == ()


def test_params_can_be_told_apart_from_their_defaults() -> None:
    assert Params().to_json() == {
        "min_deposit_quantum_multiple": "0",
        "min_redemption_quantum_multiple": "0",
        "max_deposits_per_epoch": 0,
        "max_redemptions_per_epoch": 0,
    }
    assert E18 == 10**18
