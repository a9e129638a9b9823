"""Sums of x/stats in wrapping u64 arithmetic. Source: dydx-modules §13."""

from __future__ import annotations

from collections.abc import Iterable

from vaultsim.lib.ints import wrap_u64
from vaultsim.pb.dydxprotocol.stats import (
    AffiliateAttribution_Role,
    BlockStats_Fill,
    EpochStats_UserWithStats,
    GlobalStats,
    Params,
    UserStats,
)
from vaultsim.x.clock import duration_ns
from vaultsim.x.stats.errors import NonpositiveDuration

NO_STATS = UserStats()
STAKE_CACHE_SECONDS = 900


def require_valid_params(params: Params) -> None:
    """The window must be positive [400]."""
    if duration_ns(params.window_duration) <= 0:
        raise NonpositiveDuration


def plus(left: UserStats, right: UserStats) -> UserStats:
    """Sum field by field, wrapping."""
    return UserStats(
        taker_notional=wrap_u64(left.taker_notional + right.taker_notional),
        maker_notional=wrap_u64(left.maker_notional + right.maker_notional),
        affiliate_30d_revenue_generated_quantums=wrap_u64(
            left.affiliate_30d_revenue_generated_quantums + right.affiliate_30d_revenue_generated_quantums
        ),
        affiliate_30d_referred_volume_quote_quantums=wrap_u64(
            left.affiliate_30d_referred_volume_quote_quantums + right.affiliate_30d_referred_volume_quote_quantums
        ),
        affiliate_30d_attributed_volume_quote_quantums=wrap_u64(
            left.affiliate_30d_attributed_volume_quote_quantums + right.affiliate_30d_attributed_volume_quote_quantums
        ),
    )


def minus(left: UserStats, right: UserStats) -> UserStats:
    """Difference field by field: the notionals wrap, the affiliate fields stop at 0."""
    return UserStats(
        taker_notional=wrap_u64(left.taker_notional - right.taker_notional),
        maker_notional=wrap_u64(left.maker_notional - right.maker_notional),
        affiliate_30d_revenue_generated_quantums=max(
            0, left.affiliate_30d_revenue_generated_quantums - right.affiliate_30d_revenue_generated_quantums
        ),
        affiliate_30d_referred_volume_quote_quantums=max(
            0, left.affiliate_30d_referred_volume_quote_quantums - right.affiliate_30d_referred_volume_quote_quantums
        ),
        affiliate_30d_attributed_volume_quote_quantums=max(
            0,
            left.affiliate_30d_attributed_volume_quote_quantums - right.affiliate_30d_attributed_volume_quote_quantums,
        ),
    )


def gains_of(fills: Iterable[BlockStats_Fill]) -> dict[str, UserStats]:
    """What each user gains from `fills`: notionals, revenue, referred and attributed volume."""
    gains: dict[str, UserStats] = {}

    def add(user: str, gain: UserStats) -> None:
        gains[user] = plus(gains.get(user, NO_STATS), gain)

    for fill in fills:
        revenue = fill.affiliate_fee_generated_quantums
        add(fill.taker, UserStats(taker_notional=fill.notional, affiliate_30d_revenue_generated_quantums=revenue))
        add(fill.maker, UserStats(maker_notional=fill.notional))
        for attribution in fill.affiliate_attributions:
            referee = _referee(fill, attribution.role)
            if referee is None:
                continue
            volume = attribution.referred_volume_quote_quantums
            add(attribution.referrer_address, UserStats(affiliate_30d_referred_volume_quote_quantums=volume))
            add(referee, UserStats(affiliate_30d_attributed_volume_quote_quantums=volume))
    return gains


def merged(
    known: Iterable[EpochStats_UserWithStats], gains: dict[str, UserStats]
) -> tuple[EpochStats_UserWithStats, ...]:
    """The users of an epoch with `gains` added, sorted by user text (by bytes)."""
    users = {one.user: one.stats or NO_STATS for one in known}
    for user, gain in gains.items():
        users[user] = plus(users.get(user, NO_STATS), gain)
    return tuple(EpochStats_UserWithStats(user=user, stats=users[user]) for user in sorted(users, key=_text_bytes))


def without_users(totals: GlobalStats, users: Iterable[EpochStats_UserWithStats]) -> GlobalStats:
    """`totals` less the taker notional of `users`: counting makers too would count each fill twice."""
    taken = sum(one.stats.taker_notional for one in users if one.stats is not None)
    return GlobalStats(notional_traded=wrap_u64(totals.notional_traded - taken))


def _referee(fill: BlockStats_Fill, role: int) -> str | None:
    if role == AffiliateAttribution_Role.ROLE_TAKER:
        return fill.taker
    return fill.maker if role == AffiliateAttribution_Role.ROLE_MAKER else None


def _text_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
