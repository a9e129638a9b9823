"""What a document, an update or a question leaves out.

Source: mm-vault §§2, 7, 8; designs-on-chain (mmvault).
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.world import subaccount
from tests.x.mmvault.scene import (
    ALICE,
    CARL,
    GOV,
    QUERY,
    VAULT,
    Market,
    Scene,
    add,
    genesis,
    govern,
    micro,
    pair_json,
    quotes,
    section,
    set_price,
    started,
    vault,
)
from vaultsim.pb.runtime import Message
from vaultsim.pb.services import SERVICES
from vaultsim.pb.vaultsim.mmvault.v1 import (
    MsgUpdateParams,
    PairQuoteParams,
    Params,
    QueryComputeQuotesRequest,
    QueryPairQuoteParamsRequest,
    QueryQuotesRequest,
    QuerySharesRequest,
    VaultStatus,
)
from vaultsim.testing.local_chain import LocalChain

DEFAULTS = {
    "vault_cooldown_period_seconds": 86_400,
    "max_unlocks": 10,
    "vault_deposit_cap": "0",
    "vault_fee_share_ppm": 0,
    "margin_basis": "MARGIN_BASIS_AVAILABLE",
    "trading_enabled": True,
}
"""The design's table."""


def with_section(mmvault: dict[str, Any], *markets: Market) -> LocalChain:
    made = genesis(Scene(markets=markets or [Market()]))
    made["app_state"]["mmvault"] = mmvault
    return LocalChain(made, checked=True)


def exported(chain: LocalChain) -> dict[str, Any]:
    found: dict[str, Any] = chain.export()["app_state"]["mmvault"]
    return found


@pytest.mark.parametrize(
    ("given", "differs"),
    [
        ({}, {}),
        ({"params": {}}, {}),
        ({"params": {"margin_basis": "MARGIN_BASIS_UNSPECIFIED"}}, {}),
        ({"params": {"max_unlocks": 3}}, {"max_unlocks": 3}),
        ({"params": {"trading_enabled": False}}, {"trading_enabled": False}),
    ],
)
def test_parameters_that_genesis_leaves_out_are_those_of_the_design(
    given: dict[str, Any], differs: dict[str, Any]
) -> None:
    chain = with_section(given)
    assert exported(chain)["params"] == {**DEFAULTS, **differs}
    assert LocalChain(chain.export()).export() == chain.export()


def test_a_vault_of_an_empty_section_takes_deposits() -> None:
    chain = with_section({})
    assert add(chain, ALICE, 1).code == 0
    assert vault(chain).share_supply == "1000000"


def test_a_pair_without_a_tick_multiple_is_quoted_at_every_tick() -> None:
    pair = pair_json(0, Market())
    del pair["tick_multiple"]
    chain = with_section({"pairs": [pair]}, Market(oracle="1005.5"))
    assert exported(chain)["pairs"] == [{**pair, "tick_multiple": 1}]
    add(chain, ALICE, 1_000)
    # 1,005.5 · 0.99 = 995.445 and · 1.01 = 1,015.555
    assert [int(price) for _, _, price in quotes(chain)] == [995, 1_016]
    fields = {name: value for name, value in pair.items() if name != "min_order_size"}
    govern(chain, MsgUpdateParams(authority=GOV, pairs=(PairQuoteParams.from_json({**fields, "min_order_size": "1"}),)))
    assert exported(chain)["pairs"] == [{**pair, "tick_multiple": 1, "min_order_size": "1"}]


def test_an_update_changes_the_parameters_that_it_gives() -> None:
    before = Scene(cooldown=60, max_unlocks=2, cap=7, fee_share_ppm=5, basis="MARGIN_BASIS_TOTAL")
    chain = started(before)
    pairs = tuple(PairQuoteParams.from_json(one) for one in section(before)["pairs"])
    govern(chain, MsgUpdateParams(authority=GOV, params=Params(trading_enabled=False), pairs=pairs))
    assert exported(chain)["params"] == {**section(before)["params"], "trading_enabled": False}
    govern(chain, MsgUpdateParams(authority=GOV, params=Params(vault_deposit_cap=0, trading_enabled=True)))
    assert exported(chain)["params"] == {**section(before)["params"], "vault_deposit_cap": "0"}
    assert exported(chain)["pairs"] == []


def ask(chain: LocalChain, method: str, request: Message) -> dict[str, Any]:
    return chain.query(QUERY + method, request).to_json()


def test_a_pair_is_asked_for_by_either_name() -> None:
    chain = started(markets=[Market(oracle="1000"), Market(oracle="2000")])
    add(chain, ALICE, 1_000)
    for method, request in (
        ("PairQuoteParams", QueryPairQuoteParamsRequest),
        ("Quotes", QueryQuotesRequest),
        ("ComputeQuotes", QueryComputeQuotesRequest),
    ):
        first, second = ask(chain, method, request(pair=0)), ask(chain, method, request(pair=1))
        assert first != second
        assert ask(chain, method, request(clob_pair_id=0)) == first
        assert ask(chain, method, request(clob_pair_id=1)) == second
    assert ask(chain, "ComputeQuotes", QueryComputeQuotesRequest())["oracle_price"] == "1000000000"


def test_what_a_question_is_about_may_stand_in_the_path() -> None:
    root = "/vaultsim/mmvault/v1/"
    routes = {one.name: [route[1].removeprefix(root) for route in one.routes] for one in SERVICES[QUERY[1:-1]]}
    assert routes == {
        "Params": ["params"],
        "PairQuoteParams": ["pair_quote_params", "pair_quote_params/{pair}"],
        "Vault": ["vault"],
        "Shares": ["shares", "shares/{owner}"],
        "Unlocks": ["unlocks", "unlocks/{owner}"],
        "PreviewAdd": ["preview_add", "preview_add/{amount}"],
        "PreviewRemove": ["preview_remove", "preview_remove/{shares}"],
        "Quotes": ["quotes", "quotes/{pair}"],
        "ComputeQuotes": ["compute_quotes", "compute_quotes/{pair}"],
        "Snapshots": ["snapshots"],
    }


def test_a_part_of_no_shares_is_nothing_of_one() -> None:
    answer = ask(started(), "Shares", QuerySharesRequest(owner=ALICE))
    assert answer == {"shares": "0", "value_now": "0", "fraction": {"num": "0", "den": "1"}}


def test_after_a_catastrophic_loss_the_whole_margin_is_not_quoted_with_either() -> None:
    """Long 10 coins that cost 1,000 with a margin of 5,000: at 499 the vault owes 10 dollars."""
    chain = started(
        markets=[Market(oracle="1000")],
        basis="MARGIN_BASIS_TOTAL",
        subaccounts=[
            subaccount(VAULT, micro(-5_000), (0, micro(10))),
            subaccount(CARL, micro(50_000), (0, -micro(10))),
        ],
        margins={ALICE: 1_000},
        share_supply=1,
        shares={ALICE: 1},
    )
    assert len(quotes(chain)) == 2
    set_price(chain, "499")
    now = vault(chain)
    assert (int(now.margin), int(now.equity)) == (micro(5_000), micro(-10))
    assert now.status == VaultStatus.VAULT_STATUS_CATASTROPHIC_LOSS
    assert quotes(chain) == []
    assert ask(chain, "ComputeQuotes", QueryComputeQuotesRequest(pair=0))["skip_reason"] == "no_allocation"
    assert ask(chain, "Shares", QuerySharesRequest(owner=ALICE))["value_now"] == "0"
    set_price(chain, "510")
    assert len(quotes(chain)) == 2
