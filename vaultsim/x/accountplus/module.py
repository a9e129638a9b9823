"""x/accountplus as one value."""

from __future__ import annotations

from functools import partial

from vaultsim.context import Context
from vaultsim.module import AppModule, Genesis
from vaultsim.pb.dydxprotocol.accountplus import GenesisState, MsgSetActiveState, MsgSetActiveStateResponse, Params
from vaultsim.x.accountplus.genesis import check_genesis, export_genesis, init_genesis
from vaultsim.x.accountplus.keeper import AccountplusKeeper
from vaultsim.x.accountplus.keys import STORE
from vaultsim.x.authority import GOV_BECH32
from vaultsim.x.sdk_errors import Unauthorized


def accountplus_module(keeper: AccountplusKeeper) -> AppModule:
    """Timestamp nonces: rows and genesis; authenticators are kept, not run."""
    return AppModule(
        name=STORE,
        schemas=(keeper.state.schema,),
        genesis=Genesis(
            message=GenesisState,
            init=partial(init_genesis, keeper),
            export=partial(export_genesis, keeper),
            check=check_genesis,
        ),
        handlers={MsgSetActiveState: partial(_set_active_state, keeper)},
    )


def _set_active_state(keeper: AccountplusKeeper, ctx: Context, msg: MsgSetActiveState) -> MsgSetActiveStateResponse:
    """Switches authenticators on or off. Raises Unauthorized [sdk 4] for another authority than gov."""
    if msg.authority != GOV_BECH32:
        raise Unauthorized(
            f"{msg.authority} is not recognized as a valid authority for setting smart account active state"
        )
    keeper.state.params.set(ctx, Params(is_smart_account_active=msg.active))
    return MsgSetActiveStateResponse()
