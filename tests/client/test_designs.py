"""`vaultsim tx` and `vaultsim query` of the further vault designs, against a running node that has all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client.conftest import Program
from vaultsim.address import from_bech32
from vaultsim.pb.registry import services
from vaultsim.testing.accounts import ALICE, BOB, CARL, account
from vaultsim.testing.served import ServedChain, served
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.fundvault.types import vault_id_of

DOLLAR, COIN = 10**6, 10**8
WEI, USD = 10**18, 10**30
FIONA, FRANK, GINA = account("fiona"), account("frank"), account("gina")
FUND = vault_id_of(from_bech32(FIONA.address), 0)
TERMS = {
    "asset_id": 0,
    "metadata": {"name": "Trend", "description": "up", "url": "", "image_url": ""},
    "fee_period_seconds": "3600",
    "management_fee_factor": "0.0001",
    "performance_fee_factor": "0.2",
    "cut_off_period_seconds": "0",
    "redemption_dates": [{"date": "2099-01-01T00:00:00Z", "type": "REDEMPTION_TYPE_NORMAL", "max_fraction": "1"}],
}


@pytest.fixture(scope="module")
def _designs() -> Iterator[ServedChain]:
    with served("four-designs") as one:
        yield one


@pytest.fixture
def chain(_designs: ServedChain) -> Iterator[ServedChain]:
    before = _designs.snapshot()
    yield _designs
    _designs.revert(before)
    _designs.drop_snapshot(before)


@pytest.fixture
def fund(chain: ServedChain, vaultsim: Program, tmp_path: Path) -> str:
    """A fund of Fiona's named Trend, into which Alice has paid $10,000."""
    terms = tmp_path / "terms.json"
    terms.write_text(json.dumps(TERMS))
    vaultsim.done("tx", "fundvault", "create", str(terms), "--from", "fiona")
    vaultsim.done("tx", "fundvault", "deposit", "trend", "10000usdc", "--from", "alice")
    return FUND


# --- mmvault ------------------------------------------------------------------------------------------------------


def test_liquidity_goes_in_and_out_by_command(chain: ServedChain, vaultsim: Program) -> None:
    told = vaultsim.done(
        "tx", "mmvault", "deposit", "6000usdc", "--least", "6000000000", "--subaccount", "1", "--from", "alice"
    )
    assert "6000.000000 USDC (6000000000 quantums)" in told
    assert "shares_minted 6000000000" in told
    assert chain.state.mmvault.shares[ALICE.address] == 6_000 * DOLLAR
    assert chain.state.usdc(ALICE, 1) == 54_000 * DOLLAR
    vaultsim.done("tx", "mmvault", "withdraw", "1_000_000_000", "--subaccount", "1", "--from", "alice")
    assert chain.state.mmvault.shares[ALICE.address] == 5_000 * DOLLAR
    vaultsim.done("tx", "mmvault", "withdraw", "all", "--from", "alice")
    # One queue: the first is paid into subaccount 1, the second into 0.
    unlocks = chain.state.mmvault.unlocks[ALICE.address].unlocks
    assert [(one.subaccount_number, int(one.amount)) for one in unlocks] == [(1, 1_000 * DOLLAR), (0, 5_000 * DOLLAR)]
    assert "owns no shares of the passive vault" in vaultsim.refused(
        "tx", "mmvault", "withdraw", "all", "--from", "alice"
    )


def test_too_few_shares_are_refused_by_the_chain(chain: ServedChain, vaultsim: Program) -> None:
    ended = vaultsim("tx", "mmvault", "deposit", "1usdc", "--least", "1000001", "--from", "bob")
    assert ended.code == 1
    assert "fewer shares than the minimum" in ended.err
    assert chain.state.mmvault.share_supply == 0


def test_the_passive_vault_and_an_owner_of_it(chain: ServedChain, vaultsim: Program) -> None:
    vaultsim.done("tx", "mmvault", "deposit", "6000usdc", "--from", "alice")
    vaultsim.done("tx", "mmvault", "withdraw", "1500000000", "--from", "alice")
    told = vaultsim.done("query", "mmvault")
    assert "equity       4500.000000 USDC (4500000000 quantums)" in told
    assert "share price  1.000000 quantums" in told
    assert "status       healthy" in told
    # 0.1 % around $50,000; half of $4,500 at 2 % margin is more than the 0.2 BTC that it quotes at most.
    assert [one for one in told.split() if one in ("bid", "ask", "49950", "50050", "0.2")].count("0.2") == 2
    assert {"bid", "ask", "49950", "50050"} <= set(told.split())
    owner = vaultsim.done("query", "mmvault", "alice")
    assert "worth         4500.000000 USDC" in owner
    assert "of the vault  1.000000" in owner
    assert "unlocking     1500.000000 USDC" in owner
    asked = json.loads(vaultsim.done("query", "mmvault", "alice", "--json"))
    assert asked["shares"] == "4500000000"
    assert asked["unlocks"][0]["amount"] == "1500000000"
    assert json.loads(vaultsim.done("query", "mmvault", "--height", "1", "--json"))["share_supply"] == "0"


# --- perpvault ----------------------------------------------------------------------------------------------------


def test_usdg_is_bought_and_sold_by_command(chain: ServedChain, vaultsim: Program) -> None:
    told = vaultsim.done("tx", "perpvault", "buy-usdg", "0.6btc", "--from", "alice")
    assert "0.6 btc (60000000 units)" in told
    assert chain.state.balance(ALICE, "usdg") == 29_910 * WEI
    vaultsim.done("tx", "perpvault", "buy-usdg", "1000usdc", "--from", "bob", "--to", "alice")
    assert chain.state.balance(ALICE, "usdg") == 30_907 * WEI
    vaultsim.done("tx", "perpvault", "sell-usdg", "997", "usdc", "--from", "alice", "--to", "carl")
    # 997 USDG less 0.3 % are 994.009 USDC.
    assert chain.state.balance(CARL) - (15_000 + 1_000) * DOLLAR == 994_009_000
    vaultsim.done("tx", "perpvault", "sell-usdg", "all", "btc", "--from", "alice")
    assert (chain.state.balance(ALICE, "usdg"), chain.state.balance(ALICE, "btc")) == (0, 59_640_540)
    assert "has no USDG" in vaultsim.refused("tx", "perpvault", "sell-usdg", "all", "btc", "--from", "alice")


def test_positions_are_opened_and_closed_by_command(chain: ServedChain, vaultsim: Program) -> None:
    vaultsim.done("tx", "perpvault", "buy-usdg", "0.6btc", "--from", "alice")
    vaultsim.done("tx", "perpvault", "buy-usdg", "30000usdc", "--from", "alice")
    told = vaultsim.done("tx", "perpvault", "increase", "btc", "long", "10000", "0.05btc", "--from", "frank")
    assert "open 10000 dollars of btc long with 0.05 btc (5000000 units)" in told
    vaultsim.done("tx", "perpvault", "increase", "btc", "short", "5,000.5usd", "1000usdc", "--from", "gina")
    [long, short] = sorted(chain.state.perpvault.positions.values(), key=lambda one: not one.is_long)
    assert (long.size, short.size) == (10_000 * USD, 5_000_5 * USD // 10)
    shown = vaultsim.done("query", "perpvault", "frank")
    assert {"btc", "long", "10000.000000", "2490.000000", "50000.000000", "0.000000"} <= set(shown.split())
    vaultsim.done("tx", "perpvault", "decrease", "btc", "long", "4000", "--collateral", "100", "--from", "frank")
    asked = json.loads(vaultsim.done("query", "perpvault", "frank", "--json"))
    assert asked["positions"][0]["size"] == str(6_000 * USD)
    for who, direction, token in (("frank", "long", "btc"), ("gina", "short", "usdc")):
        vaultsim.done("tx", "perpvault", "decrease", "btc", direction, "all", "--token", token, "--from", who)
    assert len(chain.state.perpvault.positions) == 0
    refused = vaultsim.refused("tx", "perpvault", "decrease", "btc", "long", "all", "--from", "frank")
    assert "has no long position in btc" in refused


def test_the_perp_vault_with_its_tokens(chain: ServedChain, vaultsim: Program) -> None:
    vaultsim.done("tx", "perpvault", "buy-usdg", "0.6btc", "--from", "alice")
    told = vaultsim.done("query", "perpvault")
    assert "worth      29910.000000 to 29910.000000 USD" in told
    assert "USDG       29910" in told
    assert {"btc", "0.5982", "0.0018", "usdc"} <= set(told.split())
    asked = json.loads(vaultsim.done("query", "perpvault", "--json"))
    assert [token["token"] for token in asked["tokens"]] == ["btc", USDC_DENOM]
    assert asked["usdg_supply"] == str(29_910 * WEI)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["buy-usdg", "5moon"], "the perp vault has no token 'moon'; it has btc, usdc"),
        (["buy-usdg", "5"], "'5' is no amount of a token; write 1000usdc or 0.2btc"),
        (["buy-usdg", "0.000000001btc"], "too exact"),
        (["sell-usdg", "much", "btc"], "no decimal number"),
        (["increase", "btc", "long", "-1", "0btc"], "No such option"),
        (["increase", "eth", "long", "1", "0btc"], "no token 'eth'"),
        (["decrease", "btc", "short", "1"], "has no short position in btc"),
    ],
)
def test_what_the_perp_vault_s_commands_refuse(
    chain: ServedChain, vaultsim: Program, arguments: list[str], sentence: str
) -> None:
    ended = vaultsim("tx", "perpvault", *arguments, "--from", "frank")
    assert (ended.code, ended.out) == (2, "")
    assert sentence in ended.err
    assert chain.height == 1


# --- fundvault ----------------------------------------------------------------------------------------------------


def test_a_fund_is_opened_and_paid_into_by_command(chain: ServedChain, vaultsim: Program, fund: str) -> None:
    vaultsim.done("tx", "fundvault", "deposit", fund, "--usdc", "5000", "--from", "bob")
    told = vaultsim.done("query", "fundvault", "Trend")
    assert "worth     15000.000000 USDC" in told
    assert "pays      2099-01-01T00:00:00Z: normal, up to 1.000000000000000000 of it" in told
    assert {ALICE.address, "0.666666666666666666", BOB.address, "0.333333333333333333"} <= set(told.split())
    asked = json.loads(vaultsim.done("query", "fundvault", "--json"))
    assert [(one["id"], one["owner"]) for one in asked["vaults"]] == [(fund, FIONA.address)]
    assert {"Trend", "active", "15000.000000", "2099-01-01T00:00:00Z"} <= set(
        vaultsim.done("query", "fundvault").split()
    )


def test_a_holder_asks_for_money_by_command(chain: ServedChain, vaultsim: Program, fund: str) -> None:
    vaultsim.done("tx", "fundvault", "redeem", "trend", "2500.5usdc", "--from", "alice")
    vaultsim.done("tx", "fundvault", "redeem", fund, "all", "--from", "alice")
    told = vaultsim.done("query", "fundvault", "trend", "--party", "alice")
    assert "worth   10000.000000 USDC" in told
    assert {"pending", "2500.5", "all"} <= set(told.split())
    asked = json.loads(vaultsim.done("query", "fundvault", "trend", "--party", "alice", "--json"))
    assert [one["amount_requested"] for one in asked["redemptions"]] == ["2500500000", "ALL"]


def test_the_owner_trades_for_the_fund_by_command(chain: ServedChain, vaultsim: Program, fund: str) -> None:
    order = ["trend", "BTC-USD", "buy", "0.1", "40000", "--client-id", "7"]
    told = vaultsim.done("tx", "fundvault", "place-order", *order, "--long-term", "300", "--from", "fiona")
    assert "buy 0.1 BTC-USD" in told
    [placed] = chain.state.orders(fund)
    assert (placed.order_id.client_id, placed.quantums) == (7, 1_000_000_000)
    refused = vaultsim("tx", "fundvault", "place-order", *order, "--long-term", "300", "--from", "alice")
    assert (refused.code, "[fundvault 4]" in refused.err) == (1, True)
    cancel = ["trend", "btc", "--client-id", "7"]
    vaultsim.done("tx", "fundvault", "cancel-order", *cancel, "--long-term", "600", "--from", "fiona")
    assert chain.state.orders(fund) == []
    vaultsim.done("tx", "fundvault", "place-order", *order, "--from", "fiona")
    book = chain.node.app.modules.memclob.books[0]
    assert book.bids.best() == 4_000_000_000
    vaultsim.done("tx", "fundvault", "cancel-order", *cancel, "--from", "fiona")
    assert book.bids.best() is None


def test_the_owner_closes_the_fund_by_command(chain: ServedChain, vaultsim: Program, fund: str) -> None:
    before = chain.state.balance(ALICE)
    refused = vaultsim("tx", "fundvault", "close", "trend", "--from", "alice")
    assert (refused.code, "not the owner of the vault" in refused.err) == (1, True)
    vaultsim.done("tx", "fundvault", "close", fund, "--from", "fiona")
    assert chain.state.balance(ALICE) == before + 10_000 * DOLLAR
    assert "status    stopped" in vaultsim.done("query", "fundvault", fund)


def test_terms_and_names_of_funds_that_are_none(chain: ServedChain, vaultsim: Program, tmp_path: Path) -> None:
    terms = tmp_path / "terms.json"
    terms.write_text(json.dumps({**TERMS, "owner": ALICE.address}))
    assert "leave it out" in vaultsim.refused("tx", "fundvault", "create", str(terms), "--from", "alice")
    terms.write_text(json.dumps({**TERMS, "fee": 1}))
    assert "field 'terms.fee'" in vaultsim.refused("tx", "fundvault", "create", str(terms), "--from", "alice")
    assert "no fund is named 'trend'" in vaultsim.refused(
        "tx", "fundvault", "deposit", "trend", "1usdc", "--from", "bob"
    )
    assert "name the fund" in vaultsim.refused("query", "fundvault", "--party", "alice")
    assert "nothing" in vaultsim.done("query", "fundvault")
    assert vaultsim.refused("query", "fundvault", FUND)


# --- any message, any method ------------------------------------------------------------------------------------


def test_any_message_of_the_designs_goes_through_the_command_message(
    chain: ServedChain, vaultsim: Program, tmp_path: Path
) -> None:
    file = tmp_path / "messages.json"
    approve = {"sender": FRANK.address, "router": GINA.address, "enabled": True}
    file.write_text(json.dumps({"@type": "/vaultsim.perpvault.v1.MsgApproveRouter", **approve}))
    vaultsim.done("tx", "message", str(file), "--from", "frank")
    asked = vaultsim.done("query", "vaultsim.perpvault.v1.Query/ApprovedRouters", "--field", "account=@frank", "--json")
    assert GINA.address in asked


@pytest.mark.parametrize(
    "method",
    [
        method.path.lstrip("/")
        for module in ("mmvault", "perpvault", "fundvault")
        for method in services()[f"vaultsim.{module}.v1.Query"]
        if method.path.endswith(("/Params", "/Vault", "/Tokens", "/Vaults", "/Redemptions", "/Roles", "/Quotes"))
    ],
)
def test_methods_are_asked_by_their_full_names(chain: ServedChain, vaultsim: Program, method: str) -> None:
    assert json.loads(vaultsim.done("query", method, "--json")) == chain.query.ask(f"/{method}", {}).to_json()


def test_a_field_whose_name_is_a_word_of_python(chain: ServedChain, vaultsim: Program, fund: str) -> None:
    vaultsim.done("tx", "fundvault", "redeem", "trend", "1usdc", "--from", "alice")
    asked = ["query", "vaultsim.fundvault.v1.Query/Redemptions", "--json", "--field"]
    assert json.loads(vaultsim.done(*asked, "from=2099-01-01T00:00:00Z"))["redemptions"] == []
    assert len(json.loads(vaultsim.done(*asked, "to=2099-01-01T00:00:00Z"))["redemptions"]) == 1
