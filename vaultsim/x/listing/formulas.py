"""Pure rules of x/listing. Source: dydx-modules §18."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any as Json
from typing import Final, NamedTuple

from vaultsim.lib.ints import is_u64
from vaultsim.lib.maths import pow10
from vaultsim.pb.dydxprotocol.listing import ListingVaultDepositParams
from vaultsim.x.listing.errors import InvalidDepositAmount, InvalidLockBlocks, InvalidTickerMetadata

MIN_PRICE_CHANGE_PPM: Final = 800
DEFAULT_FUNDING_PPM: Final = 100
LIQUIDITY_TIER: Final = 7
STEP_BASE_QUANTUMS: Final = 1_000_000
SUBTICKS_PER_TICK: Final = 1_000_000
QUANTUM_CONVERSION_EXPONENT: Final = -9
RESOLUTION_OFFSET: Final = -6

# The chain takes the logarithm in floating point (natural logarithm times 0.4342944819032518), so from 10^15 on the
# whole part steps not exactly at the powers of ten: these are the u64 prices where it reaches 15 to 19.
_STEPS: Final = (
    *(pow10(exponent) for exponent in range(15)),
    1_000_000_000_000_003,
    9_999_999_999_999_999,
    99_999_999_999_999_753,
    999_999_999_999_995_072,
    9_999_999_999_999_996_929,
)


class TickerMetadata(NamedTuple):
    """What the market map tells about a ticker: price scaled by its decimals, and whether it starts as cross."""

    reference_price: int
    cross_launch: bool


def floor_log10(price: int) -> int:
    """Whole part of the chain's floating-point log10 of a positive u64: digits - 1 below 10^15."""
    return bisect_right(_STEPS, price) - 1


def atomic_resolution(reference_price: int, decimals: int) -> int:
    """Atomic resolution of a listed perpetual."""
    return RESOLUTION_OFFSET - (floor_log10(reference_price) - decimals)


def parse_ticker_metadata(text: str) -> TickerMetadata:
    """The metadata of a ticker (JSON text); fields left out are 0 and false. Raises InvalidTickerMetadata [6]."""
    try:
        document = json.loads(text, parse_float=str, parse_constant=_refuse)
    except ValueError:
        raise InvalidTickerMetadata from None
    if document is None:
        return TickerMetadata(0, False)
    if not isinstance(document, dict):
        raise InvalidTickerMetadata
    _unsigned(document, "liquidity")
    _require_aggregate_ids(_field(document, "aggregate_ids"))
    cross_launch = _field(document, "cross_launch")
    if not isinstance(cross_launch, bool | None):
        raise InvalidTickerMetadata
    return TickerMetadata(_unsigned(document, "reference_price"), cross_launch is True)


def require_valid_deposit_params(params: ListingVaultDepositParams) -> None:
    """New vault's deposit positive, main vault's not negative [4], shares locked for a block at least [5]."""
    if params.new_vault_deposit_amount <= 0 or params.main_vault_deposit_amount < 0:
        raise InvalidDepositAmount
    if params.num_blocks_to_lock_shares == 0:
        raise InvalidLockBlocks


def _field(document: Mapping[str, Json], name: str) -> Json:
    found: Json = None
    for key, value in document.items():
        # Go matches field names whatever their case; null leaves a field as it is.
        if key.lower() == name and value is not None:
            found = value
    return found


def _unsigned(document: Mapping[str, Json], name: str) -> int:
    value = _field(document, name)
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or not is_u64(value):
        raise InvalidTickerMetadata
    return value


def _require_aggregate_ids(value: Json) -> None:
    if value is None:
        return
    if not isinstance(value, list) or not all(isinstance(one, dict | None) for one in value):
        raise InvalidTickerMetadata
    for one in value:
        for name in ("venue", "id"):
            if not isinstance(_field(one or {}, name), str | None):
                raise InvalidTickerMetadata


def _refuse(constant: str) -> Json:
    raise ValueError(constant)
