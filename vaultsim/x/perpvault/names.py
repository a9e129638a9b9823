"""Fields that the design and the chain call by different names: a message may use either.

Source: perp-vault §§10, 11 (`index`, `collateral`, `trigger_above`); designs-on-chain (`index_token` and so on).
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

from vaultsim.pb.runtime import Message, replace
from vaultsim.x.perpvault.errors import InvalidArgument

M = TypeVar("M", bound=Message)
_CHAIN_NAMES: Final = (
    ("index", "index_token"),
    ("collateral", "collateral_token"),
    ("trigger_above", "trigger_above_threshold"),
)


def with_chain_names(msg: M) -> M:
    """The message with the chain's names alone. Raises InvalidArgument [55] when both are given and differ."""
    names = {row[0] for row in msg.FIELDS}
    changed: dict[str, Any] = {}
    for short, name in _CHAIN_NAMES:
        if not {short, name} <= names or not getattr(msg, short):
            continue
        given, known = getattr(msg, short), getattr(msg, name)
        if known and known != given:
            raise InvalidArgument(f"{short} and {name} differ")
        changed |= {name: given, short: type(given)()}
    return replace(msg, **changed) if changed else msg
