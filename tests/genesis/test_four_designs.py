"""The README of the four designs on one market says what really happens: every figure of it is counted again here.

Money is counted where the chain keeps it (subaccounts, requests of the fund) and from the transactions' events.
"""

from __future__ import annotations

import re

import pytest

from tests.genesis.runs import ROOT, Run, run_of
from vaultsim.address import from_bech32, module_bech32
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.testing.accounts import ALICE, BOB, CARL, NamedAccount, address_of
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.fundvault.types import vault_id_of
from vaultsim.x.perpvault.types import USDG
from vaultsim.x.subaccounts.types import usdc_balance

DOLLAR, COIN = 10**6, 10**8
BROUGHT = {ALICE: 60_000 * DOLLAR, BOB: 30_000 * DOLLAR, CARL: 10_000 * DOLLAR}
LAST_PRICE = 4_983_910_029
"""BTC in units of 10^-5 dollars, from block 165 on."""
PASSIVE, QUOTING = module_bech32("mmvault"), module_bech32("vault-VAULT_TYPE_CLOB-0")
FUND = vault_id_of(from_bech32(address_of("fiona")), 0)


@pytest.fixture(scope="module")
def run() -> Run:
    return run_of("four-designs")


@pytest.fixture(scope="module")
def readme() -> str:
    text = (ROOT / "genesis" / "four-designs" / "README.md").read_text(encoding="utf-8")
    return " ".join(text.split())


def dollars(quantums: int) -> str:
    """Quote quantums as the README writes them: cut to cents."""
    return f"${quantums // DOLLAR:,}.{quantums % DOLLAR // 10_000:02d}"


def row(name: str, amounts: dict[NamedAccount, int]) -> str:
    cells = [*(dollars(amounts[one]) for one in BROUGHT), dollars(sum(amounts.values()))]
    return f"| {name} | {' | '.join(cells)} |"


def usdc(run: Run, owner: str, number: int) -> int:
    app = run.chain.app
    found = app.modules.subaccounts.get(app.query_context(), SubaccountId(owner=owner, number=number))
    return int(usdc_balance(found))


def bank(run: Run, owner: str, denom: str) -> int:
    app = run.chain.app
    return int(app.modules.keepers.bank.balance(app.query_context(), from_bech32(owner), denom))


def redeemed(run: Run) -> dict[tuple[str, str], int]:
    """Tokens that the perp vault paid for USDG, by owner and token."""
    events = [event for step in run.steps.values() for event in step.events("sell_usdg")]
    return {(event["account"], event["token"]): int(event["token_amount"]) for event in events}


def shared(run: Run) -> dict[tuple[str, str], int]:
    """Fees that the operator passed on in block 172, by owner and token."""
    found = {}
    for event in run.steps[172].events("transfer"):
        for coin in event["amount"].split(","):
            amount, denom = re.fullmatch(r"(\d+)(.+)", coin).groups()  # type: ignore[union-attr]
            found[event["recipient"], denom] = int(amount)
    return found


def worth(tokens: dict[tuple[str, str], int], owner: NamedAccount) -> int:
    """Quote quantums: millionths of a dollar, bitcoin in units of 10^-8 at a price in units of 10^-5."""
    return tokens[owner.address, "btc"] * LAST_PRICE // 10**7 + tokens[owner.address, USDC_DENOM]


def volume(run: Run, maker: str) -> tuple[int, int]:
    """How many fills a vault's quotes had, and what takers paid and got in them, in quote quantums."""
    fills = [
        event for step in run.steps.values() for event in step.events("match") if event["maker_subaccount"] == maker
    ]
    return len(fills), sum(abs(int(event["taker_quote_balance_delta_quote_quantums"])) for event in fills)


# --- the table --------------------------------------------------------------------------------------------------------


def test_megavault_and_the_passive_vault_paid_what_the_table_says(run: Run, readme: str) -> None:
    assert row("MegaVault", {one: usdc(run, one.address, 0) for one in BROUGHT}) in readme
    assert row("passive vault", {one: usdc(run, one.address, 1) for one in BROUGHT}) in readme


def test_the_perp_vault_paid_what_the_table_says(run: Run, readme: str) -> None:
    sold, fees = redeemed(run), shared(run)
    paid = {one: worth(sold, one) for one in BROUGHT}
    assert row("perp vault, redeemed", paid) in readme
    both = {key: sold[key] + fees[key] for key in sold}
    assert row("perp vault, with its fees", {one: worth(both, one) for one in BROUGHT}) in readme


def test_the_fund_paid_what_the_table_says(run: Run, readme: str) -> None:
    keeper, ctx = run.chain.app.modules.keepers.fundvault, run.chain.app.query_context()
    received = {one.party: int(one.amount_received) for one in keeper.state.done_requests.values(ctx)}
    assert row("fund", {one: received[one.address] for one in BROUGHT}) in readme
    assert f"came to {dollars(received[address_of('fiona')])}" in readme


def test_who_had_kept_the_money_would_have_what_the_table_says(readme: str) -> None:
    kept = {one: brought // 2 + brought // 2 * LAST_PRICE // 5_000_000_000 for one, brought in BROUGHT.items()}
    assert row("half bitcoin, half USDC, kept", kept) in readme


def test_everybody_brought_the_same_to_each_of_the_four(run: Run) -> None:
    block = run.steps[3]
    given = {
        "MegaVault": {
            event["depositor"]: int(event["quote_quantums"]) for event in block.events("deposit_to_megavault")
        },
        "passive": {event["owner"]: int(event["amount"]) for event in block.events("liquidity_added")},
        "fund": {event["party"]: int(event["amount"]) for event in block.events("vault_deposited")},
        "perp": {},
    }
    for event in block.events("buy_usdg"):
        # Bitcoin at $50,000: 500 millionths of a dollar a unit of 10^-8.
        each = 500 if event["token"] == "btc" else 1
        given["perp"][event["account"]] = given["perp"].get(event["account"], 0) + int(event["token_amount"]) * each
    expected = {one.address: brought for one, brought in BROUGHT.items()}
    assert given == dict.fromkeys(given, expected)


# --- the text ---------------------------------------------------------------------------------------------------------


def test_refusals_are_those_that_the_story_tells(run: Run) -> None:
    refused = {height: step.refusals() for height, step in run.steps.items() if step.refusals()}
    assert refused == {169: [("mmvault", 12), ("perpvault", 35), ("perpvault", 35)]}


def test_fills_are_those_that_the_readme_counts(run: Run, readme: str) -> None:
    fills, quantums = volume(run, QUOTING)
    assert f"the spread of {fills} fills, {dollars(quantums)} in all" in readme
    fills, quantums = volume(run, PASSIVE)
    assert f"had {fills} fills, {dollars(quantums)} in all" in readme
    # 0.1 % of them
    assert 970 <= quantums // 1_000 // DOLLAR < 975


def test_positions_and_remainders_are_those_that_the_readme_tells(run: Run, readme: str) -> None:
    """What Dave sold to the passive vault until it was flat; what MegaVault's last depositor left behind."""
    dave = address_of("dave")
    unwound = [event for height in range(173, 188) for event in run.steps[height].events("match")]
    assert {(event["taker_subaccount"], event["maker_subaccount"]) for event in unwound} == {(dave, PASSIVE)}
    quantums = sum(int(event["maker_perpetual_quantums_delta_base_quantums"]) for event in unwound)
    assert f"short {quantums / 10**10:.4f} BTC" in readme
    assert f"{dollars(run.equities[198])} belong to nobody" in readme
    assert f"{bank(run, CARL.address, USDG) // 10**16 / 100:.2f} of his USDG have nothing behind them" in readme


def test_the_fund_s_trades_are_those_that_the_readme_sums_up(run: Run, readme: str) -> None:
    trades = [
        event for step in run.steps.values() for event in step.events("match") if event["taker_subaccount"] == FUND
    ]
    deltas = [int(event["taker_quote_balance_delta_quote_quantums"]) for event in trades]
    bought, sold = -sum(one for one in deltas if one < 0), sum(one for one in deltas if one > 0)
    fees = sum(int(event["taker_order_fee_quote_quantums"]) for event in trades)
    assert f"bought for {dollars(bought)} and sold for {dollars(sold)}" in readme
    assert f"with {dollars(fees)} of fees" in readme
    assert f"{dollars(bought - sold)} lost" in readme
    # What it lost is what it did not pay out; three base units of dust are the manager's.
    keeper, ctx = run.chain.app.modules.keepers.fundvault, run.chain.app.query_context()
    paid = sum(int(one.amount_received) for one in keeper.state.done_requests.values(ctx))
    fees = bank(run, address_of("fiona"), USDC_DENOM) - 1_000 * DOLLAR
    assert 100_000 * DOLLAR - (bought - sold) - paid == fees - 19_883_959 == 3


def test_what_traders_won_from_the_perp_vault_and_what_they_paid(run: Run, readme: str) -> None:
    won, fees = 0, 0
    for height in (20, 50, 110, 140):
        for kind in ("increase_position", "decrease_position"):
            fees += sum(int(event["fee"]) for event in run.steps[height].events(kind))
        won += sum(int(event["realised_pnl"]) for event in run.steps[height].events("close_position"))
    assert f"won {dollars(won // 10**24)} and paid {dollars(fees // 10**24)} in fees" in readme


def test_the_readme_tells_every_block(run: Run) -> None:
    text = (ROOT / "genesis" / "four-designs" / "README.md").read_text(encoding="utf-8")
    spans = re.findall(r"^\| (\d+)(?:-(\d+))? \|", text, re.MULTILINE)
    told = [height for first, last in spans for height in range(int(first), int(last or first) + 1)]
    assert told == list(range(2, max(run.steps) + 1))
