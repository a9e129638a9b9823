"""Genesis section "dydxaccountplus". Source: dydx-modules §1.11."""

from __future__ import annotations

from vaultsim.address import InvalidAddress, from_bech32, is_bech32
from vaultsim.context import Context
from vaultsim.errors import ChainPanic
from vaultsim.module import Problem
from vaultsim.pb.dydxprotocol.accountplus import AccountAuthenticator, AuthenticatorData, GenesisState
from vaultsim.x.accountplus.keeper import AccountplusKeeper


def init_genesis(keeper: AccountplusKeeper, ctx: Context, genesis: GenesisState) -> None:
    """Writes the section; panics for an invalid address."""
    state = keeper.state
    for account in genesis.accounts:
        try:
            state.account_states.set(ctx, from_bech32(account.address), account)
        except InvalidAddress as problem:
            raise ChainPanic(str(problem)) from None
    state.params.set(ctx, genesis.params)
    state.next_authenticator_id.set(ctx, genesis.next_authenticator_id)
    for entry in genesis.authenticator_data:
        for authenticator in entry.authenticators:
            state.authenticators.set(ctx, (entry.address, authenticator.id), authenticator)


def export_genesis(keeper: AccountplusKeeper, ctx: Context) -> GenesisState:
    """Everything, in the order of the keys."""
    state = keeper.state
    owned: dict[str, list[AccountAuthenticator]] = {}
    for (account, _), authenticator in state.authenticators.items(ctx):
        owned.setdefault(account, []).append(authenticator)
    return GenesisState(
        accounts=tuple(state.account_states.values(ctx)),
        params=keeper.params(ctx),
        next_authenticator_id=state.next_authenticator_id.get(ctx) or 0,
        authenticator_data=tuple(
            AuthenticatorData(address=account, authenticators=tuple(listed)) for account, listed in owned.items()
        ),
    )


def check_genesis(genesis: GenesisState) -> list[Problem]:
    """Accounts whose address is invalid."""
    return [
        Problem(f"accounts[{index}].address", f"{account.address!r} is not an address with prefix dydx")
        for index, account in enumerate(genesis.accounts)
        if not is_bech32(account.address)
    ]
