"""Updates of subaccounts, and what can be read off a subaccount. Source: dydx-modules §10.5."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final, NamedTuple

from vaultsim.address import is_bech32
from vaultsim.pb.dydxprotocol.subaccounts import PerpetualPosition, Subaccount, SubaccountId
from vaultsim.x.assets.types import USDC_ASSET_ID
from vaultsim.x.perpetuals.types import PerpInfo
from vaultsim.x.subaccounts.errors import InvalidSubaccountIdNumber, InvalidSubaccountIdOwner

MODULE_NAME: Final = "subaccounts"
MAX_SUBACCOUNT_NUMBER: Final = 128_000

PerpInfos = Mapping[int, PerpInfo]
"""What an update needs to know about perpetuals, by id."""


class UpdateType(IntEnum):
    """Why subaccounts change."""

    UNSPECIFIED = 0
    WITHDRAWAL = 1
    TRANSFER = 2
    DEPOSIT = 3
    MATCH = 4
    COLLAT_CHECK = 5


class UpdateResult(IntEnum):
    """What became of one update."""

    SUCCESS = 0
    NEWLY_UNDERCOLLATERALIZED = 1
    STILL_UNDERCOLLATERALIZED = 2
    WITHDRAWALS_AND_TRANSFERS_BLOCKED = 3
    UPDATE_CAUSED_ERROR = 4
    VIOLATES_ISOLATED_SUBACCOUNT_CONSTRAINTS = 5

    @property
    def text(self) -> str:
        """As logs of the chain have it, `NewlyUndercollateralized`: clients look for these words."""
        return self.name.title().replace("_", "")


class AssetUpdate(NamedTuple):
    """A change of an asset position, in quantums."""

    asset_id: int
    quantums_delta: int


class PerpetualUpdate(NamedTuple):
    """A change of a perpetual position: base quantums and quote quantums of its own balance."""

    perpetual_id: int
    quantums_delta: int
    quote_balance_delta: int = 0


class Update(NamedTuple):
    """Changes of one subaccount."""

    subaccount_id: SubaccountId
    asset_updates: tuple[AssetUpdate, ...] = ()
    perpetual_updates: tuple[PerpetualUpdate, ...] = ()


class SettledUpdate(NamedTuple):
    """An update next to its settled subaccount; leverage is the custom margin fraction (ppm) by perpetual."""

    subaccount: Subaccount
    asset_updates: tuple[AssetUpdate, ...]
    perpetual_updates: tuple[PerpetualUpdate, ...]
    leverage: Mapping[int, int] | None


def usdc_balance(subaccount: Subaccount) -> int:
    """Signed USDC balance in quote quantums; 0 without a position."""
    positions = subaccount.asset_positions
    return positions[0].quantums if positions and positions[0].asset_id == USDC_ASSET_ID else 0


def position_of(subaccount: Subaccount, perpetual_id: int) -> PerpetualPosition | None:
    """The position in a perpetual, or None."""
    for position in subaccount.perpetual_positions:
        if position.perpetual_id == perpetual_id:
            return position
    return None


def position_quantums(subaccount: Subaccount, perpetual_id: int) -> int:
    """Signed base quantums held in a perpetual; 0 without a position."""
    position = position_of(subaccount, perpetual_id)
    return 0 if position is None else position.quantums


def validate_subaccount_id(subaccount_id: SubaccountId) -> None:
    """Raises InvalidSubaccountIdOwner [201], then InvalidSubaccountIdNumber [200]. Source: dydx-modules §10.1."""
    if not is_bech32(subaccount_id.owner):
        raise InvalidSubaccountIdOwner(subaccount_id.owner)
    if subaccount_id.number > MAX_SUBACCOUNT_NUMBER:
        raise InvalidSubaccountIdNumber(str(subaccount_id.number))
