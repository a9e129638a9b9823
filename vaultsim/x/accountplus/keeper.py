"""Timestamp nonces and authenticators of accounts. Source: dydx-modules §§1.5, 1.11."""

from __future__ import annotations

from typing import Final

from vaultsim.address import to_bech32
from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.lib.maths import floor_div
from vaultsim.pb.dydxprotocol.accountplus import AccountAuthenticator, AccountState, Params, TimestampNonceDetails
from vaultsim.pb.runtime import replace
from vaultsim.x.accountplus.authenticators import (
    Authenticator,
    initialize,
    is_registered,
    require_removable,
    requires_signature,
)
from vaultsim.x.accountplus.errors import AuthenticatorNotFound, SmartAccountNotActive, TooManySigners
from vaultsim.x.accountplus.formulas import FIRST_TIMESTAMP_NONCE, accept_nonce, is_within_window
from vaultsim.x.accountplus.state import AccountplusState
from vaultsim.x.sdk_errors import LogicError, WrongSequence

_NS_PER_MS: Final = 1_000_000


class AccountplusKeeper:
    """Keeps which nonces an account has used, and who may sign in its place."""

    def __init__(self, state: AccountplusState) -> None:
        self.state = state

    def use_timestamp_nonce(self, ctx: Context, address: bytes, nonce: int) -> None:
        """Marks a nonce as used. Raises WrongSequence [sdk 32] and stores nothing when it is refused."""
        block_time_ms = floor_div(ctx.time_ns, _NS_PER_MS)
        if not is_within_window(nonce, block_time_ms):
            raise WrongSequence(f"timestamp nonce {nonce} not within valid time window")
        found = self.state.account_states.get(ctx, address)
        if found is None:
            details = TimestampNonceDetails(timestamp_nonces=(nonce,), max_ejected_nonce=FIRST_TIMESTAMP_NONCE)
            new = AccountState(address=to_bech32(address), timestamp_nonce_details=details)
        else:
            accepted = accept_nonce(found.timestamp_nonce_details, nonce, block_time_ms)
            if accepted is None:
                raise WrongSequence(f"timestamp nonce {nonce} rejected")
            new = replace(found, timestamp_nonce_details=accepted)
        self.state.account_states.set(ctx, address, new)

    def params(self, ctx: Context) -> Params:
        """The parameters; empty ones when genesis gave none."""
        return self.state.params.get(ctx) or Params()

    def require_active(self, ctx: Context) -> None:
        """Raises SmartAccountNotActive [dydxaccountplus 4] when authenticators are switched off."""
        if not self.params(ctx).is_smart_account_active:
            raise SmartAccountNotActive

    def set_active(self, ctx: Context, active: bool) -> None:
        """Switches authenticators on or off."""
        self.state.params.set(ctx, replace(self.params(ctx), is_smart_account_active=active))

    def add_authenticator(self, ctx: Context, address: bytes, kind: str, config: bytes) -> int:
        """Stores a new authenticator and returns its id, which all accounts count up together.

        Raises ChainError (no code) for an unknown kind, or when it could say yes without a signature; see
        `requires_signature` for more.
        """
        if not is_registered(kind):
            raise ChainError(f"authenticator type {kind} is not registered")
        number = self.state.next_authenticator_id.get(ctx) or 0
        if not requires_signature(kind, config):
            raise ChainError(f"unsafe: {kind} does not require signature verification on all possible paths")
        self.state.next_authenticator_id.set(ctx, number + 1)
        stored = AccountAuthenticator(id=number, type=kind, config=config)
        self.state.authenticators.set(ctx, (to_bech32(address), number), stored)
        return number

    def remove_authenticator(self, ctx: Context, address: bytes, authenticator_id: int) -> None:
        """Deletes an account's authenticator. Raises AuthenticatorNotFound [1]."""
        account = to_bech32(address)
        found = self.stored_authenticator(ctx, account, authenticator_id)
        if not is_registered(found.type):
            raise ChainError(f"authenticator type {found.type} is not registered")
        require_removable(found.type, found.config)
        self.state.authenticators.delete(ctx, (account, authenticator_id))

    def stored_authenticator(self, ctx: Context, account: str, authenticator_id: int) -> AccountAuthenticator:
        """An account's authenticator as stored. Raises AuthenticatorNotFound [1]."""
        found = self.state.authenticators.get(ctx, (account, authenticator_id))
        if found is None:
            raise AuthenticatorNotFound(f"authenticator {authenticator_id} not found for account {account}")
        return found

    def authenticators(self, ctx: Context, account: str) -> tuple[AccountAuthenticator, ...]:
        """An account's authenticators in the order of their keys (ids as text)."""
        return tuple(self.state.authenticators.values(ctx, account.encode()))

    def authenticator(self, ctx: Context, address: bytes, authenticator_id: int) -> Authenticator:
        """An account's authenticator, ready to authenticate.

        Raises AuthenticatorNotFound [1], LogicError [sdk 35] for an unknown kind; see `initialize` for more.
        """
        found = self.stored_authenticator(ctx, to_bech32(address), authenticator_id)
        if not is_registered(found.type):
            raise LogicError(f"authenticator type {found.type} not registered in manager")
        return initialize(found.type, found.config)

    def require_selected(self, ctx: Context, signers: tuple[bytes, ...], selected: tuple[int, ...]) -> None:
        """What a resting order's transaction must still fulfil: one signer [6] who has the named authenticators [1].

        Raises SmartAccountNotActive [4] while authenticators are switched off. Source: dydx-modules §20.7.2.
        """
        self.require_active(ctx)
        if len(signers) != 1:
            raise TooManySigners("only one signer is allowed")
        for authenticator_id in selected:
            self.authenticator(ctx, signers[0], authenticator_id)
