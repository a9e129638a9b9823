"""Redemption dates: validity, rules written out, and what may change about them. Source: fund-vault §§4.1, 7."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Final

from vaultsim.context import NANOSECONDS
from vaultsim.lib.fixed import ONE_FIXED, fixed_from_text, text_of_fixed
from vaultsim.lib.maths import floor_div
from vaultsim.pb.google.protobuf import Timestamp
from vaultsim.pb.runtime import replace
from vaultsim.pb.vaultsim.fundvault.v1 import RedemptionDate, RedemptionRule
from vaultsim.x.clock import timestamp_ns, timestamp_of
from vaultsim.x.fundvault.errors import (
    ClosingDateImmutable,
    DateInPast,
    InvalidFraction,
    InvalidRedemptionType,
    InvalidSchedule,
    NextDateImmutable,
    WithinNotice,
)
from vaultsim.x.fundvault.types import FREE_CASH_ONLY, NORMAL

Dates = tuple[RedemptionDate, ...]
MOST_DATES: Final = 100_000
"""No schedule is longer, whatever the parameters say."""


def require_valid_kind(kind: int, max_fraction: str) -> None:
    """Raises InvalidRedemptionType [21], InvalidFraction [20]."""
    if kind not in (NORMAL, FREE_CASH_ONLY):
        raise InvalidRedemptionType(str(kind))
    try:
        fraction = fixed_from_text(max_fraction)
    except ValueError as problem:
        raise InvalidFraction(str(problem)) from None
    if not 0 < fraction <= ONE_FIXED:
        raise InvalidFraction(max_fraction)


def require_valid_dates(dates: Sequence[RedemptionDate], *, ordered: bool = True) -> None:
    """What dates tell by themselves, by index. Raises InvalidSchedule [19] when they do not increase, [21], [20]."""
    before_ns: int | None = None
    for index, one in enumerate(dates):
        at_ns = timestamp_ns(one.date)
        if ordered and before_ns is not None and at_ns <= before_ns:
            raise InvalidSchedule(f"date {index} does not come after date {index - 1}")
        require_valid_kind(one.type, one.max_fraction)
        before_ns = at_ns


def require_valid_rules(rules: Sequence[RedemptionRule]) -> None:
    """What rules tell by themselves, by index. Raises InvalidSchedule [19] for one without a date, [21], [20]."""
    for index, rule in enumerate(rules):
        if rule.period_seconds <= 0:
            raise InvalidSchedule(f"rule {index}: period of {rule.period_seconds} seconds")
        if timestamp_ns(rule.end) < timestamp_ns(rule.start):
            raise InvalidSchedule(f"rule {index} ends before it starts")
        require_valid_kind(rule.type, rule.max_fraction)


def expanded(dates: Sequence[RedemptionDate], rules: Sequence[RedemptionRule], most: int, now_ns: int) -> Dates:
    """All dates of a valid schedule in order. most: how many there may be, 0 for any number.

    Raises InvalidSchedule [19] for too many or two at one time, DateInPast [22] for one that is not after `now_ns`.
    """
    _require_few(len(dates) + sum(_count_of(rule) for rule in rules), most)
    every = [canonical(one) for one in dates]
    for rule in rules:
        every += _dates_of(rule)
    return _in_order(every, now_ns)


def changed(
    old: Dates,
    added: Sequence[RedemptionDate],
    removed: Sequence[Timestamp],
    *,
    most: int,
    now_ns: int,
    notice_ns: int,
) -> Dates:
    """The dates after a change. The next one, and those within the notice period, must stay as they are; one that
    this block's end will reach is past already.

    Raises InvalidSchedule [19], DateInPast [22], NextDateImmutable [23], WithinNotice [24], ClosingDateImmutable [25].
    """
    reached = tuple(one for one in old if timestamp_ns(one.date) <= now_ns)
    upcoming = old[len(reached) :]
    kept = {timestamp_ns(one.date): one for one in upcoming}
    for moment in removed:
        if kept.pop(timestamp_ns(moment), None) is None:
            raise _unknown(moment, now_ns)
    _require_few(len(kept) + len(added), most)
    new = _in_order([*kept.values(), *map(canonical, added)], now_ns)
    if not new:
        raise InvalidSchedule("no date is left")
    if not upcoming:
        raise ClosingDateImmutable(_shown(new[-1].date))
    _require_protected_kept(upcoming, new, now_ns + notice_ns)
    return reached + new


def canonical(one: RedemptionDate) -> RedemptionDate:
    """The date with all places of its fraction."""
    return replace(one, max_fraction=text_of_fixed(fixed_from_text(one.max_fraction)))


def _require_protected_kept(old: Dates, new: Dates, end_of_notice_ns: int) -> None:
    for index, one in enumerate(old):
        if index == 0 or timestamp_ns(one.date) < end_of_notice_ns:
            if one in new:
                continue
            raise NextDateImmutable(_shown(one.date)) if index == 0 else WithinNotice(_shown(one.date))
    closing_ns = timestamp_ns(old[-1].date)
    is_protected = len(old) == 1 or closing_ns < end_of_notice_ns
    if is_protected and timestamp_ns(new[-1].date) > closing_ns:
        raise ClosingDateImmutable(_shown(new[-1].date))


def _unknown(moment: Timestamp, now_ns: int) -> DateInPast | InvalidSchedule:
    if timestamp_ns(moment) <= now_ns:
        return DateInPast(_shown(moment))
    return InvalidSchedule(f"there is no redemption date at {_shown(moment)}")


def _require_few(count: int, most: int) -> None:
    if count > (most or MOST_DATES) or count > MOST_DATES:
        raise InvalidSchedule(f"{count} dates are too many")


def _in_order(dates: Iterable[RedemptionDate], now_ns: int) -> Dates:
    ordered = sorted(dates, key=lambda one: timestamp_ns(one.date))
    for before, after in itertools.pairwise(ordered):
        if before.date == after.date:
            raise InvalidSchedule(f"two dates at {_shown(after.date)}")
    if ordered and timestamp_ns(ordered[0].date) <= now_ns:
        raise DateInPast(_shown(ordered[0].date))
    return tuple(ordered)


def _count_of(rule: RedemptionRule) -> int:
    span_ns = timestamp_ns(rule.end) - timestamp_ns(rule.start)
    return floor_div(span_ns, rule.period_seconds * NANOSECONDS) + 1


def _dates_of(rule: RedemptionRule) -> list[RedemptionDate]:
    start_ns, step_ns = timestamp_ns(rule.start), rule.period_seconds * NANOSECONDS
    first = canonical(RedemptionDate(date=rule.start, type=rule.type, max_fraction=rule.max_fraction))
    return [replace(first, date=timestamp_of(start_ns + index * step_ns)) for index in range(_count_of(rule))]


def _shown(moment: Timestamp) -> str:
    return f"{moment.seconds}.{moment.nanos:09d} s since 1970"
