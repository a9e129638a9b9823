"""Queries of x/delaymsg. Source: dydx-modules §12."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.delaymsg import (
    QueryBlockMessageIdsRequest,
    QueryBlockMessageIdsResponse,
    QueryMessageRequest,
    QueryMessageResponse,
    QueryNextDelayedMessageIdRequest,
    QueryNextDelayedMessageIdResponse,
)
from vaultsim.x.delaymsg.keeper import DelaymsgKeeper
from vaultsim.x.sdk_errors import NotFound


class DelaymsgQueryServer:
    """Answers of x/delaymsg."""

    def __init__(self, keeper: DelaymsgKeeper) -> None:
        self._keeper = keeper

    def next_id(self, ctx: Context, _: QueryNextDelayedMessageIdRequest) -> QueryNextDelayedMessageIdResponse:
        """The id that the next message gets."""
        return QueryNextDelayedMessageIdResponse(next_delayed_message_id=self._keeper.next_id(ctx))

    def message(self, ctx: Context, request: QueryMessageRequest) -> QueryMessageResponse:
        """A waiting message. Raises NotFound."""
        delayed = self._keeper.find(ctx, request.id)
        if delayed is None:
            raise NotFound("rpc error: code = NotFound desc = message not found")
        return QueryMessageResponse(message=delayed)

    def block_message_ids(self, ctx: Context, request: QueryBlockMessageIdsRequest) -> QueryBlockMessageIdsResponse:
        """Ids of the messages that wait for a height. Raises NotFound."""
        ids = self._keeper.find_block_ids(ctx, request.block_height)
        if ids is None:
            raise NotFound("rpc error: code = NotFound desc = block message ids not found")
        return QueryBlockMessageIdsResponse(message_ids=ids)
