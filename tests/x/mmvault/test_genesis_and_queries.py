"""The genesis section, its export and check, what a dump and a summary show, and the queries.

Source: mm-vault §§5.3, 8; designs-on-chain (mmvault).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.world import Case, document, subaccount
from tests.x.mmvault.scene import (
    ALICE,
    BOB,
    CARL,
    DAVE,
    GOV,
    QUERY,
    SELL,
    VAULT,
    Market,
    Scene,
    add,
    genesis,
    govern,
    margin_of,
    micro,
    pair_params,
    params_of,
    remove,
    rest,
    section,
    set_price,
    started,
    trade,
)
from vaultsim.address import module_address
from vaultsim.cli.tables import print_summary
from vaultsim.errors import UserError
from vaultsim.node.genesis_check import check_genesis
from vaultsim.node.summary import summarize
from vaultsim.pb.cosmos.auth.v1beta1 import ModuleAccount
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.index import MESSAGES
from vaultsim.pb.runtime import Message
from vaultsim.pb.services import SERVICES
from vaultsim.pb.vaultsim.mmvault.v1 import (
    MsgUpdateParams,
    QueryComputeQuotesRequest,
    QueryPairQuoteParamsRequest,
    QueryParamsRequest,
    QueryPreviewAddRequest,
    QueryPreviewRemoveRequest,
    QueryQuotesRequest,
    QuerySharesRequest,
    QuerySnapshotsRequest,
    QueryUnlocksRequest,
    QueryVaultRequest,
)
from vaultsim.testing.local_chain import LocalChain

TWO = (Market(oracle="2000", cap="100"), Market(oracle="1000", weight=2))
DAY = 86_400


def ask(chain: LocalChain, method: str, request: Message) -> dict[str, Any]:
    return chain.query(QUERY + method, request).to_json()


def busy() -> LocalChain:
    """Shares of two owners, unlocks, positions in both pairs, quotes."""
    chain = started(markets=TWO, taker_fee_ppm=1_000, fee_share_ppm=500_000)
    add(chain, ALICE, 5_000)
    add(chain, BOB, 7_000)
    trade(chain, DAVE, SELL, "2", "1980", pair=0)
    trade(chain, DAVE, SELL, "3", "990", pair=1, client_id=2)
    set_price(chain, "2100")
    remove(chain, ALICE, 1_000_000_000)
    remove(chain, ALICE, 500_000_000)
    remove(chain, BOB, 500_000_000)
    return chain


# --- genesis -----------------------------------------------------------------------------------------------------


def test_the_section_is_exported_as_it_came() -> None:
    scene = Scene(
        markets=TWO,
        subaccounts=[subaccount(VAULT, micro(5_000))],
        share_supply=5_000_000_000,
        shares={ALICE: 3_000_000_000, BOB: 2_000_000_000},
        unlocks=[
            {"owner": owner, "subaccount_number": number, "amount": str(amount), "end_time": str(end)}
            for owner, number, amount, end in sorted(
                [(ALICE, 3, 10**30, 4_000_000_000), (ALICE, 0, 7, 4_000_000_001), (CARL, 1, 8, 4_000_000_000)],
                key=lambda one: one[0],
            )
        ],
        snapshots=[{"day_start": str(DAY), "equity": "-5", "share_supply": "1"}],
    )
    exported = started(scene, checked=False).export()["app_state"]["mmvault"]
    came = section(scene)
    # The first block refreshed the quotes and took the snapshot of its day.
    assert exported["last_quote_refresh_height"] == 1
    assert exported["snapshots"][0] == came["snapshots"][0]
    assert len(exported["snapshots"]) == 2
    for field in ("params", "pairs", "share_supply", "shares", "unlocks"):
        assert exported[field] == came[field], field
    assert list(exported) == [
        "params", "pairs", "share_supply", "shares", "unlocks", "last_quote_refresh_height", "snapshots",
    ]  # fmt: skip


def test_an_exported_chain_is_the_same_chain_and_goes_on_alike() -> None:
    chain = busy()
    exported = chain.export()
    again = LocalChain(exported)
    assert again.rows() == chain.rows()
    assert again.export() == exported
    for one in (chain, again):
        set_price(one, "1900")
        one.block(300)
        one.blocks(3)
    assert again.app.store.app_hash == chain.app.store.app_hash
    assert again.export() == chain.export()


def test_open_positions_of_a_section_alone_cost_the_oracle_price() -> None:
    """An export without its own rows: the margin of the vault is then its equity."""
    exported = busy().export()
    del exported["app_state"]["vaultsim"]["rows"]["mmvault"]
    vault = ask(LocalChain(exported), "Vault", QueryVaultRequest())
    assert vault["margin"] == vault["equity"]


def test_money_of_unlocks_lies_in_the_vaults_subaccount_1_and_is_filled_up() -> None:
    unlock = {"owner": BOB, "subaccount_number": 0, "amount": "900", "end_time": "4000000000"}
    assert margin_of(started(unlocks=[unlock]), VAULT, 1) == 900
    rich = [subaccount(VAULT, 1_000, number=1)]
    assert margin_of(started(unlocks=[unlock], subaccounts=rich, checked=False), VAULT, 1) == 1_000


def test_the_module_account_comes_with_the_section() -> None:
    chain = started()
    account = chain.app.modules.keepers.accounts.find(chain.ctx, module_address("mmvault"))
    assert isinstance(account, ModuleAccount)
    assert account.name == "mmvault"


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("params", {"max_unlocks": 0}, "$.params"),
    ("pairs", [{"clob_pair_id": 0, "tick_multiple": 0}], "pairs[0]"),
    ("pairs", [{"clob_pair_id": 0, "tick_multiple": 1}] * 2, "pairs[1].clob_pair_id"),
    ("share_supply", "1", "share_supply"),
    ("shares", [{"owner": "nobody", "shares": "0"}], "shares[0].owner"),
    ("shares", [{"owner": ALICE, "shares": "0"}], "shares[0].shares"),
    ("shares", [{"owner": ALICE, "shares": "-1"}, {"owner": ALICE, "shares": "1"}], "shares[1].owner"),
    ("unlocks", [{"owner": ALICE, "amount": "0", "end_time": "1"}], "unlocks[0].amount"),
    ("unlocks", [{"owner": ALICE, "amount": "1", "end_time": "-1"}], "unlocks[0].end_time"),
    ("unlocks", [{"owner": "", "amount": "1", "end_time": "1"}], "unlocks[0].owner"),
    (
        "unlocks",
        [{"owner": ALICE, "subaccount_number": 128_001, "amount": "1", "end_time": "1"}],
        "unlocks[0].subaccount_number",
    ),
    ("snapshots", [{"day_start": "1", "equity": "1", "share_supply": "1"}], "snapshots[0].day_start"),
    ("snapshots", [{"day_start": "86400", "equity": "1"}] * 2, "snapshots[1].day_start"),
]


@pytest.mark.parametrize(("field", "value", "place"), WRONG, ids=[f"{one[2]}" for one in WRONG])
def test_check_names_what_is_wrong_and_the_chain_does_not_start(
    field: str, value: Any, place: str, tmp_path: Path
) -> None:
    made = genesis(Scene())
    made["app_state"]["mmvault"][field] = {**section(Scene())["params"], **value} if field == "params" else value
    path = tmp_path / "genesis.json"
    path.write_text(json.dumps(made))
    problems = check_genesis(path).problems
    assert any(f"app_state.mmvault.{place.removeprefix('$.')}" in problem for problem in problems), problems
    with pytest.raises(UserError, match="mmvault"):
        LocalChain(made)


def test_a_pair_that_does_not_exist_is_no_genesis() -> None:
    made = genesis(Scene())
    made["app_state"]["mmvault"]["pairs"][0]["clob_pair_id"] = 9
    with pytest.raises(UserError, match="there is no perpetual clob pair 9"):
        LocalChain(made)


def test_amounts_of_a_section_may_be_numbers() -> None:
    made = genesis(Scene(subaccounts=[subaccount(VAULT, 5)], share_supply=5, shares={ALICE: 5}))
    made["app_state"]["mmvault"]["share_supply"] = 5
    made["app_state"]["mmvault"]["shares"][0]["shares"] = 5
    exported = LocalChain(made).export()["app_state"]["mmvault"]
    assert (exported["share_supply"], exported["shares"]) == ("5", [{"owner": ALICE, "shares": "5"}])


# --- a chain without the section ---------------------------------------------------------------------------------


def test_a_chain_without_the_section_has_the_same_bytes_as_ever() -> None:
    """Money in the vault's accounts is just money there: no listener, no exemption, no fee rule touches a row."""
    plain = Case(subaccounts=[subaccount(ALICE, 10**9), subaccount(VAULT, 10**9)])
    chain = LocalChain(document(plain))
    chain.blocks(3)
    assert chain.rows()["mmvault"] == {}
    assert chain.export()["app_state"].keys() == LocalChain(document(Case())).export()["app_state"].keys()
    assert summarize(chain.app, blocks=1, transactions=0, failed=0).mmvault is None


# --- queries -----------------------------------------------------------------------------------------------------


def test_every_method_of_the_protos_is_served_and_has_a_rest_door() -> None:
    methods = SERVICES["vaultsim.mmvault.v1.Query"]
    served = started().app.modules.queries
    assert [one.name for one in methods] == [
        "Params", "PairQuoteParams", "Vault", "Shares", "Unlocks", "PreviewAdd", "PreviewRemove", "Quotes",
        "ComputeQuotes", "Snapshots",
    ]  # fmt: skip
    for one in methods:
        assert one.path in served
        snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in one.name).lstrip("_")
        assert one.routes[0] == ("GET", f"/vaultsim/mmvault/v1/{snake}", "")
        assert one.response in MESSAGES


def test_params_and_their_total_weight() -> None:
    chain = started(markets=TWO)
    answer = ask(chain, "Params", QueryParamsRequest())
    assert answer["params"] == section(Scene())["params"]
    assert answer["vault_total_weight"] == "3"
    pairs = ask(chain, "PairQuoteParams", QueryPairQuoteParamsRequest())["pairs"]
    assert pairs == section(Scene(markets=TWO))["pairs"]
    one = ask(chain, "PairQuoteParams", QueryPairQuoteParamsRequest(pair=1))["pairs"]
    assert one == [pairs[1]]


def test_where_the_vault_stands() -> None:
    """Deposits of 5,000, then 2 coins bought at 1,980 with the oracle at 2,000 and initial margin 10 %."""
    chain = started(markets=TWO[:1])
    add(chain, ALICE, 5_000)
    trade(chain, DAVE, SELL, "2", "1980")
    assert ask(chain, "Vault", QueryVaultRequest()) == {
        "margin": "5000000000",
        "equity": "5040000000",
        "effective_equity": "5041000000",
        "share_supply": "5000000000",
        "effective_supply": "5001000000",
        "share_price": {"num": "5041000000", "den": "5001000000"},
        "available_margin": "4640000000",
        "used_margin": "400000000",
        "status": "VAULT_STATUS_HEALTHY",
    }


def test_what_an_owner_has() -> None:
    chain = busy()
    equity = int(ask(chain, "Vault", QueryVaultRequest())["equity"])
    supply = 10_000_000_000
    value = (equity + 10**6) * 3_500_000_000 // (supply + 10**6)
    assert ask(chain, "Shares", QuerySharesRequest(owner=ALICE)) == {
        "shares": "3500000000",
        "value_now": str(value),
        "fraction": {"num": "3500000000", "den": str(supply)},
    }
    assert ask(chain, "Shares", QuerySharesRequest(owner=CARL))["shares"] == "0"
    unlocks = ask(chain, "Unlocks", QueryUnlocksRequest(owner=ALICE))["unlocks"]
    assert [(one["owner"], one["subaccount_number"]) for one in unlocks] == [(ALICE, 0), (ALICE, 0)]
    assert int(unlocks[0]["end_time"]) + 1 == int(unlocks[1]["end_time"])


def test_previews_say_what_the_messages_do() -> None:
    chain = busy()
    minted = ask(chain, "PreviewAdd", QueryPreviewAddRequest(amount="123456789"))["shares_minted"]
    before = chain.app.modules.keepers.mmvault.shares_of(chain.ctx, CARL)
    add(chain, CARL, "123.456789")
    assert chain.app.modules.keepers.mmvault.shares_of(chain.ctx, CARL) - before == int(minted)
    preview = ask(chain, "PreviewRemove", QueryPreviewRemoveRequest(shares=minted))
    remove(chain, CARL, int(minted))
    (unlock,) = ask(chain, "Unlocks", QueryUnlocksRequest(owner=CARL))["unlocks"]
    assert unlock["amount"] == preview["amount"]
    assert int(unlock["end_time"]) == int(preview["end_time"]) + 1


def test_a_dry_run_tells_all_inputs_and_the_refresh_does_the_same() -> None:
    chain = started(markets=TWO)
    rest(chain, BOB, SELL, "1", "1990")
    add(chain, ALICE, 9_000)
    set_price(chain, "2020")
    answer = ask(chain, "ComputeQuotes", QueryComputeQuotesRequest(pair=0))
    assert answer == {
        "params": section(Scene(markets=TWO))["pairs"][0],
        "allocation_base": "9000000000",
        "vault_total_weight": "3",
        "pair_margin": "3000000000",
        "half_margin": "1500000000",
        "oracle_price": "2020000000",
        "oracle_exponent": -6,
        "initial_margin_ppm": 100_000,
        "tick_size": "1000000",
        # 1,500 / (2,020 · 10 %)
        "margin_quantums": "7425742",
        "quantums": "7425742",
        # 2,020 · 0.99 = 1,999.80, over Bob's ask of 1,990
        "bid": {
            "raw_price": "1999800000", "best_opposite": "1990000000", "clamped": True, "subticks": "1989000000",
            "quantums": "7425742", "skip_reason": "",
        },
        "ask": {
            "raw_price": "2040200000", "best_opposite": "0", "clamped": False, "subticks": "2041000000",
            "quantums": "7425742", "skip_reason": "",
        },
        "skip_reason": "",
    }  # fmt: skip
    resting = ask(chain, "Quotes", QueryQuotesRequest(pair=0))["quotes"]
    assert [one["order"]["subticks"] for one in resting] == ["1989000000", "2041000000"]
    assert [one["remaining_quantums"] for one in resting] == ["7425742", "7425742"]


@pytest.mark.parametrize(
    ("scene", "reason"),
    [
        (Scene(enabled=False), "trading_halted"),
        (Scene(markets=[Market(weight=0)]), "zero_total_weight"),
        (Scene(), "no_allocation"),
        (Scene(markets=[Market(status="STATUS_INITIALIZING")]), "pair_not_active"),
    ],
)
def test_a_dry_run_tells_why_a_pair_is_skipped(scene: Scene, reason: str) -> None:
    answer = ask(started(scene), "ComputeQuotes", QueryComputeQuotesRequest(pair=0))
    assert answer["skip_reason"] == reason
    assert (answer["bid"]["subticks"], answer["ask"]["subticks"]) == ("0", "0")
    raw = ("0", "0") if reason == "pair_not_active" else (str(micro(990)), str(micro(1_010)))
    assert (answer["bid"]["raw_price"], answer["ask"]["raw_price"]) == raw


def test_snapshots_are_taken_once_a_day_and_asked_for_with_both_bounds_included() -> None:
    chain = started(time="2024-11-21T00:00:00Z")
    add(chain, ALICE, 5_000)
    first = chain.app.time_ns // 10**9 // DAY * DAY
    for _ in range(2):
        chain.block(DAY)
        chain.block(60)
    found = ask(chain, "Snapshots", QuerySnapshotsRequest())["snapshots"]
    assert [int(one["day_start"]) for one in found] == [first, first + DAY, first + 2 * DAY]
    assert [one["equity"] for one in found] == ["0", "5000000000", "5000000000"]
    for low, high, count in (
        (None, None, 3),
        (first + DAY, None, 2),
        (None, first, 1),
        (first, first + DAY, 2),
        (first + 1, first + DAY - 1, 0),
    ):
        answer = ask(chain, "Snapshots", QuerySnapshotsRequest(from_=low, to=high))
        assert len(answer["snapshots"]) == count


# --- dump and summary --------------------------------------------------------------------------------------------


def test_rows_are_written_as_they_are_told() -> None:
    chain = busy()
    keys = sorted(chain.rows()["mmvault"])
    assert {key.partition(b":")[0] for key in keys} == {
        b"LastQuoteRefreshHeight", b"Pair", b"Params", b"PositionCost", b"ShareSupply", b"Shares", b"Snapshot",
        b"UnlockTime", b"Unlocks",
    }  # fmt: skip
    assert chain.rows()["mmvault"][b"Shares:" + ALICE.encode()] == b"3500000000"


def test_the_summary_shows_the_vault(capsys: pytest.CaptureFixture[str]) -> None:
    chain = busy()
    summary = summarize(chain.app, blocks=9, transactions=5, failed=0)
    assert summary.mmvault is not None
    assert (summary.mmvault.status, summary.mmvault.owners, summary.mmvault.unlocks) == ("HEALTHY", 2, 3)
    assert [pair.base_quantums for pair in summary.mmvault.pairs] == [micro(2), micro(3)]
    assert summary.mmvault.pairs[0].bid_subticks == micro(2_079)
    print_summary(summary)
    shown = capsys.readouterr().out
    assert "mmvault      HEALTHY, equity" in shown
    assert "10,000,000,000 of 2 owners" in shown
    assert "COIN1-USD" in shown


def test_a_changed_fee_share_counts_from_the_next_block_on() -> None:
    chain = started(markets=TWO[:1], taker_fee_ppm=1_000)
    add(chain, ALICE, 5_000)
    trade(chain, DAVE, SELL, "1", "1980")
    assert margin_of(chain, VAULT) == micro(5_000 - 1_980)
    params = params_of(Scene(fee_share_ppm=250_000))
    govern(chain, MsgUpdateParams(authority=GOV, params=params, pairs=(pair_params(0, TWO[0]),)))
    trade(chain, DAVE, SELL, "1", "1980", client_id=2)
    # A quarter of 1.98 dollars.
    assert margin_of(chain, VAULT) == micro(5_000 - 2 * 1_980) + micro("0.495")
    held = chain.app.modules.subaccounts.get(chain.ctx, SubaccountId(owner=VAULT, number=0))
    assert held.perpetual_positions[0].quantums == micro(2)
