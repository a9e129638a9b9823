"""dydxprotocol.bridge.Query: the parameters of a genesis document; nothing crosses a bridge here.

Source: client-surfaces §§1.1, 1.2.
"""

from __future__ import annotations

from typing import Final

from vaultsim.context import Context
from vaultsim.node.live.node import Node
from vaultsim.pb import registry
from vaultsim.pb.dydxprotocol.bridge import (
    DelayedCompleteBridgeMessage,
    GenesisState,
    MsgCompleteBridge,
    QueryAcknowledgedEventInfoResponse,
    QueryDelayedCompleteBridgeMessagesRequest,
    QueryDelayedCompleteBridgeMessagesResponse,
    QueryEventParamsResponse,
    QueryProposeParamsResponse,
    QueryRecognizedEventInfoResponse,
    QuerySafetyParamsResponse,
)
from vaultsim.pb.runtime import JsonError, Message
from vaultsim.rpc.table import Answer, Scope, Served, served

_SERVICE: Final = "/dydxprotocol.bridge.Query"


def rows(node: Node) -> list[Served]:
    """The service's methods."""
    state = _genesis_section(node)
    info = state.acknowledged_event_info
    answers: dict[str, Answer] = {
        "EventParams": _always(QueryEventParamsResponse(params=state.event_params)),
        "ProposeParams": _always(QueryProposeParamsResponse(params=state.propose_params)),
        "SafetyParams": _always(QuerySafetyParamsResponse(params=state.safety_params)),
        "AcknowledgedEventInfo": _always(QueryAcknowledgedEventInfoResponse(info=info)),
        "RecognizedEventInfo": _always(QueryRecognizedEventInfoResponse(info=info)),
        "DelayedCompleteBridgeMessages": _delayed_messages,
    }
    return [served(f"{_SERVICE}/{name}", answer) for name, answer in answers.items()]


def _genesis_section(node: Node) -> GenesisState:
    try:
        return GenesisState.from_json(node.document.sections.get("bridge") or {})
    except JsonError:
        # The section is kept aside unread, so nobody has refused it.
        return GenesisState()


def _always(answer: Message) -> Answer:
    return lambda _, __: answer


def _delayed_messages(
    scope: Scope, request: QueryDelayedCompleteBridgeMessagesRequest
) -> QueryDelayedCompleteBridgeMessagesResponse:
    """Completions that wait in x/delaymsg, of one address when the request names it."""
    found = [
        waiting for waiting in _waiting(scope.node, scope.ctx) if request.address in ("", waiting.message.event.address)
    ]
    return QueryDelayedCompleteBridgeMessagesResponse(messages=tuple(found))


def _waiting(node: Node, ctx: Context) -> list[DelayedCompleteBridgeMessage]:
    found = []
    for delayed in node.app.modules.keepers.delaymsg.state.messages.values(ctx):
        message = registry.unpack(delayed.msg) if delayed.msg is not None else None
        if isinstance(message, MsgCompleteBridge):
            found.append(DelayedCompleteBridgeMessage(message=message, block_height=delayed.block_height))
    return found
