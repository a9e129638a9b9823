"""What can be told of a message or a genesis section by its fields alone: numbers, tokens, addresses.

Source: perp-vault §17 (InvalidArgument before any state read).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vaultsim.address import is_bech32
from vaultsim.lib.ints import whole_number
from vaultsim.module import Problem
from vaultsim.pb.runtime import Message
from vaultsim.x.bank.types import is_denom
from vaultsim.x.perpvault.errors import InvalidArgument
from vaultsim.x.perpvault.names import with_chain_names
from vaultsim.x.perpvault.types import MOST_BITS

_ADDRESSES: Final = frozenset(
    {"sender", "account", "receiver", "authority", "new_vault", "router", "fee_receiver", "address"}
)
_DENOMS: Final = frozenset(
    {
        "token",
        "token_in",
        "token_out",
        "collateral_token",
        "index_token",
        "purchase_token",
        "path",
        "tokens",
        "execution_fee_denom",
    }
)
_FREE_TEXTS: Final = frozenset({"key", "keys", "referral_code", "callback_target"})
_SIGNED: Final = "realised_pnl"


def check_message(msg: Message) -> None:
    """Raises InvalidArgument [55] for the first number, token or address that cannot be one."""
    for problem in problems(with_chain_names(msg)):
        raise InvalidArgument(f"{problem.path}: {problem.text}")


def amount(text: str) -> int:
    """The number of a field that was checked; none is 0."""
    return int(text) if text else 0


def problems(message: Message, path: str = "") -> Iterator[Problem]:
    """Every field of a message, and of those inside it, that cannot be what its name says."""
    for name, _, kind, label, _, _ in message.FIELDS:
        value = getattr(message, name)
        place = f"{path}.{name}" if path else name
        values = value if label == "repeated" else () if value is None else (value,)
        for index, one in enumerate(values):
            where = f"{place}[{index}]" if label == "repeated" else place
            if kind == "message":
                yield from problems(one, where)
            elif kind == "string":
                text = _problem(name, one)
                if text:
                    yield Problem(where, text)


def _problem(name: str, value: str) -> str:
    if name in _FREE_TEXTS:
        return ""
    if name in _ADDRESSES:
        # Addresses are keys here, so each has one text: upper case, which bech32 allows, is none.
        return "" if is_bech32(value) and value == value.lower() else f"{value[:80]!r} is no address"
    if name in _DENOMS:
        return "" if is_denom(value) else f"{value[:80]!r} is no denomination"
    digits = value.removeprefix("-") if name == _SIGNED else value
    number = whole_number(digits or "0")
    if number is None or number.bit_length() > MOST_BITS:
        return f"{value[:80]!r} is no integer of at most {MOST_BITS} bits"
    return ""
