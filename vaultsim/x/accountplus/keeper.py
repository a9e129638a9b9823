"""Timestamp nonces and the state of authenticators. Source: dydx-modules §§1.5, 1.11."""

from __future__ import annotations

from typing import Final

from vaultsim.address import to_bech32
from vaultsim.context import Context
from vaultsim.lib.maths import floor_div
from vaultsim.pb.dydxprotocol.accountplus import AccountState, Params, TimestampNonceDetails
from vaultsim.pb.runtime import replace
from vaultsim.x.accountplus.errors import AuthenticatorNotFound, SmartAccountNotActive
from vaultsim.x.accountplus.formulas import FIRST_TIMESTAMP_NONCE, accept_nonce, is_within_window
from vaultsim.x.accountplus.state import AccountplusState
from vaultsim.x.sdk_errors import WrongSequence

_NS_PER_MS: Final = 1_000_000


class AccountplusKeeper:
    """Keeps which nonces an account has used."""

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

    def require_authenticator(self, ctx: Context, address: bytes, authenticator_id: int) -> None:
        """Raises AuthenticatorNotFound [dydxaccountplus 1] when the account has none with this id."""
        account = to_bech32(address)
        if self.state.authenticators.get(ctx, (account, authenticator_id)) is None:
            raise AuthenticatorNotFound(f"account {account}, authenticator id {authenticator_id}")
