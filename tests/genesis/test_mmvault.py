"""What the chain of the passive market maker's vault tells really happens.

Expected figures: mm-vault §10 (X11 for the first quotes), otherwise computed beside each test.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.genesis.runs import run_of
from vaultsim.address import module_bech32
from vaultsim.pb.dydxprotocol.clob import LongTermOrderPlacement
from vaultsim.testing.accounts import ALICE, BOB, CARL

FOLDER = Path(__file__).parents[2] / "genesis" / "mmvault"
DOLLAR = 1_000_000


def amounts(kind: str, field: str) -> list[tuple[int, str, int]]:
    """Height, owner and a figure of every transaction event of a kind."""
    return [
        (height, event["owner"], int(event[field]))
        for height, step in run_of("mmvault").steps.items()
        for event in step.events(kind)
    ]


def test_deposits_mint_at_the_price_of_the_moment() -> None:
    carls = (9_000 * DOLLAR + DOLLAR) * 1_000 * DOLLAR // (9_261_200_000 + DOLLAR)
    assert amounts("liquidity_added", "shares_minted") == [
        (2, ALICE.address, 6_000_000_000),
        (3, BOB.address, 3_000_000_000),
        (9, CARL.address, carls),
    ]
    assert carls == 971_799_356


def test_withdrawals_release_what_the_readme_says() -> None:
    assert amounts("liquidity_unlocking", "amount") == [
        (16, ALICE.address, 5_628_383_064),
        (18, BOB.address, 938_063_844),
        (18, BOB.address, 469_031_922),
        (80, BOB.address, 93_806_384),
        (89, BOB.address, 1_368_274_928),
        (92, CARL.address, 955_864_904),
    ]
    # Alice's: equity 9,354.1225 and the virtual dollar, times 6,000 of 9,971.799356 million shares and the virtual one.
    assert 9_355_122_500 * 6_000_000_000 // 9_972_799_356 == 5_628_383_064


def test_refusals_are_those_that_the_story_tells() -> None:
    run = run_of("mmvault")
    refused = {height: step.refusals() for height, step in run.steps.items() if step.refusals()}
    assert refused == {
        height: [("mmvault", code)] for height, code in ((5, 10), (17, 12), (19, 11), (80, 13), (90, 12))
    }


def test_the_first_quotes_of_both_depositors_are_those_of_the_design() -> None:
    """X11: sizes in millionths of a coin, prices in millionths of a dollar; pair, side (1: buy), size, price."""
    rows = run_of("mmvault").steps[3].outcome.changes["clob"]
    written = [row.after for row in rows if row.key.startswith(b"SO/P/L:") and row.after is not None]
    orders = [LongTermOrderPlacement.decode(raw).order for raw in written]
    mine = [one for one in orders if one.order_id.subaccount_id.owner == module_bech32("mmvault")]
    assert sorted((one.order_id.clob_pair_id, one.side, one.quantums, one.subticks) for one in mine) == [
        (0, 1, 999_991, 59_850_000_000),
        (0, 2, 999_991, 60_160_000_000),
        (1, 1, 5_000_016, 2_984_900_000),
        (1, 2, 5_000_016, 3_015_000_000),
    ]


def test_nobody_is_paid_before_the_cooldown_is_over() -> None:
    run = run_of("mmvault")
    keepers = run.chain.app.modules.keepers
    assert list(keepers.mmvault.state.unlocks.items(run.chain.app.query_context())) == []
    paid = {
        height: len(changed)
        for height, step in run.steps.items()
        if (changed := [row for row in step.outcome.changes.get("mmvault", ()) if row.key.startswith(b"UnlockTime:")])
    }
    # Requests of blocks 16, 18, 80, 89 and 92 add a time and blocks a minute later take it away; a second request of an
    # owner with one under way does not.
    assert paid == {16: 1, 18: 1, 76: 1, 78: 1, 80: 1, 92: 1, 140: 2, 149: 1, 152: 1}


def test_what_went_in_and_what_traders_lost_is_what_came_out() -> None:
    """Fills against the vault: what Dave paid for coins less what he got, and the fees that the vault was given."""
    run = run_of("mmvault")
    earned = 0
    for height, step in run.steps.items():
        for match in step.events("match"):
            if match["maker_subaccount"] in (ALICE.address, BOB.address, CARL.address):
                continue
            earned -= int(match["taker_quote_balance_delta_quote_quantums"])
            # The taker's balance falls by his fee too, which is the vault's from block 13 on.
            if height < 13:
                earned -= int(match["taker_order_fee_quote_quantums"])
    paid_out = sum(amount for _, _, amount in amounts("liquidity_unlocking", "amount"))
    assert paid_out == 10_000 * DOLLAR + earned


def test_the_readme_tells_every_block_and_the_sums_add_up() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    spans = re.findall(r"^\| (\d+)(?:-(\d+))? \|", readme, re.MULTILINE)
    told = [height for first, last in spans for height in range(int(first), int(last or first) + 1)]
    assert told == list(range(2, max(run_of("mmvault").steps) + 1))
    assert 938_063_844 + 469_031_922 + 93_806_384 + 1_368_274_928 == 2_869_177_078
