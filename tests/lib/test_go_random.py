"""The generator draws what Go's math/rand draws (numbers of dydx-modules §20.14)."""

from __future__ import annotations

import pytest

from vaultsim.lib.go_random import GoRandom, draw


def test_seed_1_draws_the_published_numbers() -> None:
    generator = GoRandom(1)
    assert [generator.intn(100) for _ in range(8)] == [81, 87, 47, 59, 81, 18, 25, 40]


@pytest.mark.parametrize(("bound", "drawn"), [(2, 0), (3, 1), (4, 2), (5, 2), (6, 4), (7, 2), (10, 2)])
def test_a_fresh_generator_is_made_for_each_draw(bound: int, drawn: int) -> None:
    assert draw(1_732_147_276, bound) == drawn


def test_a_bound_of_one_draws_zero() -> None:
    assert draw(1_732_147_276, 1) == 0


def test_seeds_count_modulo_2_31_minus_1_and_zero_has_a_stand_in() -> None:
    assert draw(0, 1_000_000) == draw(2**31 - 1, 1_000_000) == draw(89_482_311, 1_000_000)


@pytest.mark.parametrize("bound", [0, -1, 2**31])
def test_a_bound_outside_int31_is_refused(bound: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        draw(1, bound)
