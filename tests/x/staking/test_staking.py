"""Delegations of the genesis document: rounding, sums, export."""

from __future__ import annotations

import pytest

from tests.x.blocks import ALICE, BOB, Blocks
from vaultsim.pb.runtime import JsonError
from vaultsim.x.staking.formulas import Validator, half_even_div, tokens_of_shares
from vaultsim.x.staking.keeper import StakingKeeper
from vaultsim.x.staking.module import staking_module
from vaultsim.x.staking.types import StakingGenesis


@pytest.mark.parametrize(("numerator", "rounded"), [(5, 0), (6, 1), (15, 2), (25, 2), (26, 3), (20, 2)])
def test_halves_go_to_the_even_neighbour(numerator: int, rounded: int) -> None:
    assert half_even_div(numerator, 10) == rounded


def test_shares_of_a_slashed_validator_are_worth_less() -> None:
    # 100 shares of 300 over 200 tokens: 66.666… tokens.
    assert tokens_of_shares(100 * 10**18, Validator(tokens=200, shares_e18=300 * 10**18)) == 67


def test_delegations_of_a_genesis_document_add_up_and_unknown_validators_count_nothing() -> None:
    section = {
        "validators": [
            {"operator_address": "v1", "tokens": "1000", "delegator_shares": "1000.000000000000000000"},
            {"operator_address": "v2", "tokens": "500", "delegator_shares": "1000.000000000000000000"},
        ],
        "delegations": [
            {"delegator_address": ALICE, "validator_address": "v1", "shares": "10.000000000000000000"},
            {"delegator_address": ALICE, "validator_address": "v2", "shares": "5.000000000000000000"},
            {"delegator_address": BOB, "validator_address": "v9", "shares": "5.000000000000000000"},
        ],
    }
    keeper = StakingKeeper()
    keeper.load(StakingGenesis.from_json(section))
    # 5 shares at one half are 2.5 tokens: to the even neighbour, 2.
    assert (keeper.base_tokens(ALICE), keeper.base_tokens(BOB)) == (12, 0)


def test_the_section_is_exported_as_it_was_read() -> None:
    section = StakingGenesis.from_json({"params": {"max_entries": 7}, "delegations": []})
    keeper = StakingKeeper()
    genesis = staking_module(keeper).genesis
    assert genesis is not None
    ctx = Blocks().at(0)
    genesis.init(ctx, section)
    assert genesis.export(ctx).to_json() == {"params": {"max_entries": 7}, "delegations": []}
    assert keeper.base_tokens(ALICE) == 0


@pytest.mark.parametrize(
    ("section", "place"),
    [
        ([], "$"),
        ({"validators": 1}, "$.validators"),
        ({"delegations": [1]}, "$.delegations[0]"),
        ({"delegations": [{"validator_address": "v", "shares": "x"}]}, "$.delegations[0].shares"),
        ({"validators": [{"operator_address": "v", "tokens": "-1"}]}, "$.validators[0].tokens"),
    ],
)
def test_what_cannot_be_read_is_named(section: object, place: str) -> None:
    with pytest.raises(JsonError) as caught:
        StakingGenesis.from_json(section)
    assert caught.value.path == place
