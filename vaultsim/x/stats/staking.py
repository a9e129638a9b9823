"""Delegations as the genesis document lists them: staking itself is not simulated, so they stay as they are.

Source: dydx-modules §§13, 23.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from vaultsim.lib.maths import floor_div, floor_mod, pow10

PRECISION: Final = 18
_ONE: Final = pow10(PRECISION)


class Validator(NamedTuple):
    """Tokens behind a validator, and the shares they are split into (10^-18 share)."""

    tokens: int
    shares_e18: int


class StakedDelegations:
    """A frozen table of delegations: bech32 delegator -> staked base tokens."""

    def __init__(self, base_tokens: Mapping[str, int] | None = None) -> None:
        self._base_tokens = dict(base_tokens or {})

    def base_tokens(self, delegator: str) -> int:
        """Staked base tokens of `delegator`, 0 when nothing is delegated."""
        return self._base_tokens.get(delegator, 0)

    @classmethod
    def from_genesis(cls, section: Mapping[str, Any]) -> StakedDelegations:
        """The table of a genesis document's `staking` section (proto JSON). Unknown validators count nothing."""
        validators = {one["operator_address"]: _validator(one) for one in _rows(section, "validators")}
        totals: dict[str, int] = {}
        for one in _rows(section, "delegations"):
            validator = validators.get(one["validator_address"])
            if validator is not None:
                tokens = tokens_of_shares(decimal_e18(one["shares"]), validator)
                totals[one["delegator_address"]] = totals.get(one["delegator_address"], 0) + tokens
        return cls(totals)


def tokens_of_shares(shares_e18: int, validator: Validator) -> int:
    """Whole base tokens that `shares_e18` stand for: to 18 digits, then to a whole, each time half to even."""
    scaled = shares_e18 * validator.tokens * _ONE * _ONE
    quotient_e36 = floor_div(scaled, validator.shares_e18)
    return half_even_div(half_even_div(quotient_e36, _ONE), _ONE)


def half_even_div(numerator: int, denominator: int) -> int:
    """Quotient rounded to the nearest, ties to even; for a non-negative numerator."""
    quotient, twice_rest = floor_div(numerator, denominator), 2 * floor_mod(numerator, denominator)
    if twice_rest > denominator or (twice_rest == denominator and quotient & 1):
        return quotient + 1
    return quotient


def decimal_e18(text: str) -> int:
    """A decimal text with up to 18 fraction digits, as a whole number of 10^-18."""
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(PRECISION, "0"))


def _validator(row: Mapping[str, Any]) -> Validator:
    return Validator(int(row["tokens"]), decimal_e18(row["delegator_shares"]))


def _rows(section: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    rows: Sequence[Mapping[str, Any]] = section.get(name) or ()
    return rows
