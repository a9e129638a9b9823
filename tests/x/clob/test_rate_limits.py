"""Submissions per owner and span of blocks (dydx-modules §20.18)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaultsim.pb.dydxprotocol.clob import BlockRateLimitConfiguration, MaxPerNBlocksRateLimit
from vaultsim.x.clob.errors import BlockRateLimitExceeded
from vaultsim.x.clob.rate_limits import RateLimiter, RateLimits


def limit(num_blocks: int, most: int) -> MaxPerNBlocksRateLimit:
    return MaxPerNBlocksRateLimit(num_blocks=num_blocks, limit=most)


def test_a_limit_of_one_block_starts_anew_each_block() -> None:
    limiter = RateLimiter([limit(1, 2)])
    limiter.count(5, "a", 2)
    with pytest.raises(BlockRateLimitExceeded):
        limiter.count(5, "a")
    limiter.count(5, "b")
    limiter.prune(6)
    limiter.count(6, "a", 2)


def test_refused_attempts_count_too() -> None:
    limiter = RateLimiter([limit(2, 1)])
    limiter.count(5, "a")
    with pytest.raises(BlockRateLimitExceeded):
        limiter.count(5, "a")
    limiter.prune(6)
    with pytest.raises(BlockRateLimitExceeded):
        limiter.count(6, "a")


def test_without_limits_nothing_is_refused() -> None:
    RateLimiter([]).count(1, "a", 10**9)


def test_another_configuration_starts_anew_and_the_same_goes_on() -> None:
    limits = RateLimits()
    config = BlockRateLimitConfiguration(max_stateful_orders_per_n_blocks=(limit(1, 1),))
    limits.configure(config)
    limits.stateful.count(1, "a")
    limits.configure(BlockRateLimitConfiguration(max_stateful_orders_per_n_blocks=(limit(1, 1),)))
    with pytest.raises(BlockRateLimitExceeded):
        limits.stateful.count(1, "a")
    limits.configure(BlockRateLimitConfiguration(max_stateful_orders_per_n_blocks=(limit(1, 5),)))
    limits.stateful.count(1, "a")


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3)), max_size=60),
    st.dictionaries(st.integers(1, 5), st.integers(1, 6), min_size=1, max_size=3),
)
def test_counts_are_those_over_the_last_blocks(attempts: list[tuple[str, int]], spans: dict[int, int]) -> None:
    limiter = RateLimiter([limit(blocks, most) for blocks, most in spans.items()])
    made: list[tuple[int, str]] = []
    height = 1
    for owner, steps in attempts:
        for _ in range(steps):
            height += 1
            limiter.prune(height)
        made.append((height, owner))
        allowed = all(
            sum(at > height - blocks and who == owner for at, who in made) <= most for blocks, most in spans.items()
        )
        if allowed:
            limiter.count(height, owner)
        else:
            with pytest.raises(BlockRateLimitExceeded):
                limiter.count(height, owner)
