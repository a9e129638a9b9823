"""What genesis/perpvault tells really happens. Figures by hand from the design's formulas (perp-vault §§5 to 8)."""

from __future__ import annotations

from tests.genesis.runs import Run, run_of
from vaultsim.address import from_bech32
from vaultsim.testing.accounts import ALICE, BOB, CARL, DAVE, address_of
from vaultsim.x.assets.types import USDC_DENOM
from vaultsim.x.perpvault.types import ONE_USD, USDG

WEI, DOLLAR = 10**18, 10**6
REFUSED = {
    9: [("perpvault", 13), ("perpvault", 39), ("perpvault", 41), ("perpvault", 29), ("sdk", 5)],
    57: [("perpvault", 51)],
    63: [("perpvault", 22)],
}
PAID = {
    7: (BOB.address, "1809090909090909090eth"),
    35: (BOB.address, "19935000000000000000eth"),
    52: (CARL.address, f"4922000000{USDC_DENOM}"),
    54: (CARL.address, "1000000000000000000eth"),
    59: (BOB.address, "1287037037037037037eth"),
    60: (DAVE.address, "4062037037037037037eth"),
    65: (BOB.address, "142076502732240437eth"),
    68: (DAVE.address, "3048780487804878eth"),
    69: (CARL.address, f"2602000000{USDC_DENOM}"),
    72: (ALICE.address, f"89730000000{USDC_DENOM}"),
}


def balance(run: Run, address: str, denom: str) -> int:
    app = run.chain.app
    return app.modules.keepers.bank.balance(app.query_context(), from_bech32(address), denom)


def test_refusals_are_those_that_the_story_tells() -> None:
    run = run_of("perpvault")
    assert {height: step.refusals() for height, step in run.steps.items() if step.refusals()} == REFUSED


def test_payments_are_those_that_the_story_tells() -> None:
    run = run_of("perpvault")
    for height, (recipient, amount) in PAID.items():
        transfers = [(event["recipient"], event["amount"]) for event in run.steps[height].events("transfer")]
        assert (recipient, amount) in transfers, height


def test_funding_is_600_millionths_for_longs_then_for_shorts() -> None:
    run = run_of("perpvault")
    app = run.chain.app
    token = app.modules.keepers.perpvault.token(app.query_context(), "eth")
    # Three times 600 * 30,000 / 90,000, then twice 600 * 20,000 / 40,000.
    assert (token.cumulative_funding_rate_long, token.cumulative_funding_rate_short) == (600, 600)


def test_the_depositor_ends_with_what_the_table_says() -> None:
    run = run_of("perpvault")
    assert balance(run, ALICE.address, "eth") == 1_000 * WEI - 100 * WEI + 74_991310537030978851
    assert balance(run, ALICE.address, USDC_DENOM) == (1_000_000 - 100_000 + 90_126) * DOLLAR
    assert balance(run, ALICE.address, USDG) == 59_550 * WEI
    app = run.chain.app
    assert app.modules.keepers.perpvault.aum(app.query_context(), maximise=False) // (ONE_USD // 100) == 60_372_14
    assert balance(run, address_of("keeper"), USDC_DENOM) == 1_000_000 * DOLLAR + 300_000


def test_the_keeper_of_the_story_empties_the_queue() -> None:
    run = run_of("perpvault")
    app = run.chain.app
    state, ctx = app.modules.keepers.perpvault.state, app.query_context()
    assert state.increase_bounds.get(ctx) == (2, 2)
    assert [list(rows.keys(ctx)) for rows in (state.increase_requests, state.decrease_orders, state.positions)] == [
        [],
        [],
        [],
    ]
