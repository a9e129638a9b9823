"""JSON-RPC over a WebSocket, with subscriptions to what happens in blocks. Source: CometBFT 0.38, RPC."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any as Json
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from vaultsim.rpc.http.answers import BadJson, json_bytes, json_value
from vaultsim.rpc.http.comet_arguments import arguments_from_json
from vaultsim.rpc.http.comet_blocks import QUERY
from vaultsim.rpc.http.comet_events import EventBus, Happening, Subscription
from vaultsim.rpc.http.comet_failures import PARSE_ERROR, RpcFailed
from vaultsim.rpc.http.comet_jsonrpc import Dispatcher, RpcRequest, failed_answer, read_request, result_answer
from vaultsim.rpc.http.comet_query import parse_query
from vaultsim.rpc.limits import ServerLimits

_MOST_QUEUED_ANSWERS: Final = 100
_MOST_QUEUED_BYTES: Final = 64 * 1024 * 1024
_FRAME_END: Final = b"}}"


class Outbox:
    """Frames on their way to a client that may read slowly. most_events: how many events may wait."""

    def __init__(self, most_events: int) -> None:
        self._most_events = most_events
        self._frames: deque[tuple[bytes, Happening | None]] = deque()
        self._events = 0
        self._event_bytes = 0
        self._changed = asyncio.Event()

    def put(self, frame: bytes) -> None:
        """Queues an answer."""
        self._frames.append((frame, None))
        self._changed.set()

    def put_event(self, head: bytes, happening: Happening) -> bool:
        """Queues an event; False when too many or too large ones wait already."""
        if self._events >= self._most_events or self._event_bytes > _MOST_QUEUED_BYTES:
            return False
        self._events += 1
        self._event_bytes += len(happening.raw)
        self._frames.append((head, happening))
        self._changed.set()
        return True

    async def get(self) -> bytes:
        """The next frame, once there is one."""
        while not self._frames:
            self._changed.clear()
            await self._changed.wait()
        head, happening = self._frames.popleft()
        if happening is None:
            return head
        self._events -= 1
        self._event_bytes -= len(happening.raw)
        return head + happening.raw + _FRAME_END

    @property
    def has_room(self) -> bool:
        """Whether one more answer may be queued."""
        return len(self._frames) - self._events < _MOST_QUEUED_ANSWERS


class Connection:
    """One client on a WebSocket."""

    def __init__(self, socket: WebSocket, dispatcher: Dispatcher, bus: EventBus, limits: ServerLimits) -> None:
        self._socket = socket
        self._dispatcher = dispatcher
        self._bus = bus
        self._limits = limits
        self._outbox = Outbox(limits.queued_events)
        self._subscriptions: dict[str, Subscription] = {}
        self._own: dict[str, Callable[[RpcRequest], Json]] = {
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "unsubscribe_all": self._unsubscribe_all,
        }

    async def run(self) -> None:
        """Answers until the client leaves."""
        await self._socket.accept()
        writing = asyncio.create_task(self._write())
        try:
            await self._read(writing)
        finally:
            for subscription in self._subscriptions.values():
                self._bus.remove(subscription)
            writing.cancel()
            await asyncio.wait([writing])

    # --- what the bus calls --------------------------------------------------------------------------------------

    def tell(self, head: bytes, happening: Happening) -> bool:
        """Queues an event; False when the client lags behind too far."""
        return self._outbox.put_event(head, happening)

    def drop(self, subscription: Subscription, reason: RpcFailed) -> None:
        """Tells that a subscription is over."""
        self._subscriptions.pop(str(subscription.query), None)
        self._outbox.put(json_bytes(failed_answer(subscription.request_id, reason)))

    # --- reading and writing -------------------------------------------------------------------------------------

    async def _read(self, writing: asyncio.Task[None]) -> None:
        while not writing.done():
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            raw = message.get("bytes") or (message.get("text") or "").encode("utf-8", "surrogatepass")
            answer = await self._answer(raw)
            if answer is not None:
                self._outbox.put(json_bytes(answer))
            # A client that asks but does not read is not read either.
            while not self._outbox.has_room and not writing.done():
                await asyncio.wait([writing], timeout=0.05)

    async def _write(self) -> None:
        try:
            while True:
                frame = await self._outbox.get()
                await self._socket.send_text(frame.decode())
        except (WebSocketDisconnect, RuntimeError):
            # The client is gone; reading ends on its own.
            return

    async def _answer(self, raw: bytes) -> Json:
        try:
            request = read_request(json_value(raw))
        except BadJson as problem:
            return failed_answer(None, RpcFailed(f"error unmarshaling request: {problem}", PARSE_ERROR))
        except RpcFailed as failure:
            return failed_answer(None, failure)
        if request.id is None:
            return None
        own = self._own.get(request.method)
        if own is None:
            return await self._dispatcher.answer(request)
        try:
            return result_answer(request.id, own(request))
        except RpcFailed as failure:
            return failed_answer(request.id, failure)

    # --- subscriptions -------------------------------------------------------------------------------------------

    def _subscribe(self, request: RpcRequest) -> Json:
        text = _query_text(request)
        if len(self._subscriptions) >= self._limits.subscriptions:
            raise RpcFailed(f"max_subscriptions_per_client {self._limits.subscriptions} reached")
        query = parse_query(text)
        if str(query) in self._subscriptions:
            raise RpcFailed("already subscribed")
        subscription = Subscription(self, query, text, request.id)
        self._subscriptions[str(query)] = subscription
        self._bus.add(subscription)
        return {}

    def _unsubscribe(self, request: RpcRequest) -> Json:
        subscription = self._subscriptions.pop(str(parse_query(_query_text(request))), None)
        if subscription is None:
            raise RpcFailed("subscription not found")
        self._bus.remove(subscription)
        return {}

    def _unsubscribe_all(self, _: RpcRequest) -> Json:
        if not self._subscriptions:
            raise RpcFailed("subscription not found")
        for subscription in self._subscriptions.values():
            self._bus.remove(subscription)
        self._subscriptions.clear()
        return {}


def _query_text(request: RpcRequest) -> str:
    text: str = arguments_from_json((QUERY,), request.params)["query"] or ""
    return text
