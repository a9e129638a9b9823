"""Numbers of fund accounts: pro-rata parts, shares, fees. Source: fund-vault §§5, 6.1, 12, 13."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaultsim.lib.fixed import ONE_FIXED, fixed_from_text, text_of_fixed
from vaultsim.x.fundvault.formulas import (
    allocate,
    assess,
    invested_after_payment,
    split_by_units,
    units_for_deposit,
    units_for_payment,
    value_of,
)

PARTIES = st.dictionaries(
    st.sampled_from("abcdefgh"), st.tuples(st.integers(0, 10**6), st.integers(1, 10**24)), min_size=1
)


class TestAllocate:
    """Source: fund-vault §6.1 and the properties of §12."""

    @pytest.mark.parametrize(
        ("cap", "needs", "parts"),
        [
            (100_000, (60_000, 20_000, 90_000), (50_000, 10_000, 40_000)),
            (100_000, (60_000, 5_000, 90_000), (52_777, 5_000, 42_222)),
            (100_000, (0, 80_000, 0), (0, 80_000, 0)),
            (0, (1, 1, 1), (0, 0, 0)),
            (-5, (1, 1, 1), (0, 0, 0)),
        ],
    )
    def test_parts_of_holders_with_five_one_and_four_tenths(
        self, cap: int, needs: tuple[int, ...], parts: tuple[int, ...]
    ) -> None:
        weights = {"a": 5, "b": 1, "c": 4}
        assert allocate(cap, dict(zip("abc", needs, strict=True)), weights) == dict(zip("abc", parts, strict=True))

    @given(PARTIES, st.integers(0, 10**7))
    def test_nobody_gets_more_than_it_needs_and_all_get_no_more_than_the_cap(
        self, parties: dict[str, tuple[int, int]], cap: int
    ) -> None:
        needs = {name: need for name, (need, _) in parties.items()}
        weights = {name: weight for name, (_, weight) in parties.items()}
        parts = allocate(cap, needs, weights)
        assert all(parts[name] <= needs[name] for name in needs)
        assert sum(parts.values()) <= cap
        if sum(needs.values()) <= cap:
            assert parts == needs
        # Never below a single round over everybody who asks.
        whole = sum(weights.values())
        assert all(parts[name] >= min(needs[name], cap * weights[name] // whole) for name in needs)

    @given(PARTIES, st.integers(0, 10**7), st.randoms(use_true_random=False))
    def test_the_order_of_the_parties_does_not_matter(
        self, parties: dict[str, tuple[int, int]], cap: int, chance: object
    ) -> None:
        names = list(parties)
        chance.shuffle(names)  # type: ignore[attr-defined]
        needs = {name: parties[name][0] for name in names}
        weights = {name: parties[name][1] for name in names}
        assert allocate(cap, needs, weights) == allocate(cap, dict(sorted(needs.items())), weights)


class TestUnits:
    """F1, F2, F3, F8: rounding never takes from those who stay."""

    @given(st.integers(1, 10**12), st.integers(1, 10**15), st.integers(1, 10**33))
    def test_a_deposit_does_not_lower_the_value_of_other_units(self, amount: int, value: int, total: int) -> None:
        minted = units_for_deposit(amount, value, total)
        assert (value + amount) * total >= value * (total + minted)

    @given(st.integers(1, 10**15), st.integers(1, 10**33), st.data())
    def test_a_payment_does_not_lower_the_value_of_other_units(
        self, value: int, total: int, data: st.DataObject
    ) -> None:
        held = data.draw(st.integers(1, total))
        worth = value_of(held, value, total)
        if worth == 0:
            return
        paid = data.draw(st.integers(1, worth))
        burnt = units_for_payment(paid, value, total, held)
        assert burnt <= held
        assert (value - paid) * total >= value * (total - burnt)

    def test_the_whole_value_takes_all_units(self) -> None:
        assert units_for_payment(333, 1_001, 3 * 10**18, 10**18) == 10**18
        assert units_for_payment(332, 1_001, 3 * 10**18, 10**18) < 10**18

    def test_the_first_deposit_mints_ten_to_the_eighteen_a_base_unit(self) -> None:
        assert units_for_deposit(150, 0, 0) == 150 * 10**18

    def test_the_invested_amount_is_rounded_up(self) -> None:
        assert invested_after_payment(10, 1, 3) == 7
        assert text_of_fixed(invested_after_payment(100 * ONE_FIXED, 1, 3)) == "66.666666666666666667"


class TestFees:
    """F4 to F7."""

    def test_gains_are_those_above_the_highest_mark(self) -> None:
        first = assess(1_200_000, 10**24, 1_000_000 * ONE_FIXED, ONE_FIXED, 0, ONE_FIXED // 5)
        assert (first.new_gains, first.performance) == (200_000 * ONE_FIXED, 40_000 * ONE_FIXED)
        second = assess(900_000, 10**24, 1_000_000 * ONE_FIXED, first.high_water_mark, 0, ONE_FIXED // 5)
        assert (second.new_gains, second.units, second.high_water_mark) == (0, 0, 12 * ONE_FIXED // 10)

    @given(
        st.integers(1, 10**15),
        st.integers(1, 10**33),
        st.integers(1, 10**33),
        st.integers(0, ONE_FIXED - 1),
        st.integers(0, ONE_FIXED),
    )
    def test_a_fee_leaves_the_holders_at_least_a_base_unit(
        self, value: int, total: int, invested: int, management: int, performance: int
    ) -> None:
        fees = assess(value, total, invested, ONE_FIXED, management, performance)
        assert value_of(total, value, total + fees.units) >= 1
        assert fees.high_water_mark >= ONE_FIXED

    def test_the_owners_new_units_are_worth_the_fee(self) -> None:
        fees = assess(1_000_000, 10**24, 10**24, ONE_FIXED, ONE_FIXED // 200, 0)
        assert value_of(fees.units, 1_000_000, 10**24 + fees.units) == 4_999
        assert round(10**12 * fees.units / (10**24 + fees.units)) == 5 * 10**9


class TestSplit:
    """Largest remainders. Source: W13."""

    @given(st.integers(0, 10**9), st.dictionaries(st.text(max_size=3), st.integers(1, 10**24), min_size=1))
    def test_everything_is_given_and_nobody_is_off_by_a_unit(self, amount: int, units: dict[str, int]) -> None:
        parts = split_by_units(amount, units)
        whole = sum(units.values())
        assert sum(parts.values()) == amount
        assert all(0 <= parts[name] - amount * units[name] // whole <= 1 for name in units)

    def test_ties_go_to_the_first_addresses(self) -> None:
        assert split_by_units(2, {"c": 1, "a": 1, "b": 1}) == {"a": 1, "b": 1, "c": 0}


class TestDecimals:
    """Text of 18 places."""

    @given(st.integers(-(10**40), 10**40))
    def test_text_and_number_are_inverse(self, number: int) -> None:
        assert fixed_from_text(text_of_fixed(number)) == number

    @pytest.mark.parametrize("text", ["", ".", "1.", ".1", "1e3", "0.1234567890123456789", "١", " 1", "+1", "--1"])
    def test_other_texts_are_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="expected a decimal"):
            fixed_from_text(text)

    def test_numbers_keep_their_order(self) -> None:
        texts = ["-1.5", "-0.000000000000000001", "0", "0.1", "0.10000000000000001", "1", "10"]
        assert all(fixed_from_text(a) < fixed_from_text(b) for a, b in pairwise(texts))
