"""Messages of x/accountplus."""

from __future__ import annotations

from typing import Final

from vaultsim.address import from_bech32, is_bech32
from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.accountplus import (
    MsgAddAuthenticator,
    MsgAddAuthenticatorResponse,
    MsgRemoveAuthenticator,
    MsgRemoveAuthenticatorResponse,
    MsgSetActiveState,
    MsgSetActiveStateResponse,
)
from vaultsim.x.accountplus.errors import ConfigTooLong, InvalidAccountAddress
from vaultsim.x.accountplus.keeper import AccountplusKeeper
from vaultsim.x.authority import GOV_BECH32
from vaultsim.x.sdk_errors import Unauthorized

MOST_CONFIG_BYTES: Final = 1_024


def check_add_authenticator(msg: MsgAddAuthenticator) -> None:
    """Sender is bech32 [2], the configuration has at most 1,024 bytes [3]."""
    if not is_bech32(msg.sender):
        raise InvalidAccountAddress
    if len(msg.data) > MOST_CONFIG_BYTES:
        raise ConfigTooLong


class AccountplusMsgServer:
    """Handlers of x/accountplus."""

    def __init__(self, keeper: AccountplusKeeper) -> None:
        self._keeper = keeper

    def add_authenticator(self, ctx: Context, msg: MsgAddAuthenticator) -> MsgAddAuthenticatorResponse:
        """Adds an authenticator to the sender's account. Raises Unauthorized [sdk 4] while switched off."""
        self._require_active(ctx)
        self._keeper.add_authenticator(ctx, from_bech32(msg.sender), msg.authenticator_type, msg.data)
        return MsgAddAuthenticatorResponse(success=True)

    def remove_authenticator(self, ctx: Context, msg: MsgRemoveAuthenticator) -> MsgRemoveAuthenticatorResponse:
        """Removes an authenticator of the sender's account. Raises Unauthorized [sdk 4] while switched off, [1]."""
        self._require_active(ctx)
        self._keeper.remove_authenticator(ctx, from_bech32(msg.sender), msg.id)
        return MsgRemoveAuthenticatorResponse(success=True)

    def set_active_state(self, ctx: Context, msg: MsgSetActiveState) -> MsgSetActiveStateResponse:
        """Switches authenticators on or off. Raises Unauthorized [sdk 4] for another authority than gov."""
        if msg.authority != GOV_BECH32:
            raise Unauthorized(
                f"{msg.authority} is not recognized as a valid authority for setting smart account active state"
            )
        self._keeper.set_active(ctx, msg.active)
        return MsgSetActiveStateResponse()

    def _require_active(self, ctx: Context) -> None:
        if not self._keeper.params(ctx).is_smart_account_active:
            raise Unauthorized("smart account authentication flow is not active")
