"""Validity and defaults of parameters. Source: dydx-vault §8."""

from __future__ import annotations

from typing import Final

from vaultsim.pb.dydxprotocol.vault import OperatorMetadata, OperatorParams, QuotingParams, VaultParams
from vaultsim.x.authority import GOV_BECH32
from vaultsim.x.vault.errors import (
    EmptyOperator,
    InvalidActivationThresholdQuoteQuantums,
    InvalidLayers,
    InvalidOrderExpirationSeconds,
    InvalidOrderSizePctPpm,
    InvalidSkewFactor,
    InvalidSpreadMinPpm,
    UnspecifiedVaultStatus,
)

MAX_LAYERS: Final = 255
SKEW_BOUND: Final = 2_000_000_000_000
"""Skew factor times order size, both in ppm, must stay below this."""

DEFAULT_QUOTING_PARAMS: Final = QuotingParams(
    layers=2,
    spread_min_ppm=10_000,
    spread_buffer_ppm=1_500,
    skew_factor_ppm=2_000_000,
    order_size_pct_ppm=100_000,
    order_expiration_seconds=60,
    activation_threshold_quote_quantums=1_000_000_000,
)
DEFAULT_OPERATOR_PARAMS: Final = OperatorParams(
    operator=GOV_BECH32,
    metadata=OperatorMetadata(name="Governance", description="Governance Module Account"),
)


def validate_quoting_params(params: QuotingParams) -> None:
    """Raises [11], [10], [8], [9], [13] or [31], the first that applies in this order."""
    if params.layers > MAX_LAYERS:
        raise InvalidLayers()
    if params.spread_min_ppm == 0:
        raise InvalidSpreadMinPpm()
    if params.order_size_pct_ppm == 0:
        raise InvalidOrderSizePctPpm()
    if params.order_expiration_seconds == 0:
        raise InvalidOrderExpirationSeconds()
    if params.activation_threshold_quote_quantums < 0:
        raise InvalidActivationThresholdQuoteQuantums()
    if params.skew_factor_ppm * params.order_size_pct_ppm >= SKEW_BOUND:
        raise InvalidSkewFactor()


def validate_vault_params(params: VaultParams) -> None:
    """Raises [19] for status 0, then what the quoting parameters raise; statuses above 4 are not refused."""
    if params.status == 0:
        raise UnspecifiedVaultStatus()
    if params.quoting_params is not None:
        validate_quoting_params(params.quoting_params)


def validate_operator_params(params: OperatorParams) -> None:
    """Raises [24] for an empty operator; the address's format is not looked at."""
    if not params.operator:
        raise EmptyOperator()
