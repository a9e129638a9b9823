"""Authenticators: what may authenticate a message in place of the account's own key.

A kind knows how to read its configuration, whether it demands a signature on every way to "yes", and how to say no.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from vaultsim.errors import ChainError, ChainPanic
from vaultsim.pb.dydxprotocol.clob import MsgBatchCancel, MsgCancelOrder, MsgPlaceOrder
from vaultsim.pb.runtime import Message
from vaultsim.x.accountplus.configs import Part, names_of, numbers_of, parts_of
from vaultsim.x.accountplus.errors import (
    AllOfRefused,
    AnyOfRefused,
    ClobPairRefused,
    MessageTypeRefused,
    SignatureRefused,
    SubaccountRefused,
)
from vaultsim.x.carriers import carried_order
from vaultsim.x.sdk_errors import InvalidRequest

_KEY_BYTES: Final = 33
_FEWEST_PARTS: Final = 2
_NIL_POINTER: Final = "runtime error: invalid memory address or nil pointer dereference"


class AuthenticationRequest(NamedTuple):
    """A message to authenticate; is_signed_by tells whether its signature is by a secp256k1 key, at the chain's gas."""

    message: Message
    is_signed_by: Callable[[bytes], bool]


class Authenticator(Protocol):
    """An authenticator with its configuration."""

    def authenticate(self, request: AuthenticationRequest) -> None:
        """Returns when the message may pass, raises ChainError when not."""
        ...


@dataclass(frozen=True)
class SignatureVerification:
    """The transaction must be signed by this key."""

    key: bytes

    def authenticate(self, request: AuthenticationRequest) -> None:
        """Raises SignatureRefused [100]."""
        if not request.is_signed_by(self.key):
            raise SignatureRefused("please verify account number, sequence and chain-id")


@dataclass(frozen=True)
class MessageFilter:
    """The message must be of one of these types."""

    type_urls: frozenset[bytes]

    def authenticate(self, request: AuthenticationRequest) -> None:
        """Raises MessageTypeRefused [101]."""
        if request.message.TYPE_URL.encode() not in self.type_urls:
            raise MessageTypeRefused(f"message types do not match. Got {request.message.TYPE_URL}")


@dataclass(frozen=True)
class ClobPairIdFilter:
    """Placements and cancels must be of these pairs; other messages pass."""

    clob_pair_ids: frozenset[int]

    def authenticate(self, request: AuthenticationRequest) -> None:
        """Raises ClobPairRefused [102]."""
        for clob_pair_id in _clob_pair_ids(carried_order(request.message)):
            if clob_pair_id not in self.clob_pair_ids:
                raise ClobPairRefused(f"clob pair id {clob_pair_id} not in whitelist {sorted(self.clob_pair_ids)}")


@dataclass(frozen=True)
class SubaccountFilter:
    """Placements and cancels must be of these subaccount numbers; other messages pass."""

    numbers: frozenset[int]

    def authenticate(self, request: AuthenticationRequest) -> None:
        """Raises SubaccountRefused [103]."""
        number = _subaccount_number(carried_order(request.message))
        if number is not None and number not in self.numbers:
            raise SubaccountRefused(f"subaccount number {number} not in whitelist {sorted(self.numbers)}")


@dataclass(frozen=True)
class AllOf:
    """Every part must say yes."""

    parts: tuple[Authenticator, ...]

    def authenticate(self, request: AuthenticationRequest) -> None:
        """Raises AllOfRefused [104] at the first part that refuses."""
        for part in self.parts:
            try:
                part.authenticate(request)
            except ChainError as problem:
                raise AllOfRefused(problem.log) from problem


@dataclass(frozen=True)
class AnyOf:
    """One part must say yes; they are asked in order."""

    parts: tuple[Authenticator, ...]

    def authenticate(self, request: AuthenticationRequest) -> None:
        """Raises AnyOfRefused [105] when every part refuses."""
        reasons = []
        for part in self.parts:
            try:
                part.authenticate(request)
            except ChainError as problem:
                reasons.append(problem.log)
            else:
                return
        raise AnyOfRefused(f"all sub-authenticators failed to authenticate: {'; '.join(reasons)}")


def _initialize_parts(config: bytes) -> tuple[Authenticator, ...]:
    parts = parts_of(config)
    if len(parts) < _FEWEST_PARTS:
        raise InvalidRequest("must have at least 2 sub-authenticators")
    return tuple(initialize(part.kind, part.config) for part in parts)


_BUILDERS: Final[dict[str, Callable[[bytes], Authenticator]]] = {
    "AllOf": lambda config: AllOf(_initialize_parts(config)),
    "AnyOf": lambda config: AnyOf(_initialize_parts(config)),
    "SignatureVerification": SignatureVerification,
    "MessageFilter": lambda config: MessageFilter(names_of(config)),
    "ClobPairIdFilter": lambda config: ClobPairIdFilter(numbers_of(config)),
    "SubaccountFilter": lambda config: SubaccountFilter(numbers_of(config)),
}


def is_registered(kind: str) -> bool:
    """Whether the chain knows this kind of authenticator."""
    return kind in _BUILDERS


def initialize(kind: str, config: bytes) -> Authenticator:
    """An authenticator ready to authenticate.

    Raises InvalidRequest [sdk 18] for a composite of fewer than two parts, ChainError (no code) for a configuration
    that does not parse; panics for an unknown kind, which only genesis can bring in.
    """
    builder = _BUILDERS.get(kind)
    if builder is None:
        raise ChainPanic(_NIL_POINTER)
    return builder(config)


def requires_signature(kind: str, config: bytes) -> bool:
    """Whether a new authenticator of a known kind demands a signature on every way to "yes".

    Raises ChainError (no code) for a key that is not 33 bytes long or JSON that does not parse, InvalidRequest
    [sdk 18] for fewer than two parts or an unknown kind among them. Filters' configurations are not looked at.
    """
    if kind == "SignatureVerification":
        if len(config) != _KEY_BYTES:
            raise ChainError(f"invalid secp256k1 public key size, expected {_KEY_BYTES}, got {len(config)}")
        return True
    if kind not in ("AllOf", "AnyOf"):
        return False
    parts = parts_of(config)
    if len(parts) < _FEWEST_PARTS:
        raise InvalidRequest("no sub-authenticators provided")
    demands = [_part_requires_signature(part) for part in parts]
    return all(demands) if kind == "AnyOf" else any(demands)


def _part_requires_signature(part: Part) -> bool:
    _require_registered(part, "added")
    return requires_signature(part.kind, part.config)


def require_removable(kind: str, config: bytes) -> None:
    """Raises what keeps a stored composite from being removed: unparsable JSON (no code), unknown kinds [sdk 18]."""
    if kind not in ("AllOf", "AnyOf"):
        return
    for part in parts_of(config):
        _require_registered(part, "removed")
        require_removable(part.kind, part.config)


def _require_registered(part: Part, done: str) -> None:
    if not is_registered(part.kind):
        raise InvalidRequest(
            f"sub-authenticator failed to be {done} as type {part.kind!r} is not registered in manager"
        )


def _clob_pair_ids(message: Message) -> tuple[int, ...]:
    if isinstance(message, MsgPlaceOrder):
        return (message.order.order_id.clob_pair_id,)
    if isinstance(message, MsgCancelOrder):
        return (message.order_id.clob_pair_id,)
    if isinstance(message, MsgBatchCancel):
        return tuple(batch.clob_pair_id for batch in message.short_term_cancels)
    return ()


def _subaccount_number(message: Message) -> int | None:
    if isinstance(message, MsgPlaceOrder):
        return message.order.order_id.subaccount_id.number
    if isinstance(message, MsgCancelOrder):
        return message.order_id.subaccount_id.number
    if isinstance(message, MsgBatchCancel):
        return message.subaccount_id.number
    return None
