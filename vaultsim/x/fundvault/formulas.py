"""Shares, redemptions, fees and pro-rata parts: numbers in, numbers out. Source: fund-vault §§2, 5, 6.1, 13.

V: what a vault is worth in base units of its asset; marks, invested amounts and fees count 10^-18.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from vaultsim.lib.fixed import ONE_FIXED, fixed_ratio_floor, mul_fixed_floor
from vaultsim.lib.maths import ceil_div, floor_div, floor_mod
from vaultsim.x.fundvault.types import UNITS_PER_BASE_UNIT


def units_for_deposit(amount: int, value: int, total_units: int) -> int:
    """F1: units that a deposit mints, rounded down; `value` is V before it and above zero once there are units."""
    if total_units == 0:
        return amount * UNITS_PER_BASE_UNIT
    return floor_div(amount * total_units, value)


def units_for_payment(amount: int, value: int, total_units: int, held: int) -> int:
    """F2: units that a payment burns, rounded up, at most those held; all of them for the whole value."""
    if amount >= value_of(held, value, total_units):
        return held
    return min(held, ceil_div(amount * total_units, value))


def value_of(units: int, value: int, total_units: int) -> int:
    """F8: what units are worth in base units, rounded down; nothing when the vault is worth nothing."""
    if total_units == 0 or value <= 0:
        return 0
    return floor_div(value * units, total_units)


def share_of(units: int, total_units: int) -> int:
    """The part of all units, in counts of 10^-18, rounded down."""
    return fixed_ratio_floor(units, total_units) if total_units else 0


def invested_after_payment(invested: int, paid: int, value: int) -> int:
    """F3: the invested amount less the part that was paid out of V, rounded up."""
    return ceil_div(invested * (value - paid), value)


class Fees(NamedTuple):
    """One assessment: the new mark, and gains and fees in counts of 10^-18 of a base unit; units to mint."""

    high_water_mark: int
    new_gains: int
    management: int
    performance: int
    units: int


def new_mark(high_water_mark: int, value: int, invested: int) -> int:
    """F4: the highest value of an invested base unit so far; the ratio is rounded down."""
    return max(high_water_mark, fixed_ratio_floor(value * ONE_FIXED, invested))


def assess(
    value: int, total_units: int, invested: int, high_water_mark: int, management_factor: int, performance_factor: int
) -> Fees:
    """F4 to F7 for V > 0, units and an invested amount; everything is rounded down.

    At most V less one base unit is charged.
    """
    mark = new_mark(high_water_mark, value, invested)
    gains = mul_fixed_floor(invested, mark - high_water_mark)
    management = management_factor * value
    performance = mul_fixed_floor(gains, performance_factor)
    fee = min(management + performance, (value - 1) * ONE_FIXED)
    units = floor_div(total_units * fee, value * ONE_FIXED - fee)
    return Fees(mark, gains, management, performance, units)


def allocate(cap: int, needs: Mapping[str, int], weights: Mapping[str, int]) -> dict[str, int]:
    """The pro-rata rule: parts of `cap` by weight, nobody more than it needs; rounded down, in order of the names.

    Who needs no more than its part gets it all and leaves, and the rest is shared anew. Source: fund-vault §6.1.
    """
    if sum(needs.values()) <= cap and min(needs.values(), default=0) >= 0:
        # What is enough for all serves all: some part covers its need in every round, else the needs were more.
        return {name: needs[name] for name in sorted(needs)}
    parts = dict.fromkeys(sorted(needs), 0)
    waiting = [name for name in parts if needs[name] > 0]
    left = max(cap, 0)
    while waiting:
        weight = sum(weights[name] for name in waiting)
        offers = {name: floor_div(left * weights[name], weight) for name in waiting}
        served = [name for name in waiting if needs[name] <= offers[name]]
        if not served:
            parts.update(offers)
            break
        for name in served:
            parts[name] = needs[name]
            left -= needs[name]
        waiting = [name for name in waiting if needs[name] > offers[name]]
    return parts


def split_by_units(amount: int, units: Mapping[str, int]) -> dict[str, int]:
    """All of `amount` by units: rounded down, what is left one each to the largest remainders, ties by address."""
    total = sum(units.values())
    parts = {party: floor_div(amount * held, total) for party, held in sorted(units.items())}
    by_remainder = sorted(parts, key=lambda party: (-floor_mod(amount * units[party], total), party))
    for party in by_remainder[: amount - sum(parts.values())]:
        parts[party] += 1
    return parts
