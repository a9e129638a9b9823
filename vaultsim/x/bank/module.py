"""x/bank as one value, and the part of x/distribution that touches its balances."""

from __future__ import annotations

from functools import partial

from vaultsim.module import AppModule, Genesis
from vaultsim.pb.cosmos.bank.v1beta1 import GenesisState, MsgMultiSend, MsgSend, MsgSetSendEnabled, MsgUpdateParams
from vaultsim.x.bank.blocks import drain_fee_collector
from vaultsim.x.bank.genesis import check_genesis, export_genesis, init_genesis
from vaultsim.x.bank.keeper import BankKeeper
from vaultsim.x.bank.msg_server import MsgServer
from vaultsim.x.bank.query_server import queries


def bank_module(keeper: BankKeeper) -> AppModule:
    """Balances: rows, messages, genesis, queries."""
    server = MsgServer(keeper)
    return AppModule(
        name="bank",
        schemas=(keeper.state.schema,),
        genesis=Genesis(
            message=GenesisState,
            init=partial(init_genesis, keeper),
            export=partial(export_genesis, keeper),
            check=check_genesis,
        ),
        handlers={
            MsgSend: server.send,
            MsgMultiSend: server.multi_send,
            MsgUpdateParams: server.update_params,
            MsgSetSendEnabled: server.set_send_enabled,
        },
        queries=queries(keeper),
    )


def distribution_module(keeper: BankKeeper) -> AppModule:
    """The emptying of the fee collector at the start of a block; nothing else of x/distribution is simulated."""
    return AppModule(name="distribution", begin_block=partial(drain_fee_collector, keeper))
