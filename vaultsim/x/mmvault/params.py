"""Validity of parameters. Source: mm-vault §7, designs-on-chain (mmvault)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vaultsim.lib.maths import ONE_MILLION
from vaultsim.pb.vaultsim.mmvault.v1 import MarginBasis, PairQuoteParams, Params
from vaultsim.x.mmvault.errors import InvalidParams, WeightMismatch

MOST_COOLDOWN_SECONDS: Final = 30 * 86_400


def validate_params(params: Params) -> None:
    """Raises InvalidParams [16] for a bound that is passed. An unspecified margin basis is the available one."""
    if not 1 <= params.vault_cooldown_period_seconds <= MOST_COOLDOWN_SECONDS:
        raise InvalidParams(f"vault_cooldown_period_seconds {params.vault_cooldown_period_seconds}")
    if params.max_unlocks == 0:
        raise InvalidParams("max_unlocks 0")
    if params.vault_fee_share_ppm > ONE_MILLION:
        raise InvalidParams(f"vault_fee_share_ppm {params.vault_fee_share_ppm}")
    if params.margin_basis not in MarginBasis.NAMES:
        raise InvalidParams(f"margin_basis {params.margin_basis}")


def validate_pair(pair: PairQuoteParams) -> None:
    """Raises InvalidParams [16] for a bound that is passed; zeros mean that the pair is not quoted."""
    if pair.vault_half_spread_ppm >= ONE_MILLION:
        raise InvalidParams(f"pair {pair.clob_pair_id}: vault_half_spread_ppm {pair.vault_half_spread_ppm}")
    if pair.tick_multiple == 0:
        raise InvalidParams(f"pair {pair.clob_pair_id}: tick_multiple 0")


def validate_pairs(pairs: Sequence[PairQuoteParams]) -> None:
    """Raises InvalidParams [16] for a bound that is passed or a pair that is named twice."""
    seen: dict[int, None] = {}
    for pair in pairs:
        validate_pair(pair)
        if pair.clob_pair_id in seen:
            raise InvalidParams(f"pair {pair.clob_pair_id} twice")
        seen[pair.clob_pair_id] = None


def total_weight(pairs: Sequence[PairQuoteParams]) -> int:
    """Sum of the pairs' weights."""
    return sum(pair.vault_liquidity_weight for pair in pairs)


def validate_total_weight(given: int | None, pairs: Sequence[PairQuoteParams]) -> None:
    """Raises WeightMismatch [17] when a given total is another than the sum."""
    if given is not None and given != total_weight(pairs):
        raise WeightMismatch(f"{given}, the pairs' weights sum up to {total_weight(pairs)}")
