"""Values of x/fundvault that are no wire types, and what follows from a vault's id. Source: fund-vault §§1, 2."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final, NamedTuple

from vaultsim.address import InvalidAddress as NoAddress
from vaultsim.address import from_bech32, to_bech32
from vaultsim.context import NANOSECONDS
from vaultsim.lib.ints import MOST_DIGITS, whole_number
from vaultsim.lib.maths import pow10
from vaultsim.pb.dydxprotocol.subaccounts import SubaccountId
from vaultsim.pb.vaultsim.fundvault.v1 import (
    Params,
    RedemptionRequest,
    RedemptionType,
    RequestStatus,
    Vault,
    VaultStatus,
)
from vaultsim.x.fundvault.errors import InvalidAmount
from vaultsim.x.sdk_errors import InvalidAddress

MODULE_NAME: Final = "fundvault"
EPOCH_NAME: Final = "fundvault-epoch"
EPOCH_SECONDS: Final = 86_400

ACTIVE: Final = VaultStatus.VAULT_STATUS_ACTIVE
STOPPING: Final = VaultStatus.VAULT_STATUS_STOPPING
STOPPED: Final = VaultStatus.VAULT_STATUS_STOPPED
PENDING: Final = RequestStatus.REQUEST_STATUS_PENDING
LATE: Final = RequestStatus.REQUEST_STATUS_LATE
COMPLETED: Final = RequestStatus.REQUEST_STATUS_COMPLETED
NORMAL: Final = RedemptionType.REDEMPTION_TYPE_NORMAL
FREE_CASH_ONLY: Final = RedemptionType.REDEMPTION_TYPE_FREE_CASH_ONLY

ALL: Final = "ALL"
"""Stands for an amount that follows the holder's value."""
UNITS_PER_BASE_UNIT: Final = pow10(18)
"""Units that the first deposit mints for each base unit of the asset."""
MOST_BITS: Final = 256
"""No amount and no number of units is larger."""
MOST_PERIOD_SECONDS: Final = 100 * 365 * 86_400

DEFAULT_MIN_NOTICE_SECONDS: Final = 86_400
DEFAULT_MAX_DATES: Final = 1_000
DEFAULT_MAX_METADATA_BYTES: Final = 4_096


class Standing(NamedTuple):
    """What a vault is worth and what of it is free, in base units of its asset; only the first may be negative."""

    total: int
    general: int


def vault_id_of(owner: bytes, sequence: int) -> str:
    """The id of the vault that `owner` opens as number `sequence`: the address of its key, in bech32."""
    digest = hashlib.sha256(b"fundvault:" + owner + sequence.to_bytes(8, "big")).digest()
    return to_bech32(digest[:20])


@lru_cache(maxsize=65_536)
def subaccount_of(vault_id: str) -> SubaccountId:
    """The subaccount that a vault trades with."""
    return SubaccountId(owner=vault_id, number=0)


def parse_amount(text: str) -> int:
    """Base units of a message's amount. Raises InvalidAmount unless it is a positive integer of at most 256 bits."""
    amount = whole_number(text)
    if amount is None:
        raise InvalidAmount(repr(text[: MOST_DIGITS + 2]))
    if amount == 0 or amount.bit_length() > MOST_BITS:
        raise InvalidAmount(text)
    return amount


def normal_address(text: str) -> str:
    """An address as rows hold it. Raises InvalidAddress [sdk 7]."""
    try:
        return to_bech32(from_bech32(text))
    except NoAddress as problem:
        raise InvalidAddress(str(problem)) from None


def with_defaults(params: Params) -> Params:
    """The parameters with everything said."""
    notice, dates, size = params.min_notice_period, params.max_redemption_dates, params.max_metadata_bytes
    return Params(
        min_notice_period=DEFAULT_MIN_NOTICE_SECONDS if notice is None else notice,
        min_deposit_quantum_multiple=params.min_deposit_quantum_multiple,
        min_redemption_quantum_multiple=params.min_redemption_quantum_multiple,
        max_deposits_per_epoch=params.max_deposits_per_epoch,
        max_redemptions_per_epoch=params.max_redemptions_per_epoch,
        max_redemption_dates=DEFAULT_MAX_DATES if dates is None else dates,
        max_metadata_bytes=DEFAULT_MAX_METADATA_BYTES if size is None else size,
    )


def notice_ns(params: Params) -> int:
    """The notice period in nanoseconds."""
    return (params.min_notice_period or 0) * NANOSECONDS


def is_pending(request: RedemptionRequest) -> bool:
    """Whether a part of the request was not accepted yet."""
    return request.remaining != "0"


def is_living(vault: Vault) -> bool:
    """Whether the vault is not stopped."""
    return vault.status != STOPPED
