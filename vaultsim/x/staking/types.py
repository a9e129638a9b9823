"""The staking section of a genesis document: only validators and delegations are read.

Source: dydx-modules §§13, 23.
"""

from __future__ import annotations

from typing import Any as Json
from typing import ClassVar

from vaultsim.pb.runtime import JsonError
from vaultsim.pb.verbatim import VerbatimSection
from vaultsim.x.staking.formulas import Validator, decimal_e18, tokens_of_shares


class StakingGenesis(VerbatimSection, frozen=True, kw_only=True):
    """The genesis section, kept as JSON text so that it is exported as it was read."""

    FULL_NAME: ClassVar[str] = "cosmos.staking.v1beta1.GenesisState"
    TYPE_URL: ClassVar[str] = "/cosmos.staking.v1beta1.GenesisState"

    @classmethod
    def require_readable(cls, section: object, path: str) -> None:
        """Raises JsonError when its delegations cannot be read."""
        read_delegations(section, path)

    def base_tokens(self) -> dict[str, int]:
        """Staked base tokens by delegator (bech32)."""
        return read_delegations(self.to_json(), "$")


def read_delegations(section: object, path: str) -> dict[str, int]:
    """Staked base tokens by delegator: each delegation rounded by itself, unknown validators counting nothing.

    Raises JsonError naming the place.
    """
    if not isinstance(section, dict):
        raise JsonError(path, "expected an object")
    validators = {
        _text(row, "operator_address", place): Validator(
            _whole(row, "tokens", place), _decimal(row, "delegator_shares", place)
        )
        for place, row in _rows(section, "validators", path)
    }
    totals: dict[str, int] = {}
    for place, row in _rows(section, "delegations", path):
        validator = validators.get(_text(row, "validator_address", place))
        shares_e18 = _decimal(row, "shares", place)
        if validator is not None and validator.shares_e18:
            delegator = _text(row, "delegator_address", place)
            totals[delegator] = totals.get(delegator, 0) + tokens_of_shares(shares_e18, validator)
    return totals


def _rows(section: dict[str, Json], name: str, path: str) -> list[tuple[str, dict[str, Json]]]:
    rows = section.get(name) or []
    if not isinstance(rows, list):
        raise JsonError(f"{path}.{name}", "expected a list")
    places = [(f"{path}.{name}[{index}]", row) for index, row in enumerate(rows)]
    for place, row in places:
        if not isinstance(row, dict):
            raise JsonError(place, "expected an object")
    return places


def _text(row: dict[str, Json], name: str, place: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise JsonError(f"{place}.{name}", "expected text")
    return value


def _whole(row: dict[str, Json], name: str, place: str) -> int:
    value = _text(row, name, place)
    if not value.isdecimal():
        raise JsonError(f"{place}.{name}", "expected an unsigned integer as text")
    return int(value)


def _decimal(row: dict[str, Json], name: str, place: str) -> int:
    value = _text(row, name, place)
    try:
        return decimal_e18(value)
    except ValueError:
        raise JsonError(f"{place}.{name}", "expected a decimal as text") from None
