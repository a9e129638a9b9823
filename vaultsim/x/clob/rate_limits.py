"""How many orders, cancels and leverage updates an owner may submit to this node. Source: dydx-modules §20.18."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from vaultsim.pb.dydxprotocol.clob import BlockRateLimitConfiguration, MaxPerNBlocksRateLimit
from vaultsim.x.clob.errors import BlockRateLimitExceeded

BATCH_CANCEL_WEIGHT = 2


class Counted(NamedTuple):
    """What a limiter has counted: per owner for each span, and per height."""

    counts: dict[str, list[int]]
    by_height: dict[int, dict[str, int]]


class RateLimitsContent(NamedTuple):
    """Captured limiters: the configuration they came from, and what each has counted."""

    config: BlockRateLimitConfiguration
    limiters: tuple[tuple[RateLimiter, Counted], ...]


class RateLimiter:
    """Counts per owner over the last blocks, for each configured span. Refused attempts count too."""

    __slots__ = ("_by_height", "_counts", "_limits", "_longest")

    def __init__(self, limits: Sequence[MaxPerNBlocksRateLimit]) -> None:
        self._limits = sorted(limits, key=lambda limit: limit.num_blocks)
        self._longest = self._limits[-1].num_blocks if self._limits else 0
        self._counts: dict[str, list[int]] = {}
        self._by_height: dict[int, dict[str, int]] = {}

    def count(self, height: int, owner: str, weight: int = 1) -> None:
        """Counts an attempt, then raises BlockRateLimitExceeded [5001] if that is above a limit."""
        if not self._limits:
            return
        per_owner = self._by_height.setdefault(height, {})
        per_owner[owner] = per_owner.get(owner, 0) + weight
        counts = self._counts.setdefault(owner, [0] * len(self._limits))
        for index in range(len(counts)):
            counts[index] += weight
        for limit, counted in zip(self._limits, counts, strict=True):
            if counted > limit.limit:
                raise BlockRateLimitExceeded(f"{counted} of {limit.limit} per {limit.num_blocks} blocks by {owner}")

    def prune(self, height: int) -> None:
        """Forgets what is too old once block `height` is committed."""
        for index, limit in enumerate(self._limits):
            for owner, counted in self._by_height.get(height - limit.num_blocks, {}).items():
                self._counts[owner][index] -= counted
        for owner in self._by_height.pop(height - self._longest, {}):
            if not any(self._counts[owner]):
                del self._counts[owner]

    def capture(self) -> Counted:
        """The counts as they are."""
        return _copied(Counted(self._counts, self._by_height))

    def restore(self, kept: Counted) -> None:
        """Goes back to captured counts."""
        self._counts, self._by_height = _copied(kept)


class RateLimits:
    """The three limiters of a node; a changed configuration starts them anew."""

    def __init__(self) -> None:
        self._config = BlockRateLimitConfiguration()
        self._start()

    def configure(self, config: BlockRateLimitConfiguration) -> None:
        """Takes over the configuration that is in state."""
        if config is not self._config and config != self._config:
            self._config = config
            self._start()

    def prune(self, height: int) -> None:
        """Forgets what is too old once block `height` is committed."""
        self.short_term.prune(height)
        self.stateful.prune(height)
        self.leverage.prune(height)

    def capture(self) -> RateLimitsContent:
        """The limiters as they are."""
        limiters = (self.short_term, self.stateful, self.leverage)
        return RateLimitsContent(self._config, tuple((limiter, limiter.capture()) for limiter in limiters))

    def restore(self, kept: RateLimitsContent) -> None:
        """Goes back to captured limiters, any number of times."""
        self._config = kept.config
        for limiter, counted in kept.limiters:
            limiter.restore(counted)
        self.short_term, self.stateful, self.leverage = (limiter for limiter, _ in kept.limiters)

    def _start(self) -> None:
        config = self._config
        self.short_term = RateLimiter(config.max_short_term_orders_and_cancels_per_n_blocks)
        self.stateful = RateLimiter(config.max_stateful_orders_per_n_blocks)
        self.leverage = RateLimiter(config.max_leverage_updates_per_n_blocks)


def _copied(counted: Counted) -> Counted:
    return Counted(
        {owner: list(counts) for owner, counts in counted.counts.items()},
        {height: dict(per_owner) for height, per_owner in counted.by_height.items()},
    )
