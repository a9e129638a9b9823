"""Parameters: defaults, validity, and what an update changes. Source: mm-vault §7, designs-on-chain (mmvault)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from vaultsim.lib.maths import ONE_MILLION
from vaultsim.pb.runtime import replace
from vaultsim.pb.vaultsim.mmvault.v1 import MarginBasis, PairQuoteParams, Params
from vaultsim.store.codecs import Codec
from vaultsim.x.mmvault.errors import InvalidParams, WeightMismatch

MOST_COOLDOWN_SECONDS: Final = 30 * 86_400


class VaultParams(NamedTuple):
    """Parameters of the vault as a whole, with their defaults. Amounts in quote quantums; a cap of 0 is none."""

    vault_cooldown_period_seconds: int = 86_400
    max_unlocks: int = 10
    vault_deposit_cap: int = 0
    vault_fee_share_ppm: int = 0
    margin_basis: int = MarginBasis.MARGIN_BASIS_AVAILABLE
    trading_enabled: bool = True


DEFAULT_PARAMS: Final = VaultParams()


def updated(params: VaultParams, wire: Params) -> VaultParams:
    """The parameters with what a message gives; what it leaves out stays, as an unspecified margin basis does."""
    given = {name: value for name in VaultParams._fields if (value := getattr(wire, name)) is not None}
    if given.get("margin_basis") == MarginBasis.MARGIN_BASIS_UNSPECIFIED:
        del given["margin_basis"]
    return params._replace(**given)


def params_to_wire(params: VaultParams) -> Params:
    """The parameters as a message, every field given."""
    return Params(**params._asdict())


PARAMS: Final[Codec[VaultParams]] = Codec(
    lambda params: params_to_wire(params).encode(), lambda raw: updated(DEFAULT_PARAMS, Params.decode(raw))
)
"""The row: a message with every field."""


def with_tick_multiple(pair: PairQuoteParams) -> PairQuoteParams:
    """How a pair is quoted with its tick multiple, which is 1 when it is left out."""
    return replace(pair, tick_multiple=1) if pair.tick_multiple is None else pair


def validate_params(params: VaultParams) -> None:
    """Raises InvalidParams [16] for a bound that is passed."""
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
