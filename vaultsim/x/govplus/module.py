"""x/govplus as the app sees it. Source: dydx-modules §19."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.module import AppModule, Genesis
from vaultsim.pb.dydxprotocol.govplus import GenesisState, MsgSlashValidator
from vaultsim.x.govplus.msg_server import check_slash_validator, slash_validator
from vaultsim.x.govplus.state import GovplusState


def govplus_module(state: GovplusState) -> AppModule:
    """The module's one message; its genesis section is empty."""
    return AppModule(
        name="govplus",
        schemas=(state.schema,),
        genesis=Genesis(GenesisState, _init, _export),
        handlers={MsgSlashValidator: slash_validator},
        checks={MsgSlashValidator: check_slash_validator},
    )


def _init(_: Context, __: GenesisState) -> None:
    return None


def _export(_: Context) -> GenesisState:
    return GenesisState()
