"""The generator draws what Go's math/rand draws (numbers of dydx-modules §20.14)."""

from __future__ import annotations

import pytest

from vaultsim.lib.go_random import GoRandom


def test_seed_1_draws_the_published_numbers() -> None:
    generator = GoRandom(1)
    assert [generator.intn(100) for _ in range(8)] == [81, 87, 47, 59, 81, 18, 25, 40]


@pytest.mark.parametrize(("bound", "drawn"), [(2, 0), (3, 1), (4, 2), (5, 2), (6, 4), (7, 2), (10, 2)])
def test_a_fresh_generator_is_made_for_each_draw(bound: int, drawn: int) -> None:
    assert GoRandom(1_732_147_276).intn(bound) == drawn


def test_a_bound_of_one_draws_zero() -> None:
    assert GoRandom(1_732_147_276).intn(1) == 0


def test_seeds_count_modulo_2_31_minus_1_and_zero_has_a_stand_in() -> None:
    assert GoRandom(0).intn(1_000_000) == GoRandom(2**31 - 1).intn(1_000_000) == GoRandom(89_482_311).intn(1_000_000)


@pytest.mark.parametrize("bound", [0, -1, 2**31])
def test_a_bound_outside_int31_is_refused(bound: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        GoRandom(1).intn(bound)
