"""x/delaymsg as the app sees it. Source: dydx-modules §12."""

from __future__ import annotations

from vaultsim.module import AppModule
from vaultsim.pb.dydxprotocol.delaymsg import (
    MsgDelayMessage,
    QueryBlockMessageIdsRequest,
    QueryMessageRequest,
    QueryNextDelayedMessageIdRequest,
)
from vaultsim.x.delaymsg.genesis import delaymsg_genesis
from vaultsim.x.delaymsg.keeper import DelaymsgKeeper
from vaultsim.x.delaymsg.msg_server import DelaymsgMsgServer, check_delay_message
from vaultsim.x.delaymsg.query_server import DelaymsgQueryServer

_QUERY = "/dydxprotocol.delaymsg.Query/"


def delaymsg_module(keeper: DelaymsgKeeper) -> AppModule:
    """The module's message, queries, genesis and EndBlock hook."""
    queries = DelaymsgQueryServer(keeper)
    return AppModule(
        name="delaymsg",
        schemas=(keeper.state.schema,),
        genesis=delaymsg_genesis(keeper),
        handlers={MsgDelayMessage: DelaymsgMsgServer(keeper).delay_message},
        checks={MsgDelayMessage: check_delay_message},
        queries={
            _QUERY + "NextDelayedMessageId": (QueryNextDelayedMessageIdRequest, queries.next_id),
            _QUERY + "Message": (QueryMessageRequest, queries.message),
            _QUERY + "BlockMessageIds": (QueryBlockMessageIdsRequest, queries.block_message_ids),
        },
        end_block=keeper.dispatch,
    )
