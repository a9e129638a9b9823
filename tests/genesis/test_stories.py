"""What the shipped chains tell really happens. Expected figures: the MegaVault FAQ, the recorded runs of the real chain
with the same positions (faq-slippage-*), and for localnet a run of the same files by the real chain."""

from __future__ import annotations

from tests.genesis.runs import Run, run_of
from vaultsim.testing.accounts import ALICE, BOB, CARL

DOLLAR = 1_000_000


def owner_equity(run: Run, owner: str, height: int, shares: int, total: int) -> int:
    """T(s·E/N): what a share of the MegaVault was worth then. Source: dydx-vault §5."""
    return shares * run.equities[height] // total


class TestOwnership:
    """The FAQ: 90/10 after the first two deposits, then 81/9/10 %, values $81, $9, $10."""

    def test_megavault_is_worth_what_the_ledger_says_after_each_step(self) -> None:
        run = run_of("faq-ownership")
        told = {2: 90, 3: 100, 4: 110, 5: 110, 6: 110, 7: 111, 9: 90, 10: 100, 11: 100}
        assert {height: run.equities[height] for height in told} == {h: usd * DOLLAR for h, usd in told.items()}

    def test_nothing_is_refused(self) -> None:
        assert [step.refusals() for step in run_of("faq-ownership").steps.values()] == [[]] * 11

    def test_shares_are_81_9_and_10_percent(self) -> None:
        run = run_of("faq-ownership")
        ctx = run.chain.app.query_context()
        shares = {
            owner: int(row.num_shares) for owner, row in run.chain.app.modules.vault.state.owner_shares.items(ctx)
        }
        assert shares == {ALICE.address: 90_000_000, BOB.address: 10_000_000, CARL.address: 11_111_111}
        total = sum(shares.values())
        percent = {owner: round(100 * held / total, 4) for owner, held in shares.items()}
        assert percent == {ALICE.address: 81.0, BOB.address: 9.0, CARL.address: 10.0}

    def test_values_are_81_9_and_10_dollars(self) -> None:
        run = run_of("faq-ownership")
        assert owner_equity(run, ALICE.address, 11, 90_000_000, 111_111_111) == 81 * DOLLAR
        assert owner_equity(run, BOB.address, 11, 10_000_000, 111_111_111) == 9 * DOLLAR
        assert owner_equity(run, CARL.address, 11, 11_111_111, 111_111_111) == 10 * DOLLAR - 1

    def test_the_sub_vault_loses_twenty_dollars(self) -> None:
        run = run_of("faq-ownership")
        assert run.equities[9] - run.equities[6] == -20 * DOLLAR


def redeemed(run: Run) -> list[int]:
    """What each withdrawal of a run paid, in order."""
    events = [event for step in run.steps.values() for event in step.events("withdraw_from_megavault")]
    return [int(event["redeemed_quote_quantums"]) for event in events]


class TestSlippage:
    """Figures of the recorded runs of the same names (tests/vectors) and of the FAQ."""

    def test_an_idle_megavault_pays_all(self) -> None:
        assert redeemed(run_of("faq-slippage-low")) == [50_000 * DOLLAR, 30_000 * DOLLAR, 20_000 * DOLLAR]

    def test_at_1x_slippage_is_4_90_and_19_07_and_37_06_percent(self) -> None:
        run = run_of("faq-slippage-medium")
        assert redeemed(run) == [47_550 * DOLLAR, 25_470 * DOLLAR, 16_980 * DOLLAR]
        worth = [50_000, 31_470, 26_980]
        lost = [round(100 * (1 - paid / DOLLAR / whole), 2) for paid, whole in zip(redeemed(run), worth, strict=True)]
        assert lost == [4.9, 19.07, 37.06]

    def test_the_faqs_dollars_follow_from_slippage_that_leaves_the_vault(self) -> None:
        first = 30_000 * (1 - 0.10 * 100_000 / 52_450)
        assert int(first * 100) == 24_280_26
        assert int(20_000 * (1 - 0.10 * 100_000 / (52_450 - first)) * 100) == 12_900_18

    def test_at_8x_the_chain_refuses(self) -> None:
        run = run_of("faq-slippage-high")
        assert redeemed(run) == []
        refused = {height: step.refusals() for height, step in run.steps.items() if step.refusals()}
        assert refused == {height: [("vault", 28)] for height in (3, 5, 7)}


REFUSED = {
    3: [("subaccounts", 102)],
    4: [("vault", 26)],
    5: [("vault", 10)],
    13: [("subaccounts", 102)],
    14: [("vault", 30), ("vault", 27), ("vault", 22), ("vault", 28)],
    15: [("vault", 27), ("vault", 20), ("vault", 2)],
    21: [("prices", 205), ("listing", 1)],
    23: [("vault", 27)],
}
"""What localnet's story says is refused, by block: CheckTx first."""


class TestLocalnet:
    """Heights, codes and amounts: a run of the same genesis and blocks by the real chain."""

    def test_refusals_are_those_that_the_story_tells(self) -> None:
        run = run_of("localnet")
        assert {height: step.refusals() for height, step in run.steps.items() if step.refusals()} == REFUSED

    def test_deposits_mint_what_the_real_chain_minted(self) -> None:
        minted = [
            (height, int(event["minted_shares"]))
            for height, step in run_of("localnet").steps.items()
            for event in step.events("deposit_to_megavault")
        ]
        assert minted == [(3, 50_000_000_000), (3, 30_000_000_000), (21, 9_968_565_089)]

    def test_withdrawals_pay_what_the_real_chain_paid(self) -> None:
        assert redeemed(run_of("localnet")) == [39_406_167_904, 20_196_057_100]

    def test_takers_hit_the_vaults_quotes(self) -> None:
        fills = {height: len(step.events("match")) for height, step in run_of("localnet").steps.items()}
        assert {height: count for height, count in fills.items() if count and height < 30} == {
            7: 2, 8: 2, 9: 2, 10: 2, 19: 1, 20: 1, 24: 1, 26: 1, 27: 1, 28: 1, 29: 1,
        }  # fmt: skip

    def test_daves_leverage_is_liquidated_in_nine_portions(self) -> None:
        portions = {
            height: int(event["insurance_fund_delta_quote_quantums"])
            for height, step in run_of("localnet").steps.items()
            for event in step.events("match")
            if event["is_liquidation"] == "true"
        }
        assert list(portions) == list(range(35, 44))
        assert portions[35] == 16_647_189
        assert portions[43] == 7_844_742

    def test_funding_is_due_each_full_hour(self) -> None:
        run = run_of("localnet")
        moved = [
            height
            for height, step in run.steps.items()
            if height > 44 and any(key.startswith(b"Perp:") for key in changed(run, height, "perpetuals"))
        ]
        assert moved == [104, 164, 224, 284, 289]

    def test_the_listings_shares_are_unlocked_after_their_blocks(self) -> None:
        run = run_of("localnet")
        key = f"OwnerShareUnlocks:{BOB.address}".encode()
        assert [height for height in run.steps if key in changed(run, height, "vault")] == [21, 261]


def changed(run: Run, height: int, store: str) -> set[bytes]:
    """Keys of a store that a block changed."""
    return {change.key for change in run.steps[height].outcome.changes.get(store, ())}


class TestFundvault:
    """What the README beside the chain tells. Expected figures: the arithmetic of the design on the fund's worth."""

    def events(self, height: int, kind: str) -> list[dict[str, str]]:
        return run_of("fundvault").steps[height].events(kind)

    def test_refusals_are_those_that_the_story_tells(self) -> None:
        run = run_of("fundvault")
        refused = {height: sorted(code for _, code in step.refusals()) for height, step in run.steps.items()}
        told = {4: [4, 4, 7, 8, 9], 5: [29], 37: [23], 131: [5, 30]}
        assert {height: codes for height, codes in refused.items() if codes} == told

    def test_deposits_have_six_three_and_one_tenth(self) -> None:
        shares = [event["share"] for event in self.events(3, "vault_deposited")]
        assert shares == ["1.000000000000000000", "0.333333333333333333", "0.100000000000000000"]

    def test_everybody_was_paid_what_the_table_says(self) -> None:
        run = run_of("fundvault")
        keeper, ctx = run.chain.app.modules.keepers.fundvault, run.chain.app.query_context()
        received: dict[str, int] = {}
        for request in keeper.state.done_requests.values(ctx):
            received[request.party] = received.get(request.party, 0) + int(request.amount_received)
        assert {owner: received[owner] for owner in (ALICE.address, BOB.address, CARL.address)} == {
            ALICE.address: 20_441_812_784 + 36_797_873_761,
            BOB.address: 10_220_906_391 + 18_398_936_881,
            CARL.address: 581_745_047 + 8_556_496_626,
        }
        assert list(keeper.state.open_requests.values(ctx)) == []

    def test_the_first_fee_is_half_a_percent_and_a_fifth_of_the_gains(self) -> None:
        value, gains = 107_639_840_000, 7_639_840_000
        fee = value * 5 // 1_000 + gains // 5
        run = run_of("fundvault")
        [minted] = [
            int(change.after)
            for change in run.steps[36].outcome.changes["fundvault"]
            if change.key.startswith(b"Units:") and change.after is not None
        ]
        assert minted == 10**29 * fee // (value - fee)
