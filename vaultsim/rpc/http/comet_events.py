"""What happens in blocks, told to those who subscribed to it. Source: CometBFT 0.38, event bus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any as Json
from typing import Final, Protocol

from vaultsim.node.live.blocks import BlockRecord
from vaultsim.node.live.node import Node
from vaultsim.pb.tendermint.types import ConsensusParams
from vaultsim.rpc.http.answers import json_bytes
from vaultsim.rpc.http.comet_failures import SERVER_ERROR, RpcFailed
from vaultsim.rpc.http.comet_query import EventQuery, EventValues
from vaultsim.rpc.http.comet_search import block_values, tx_values
from vaultsim.rpc.http.comet_shapes import (
    base64_text,
    block_id_json,
    block_json,
    events_json,
    header_json,
    params_update_json,
    result_json,
    sparse_result_json,
)

TOO_SLOW: Final = RpcFailed(
    "subscription was canceled (reason: client is not pulling messages fast enough)", SERVER_ERROR
)


class Happening:
    """Something that subscribers may want to know. values: what queries look at; its JSON is made once for all."""

    def __init__(self, name: str, values: EventValues, content: Callable[[], Json]) -> None:
        self._name = name
        self.values = values
        self._content = content

    @cached_property
    def raw(self) -> bytes:
        """The last part of the frame that tells it: `"data":{...},"events":{...}`."""
        data = json_bytes({"type": f"tendermint/event/{self._name}", "value": self._content()})
        return b'"data":' + data + b',"events":' + json_bytes(self.values)


class Subscriber(Protocol):
    """A connection that wants to be told."""

    def tell(self, head: bytes, happening: Happening) -> bool:
        """Queues a happening behind the head of its frame; False when there is no room for it."""
        ...

    def drop(self, subscription: Subscription, reason: RpcFailed) -> None:
        """Tells that a subscription is over."""
        ...


class Subscription:
    """A query of a subscriber. head: how each of its frames begins."""

    def __init__(self, subscriber: Subscriber, query: EventQuery, text: str, request_id: Json) -> None:
        self.subscriber = subscriber
        self.query = query
        self.request_id = request_id
        asked = json_bytes(text)
        self.head = b'{"jsonrpc":"2.0","id":' + json_bytes(request_id) + b',"result":{"query":' + asked + b","


class EventBus:
    """Tells the subscribers of a node about each block: the block, its header, its events, then its transactions."""

    def __init__(self, node: Node, parameters: ConsensusParams) -> None:
        self._parameters = parameters
        self._subscriptions: dict[Subscription, None] = {}
        node.listeners.append(self._publish)

    def __len__(self) -> int:
        return len(self._subscriptions)

    def add(self, subscription: Subscription) -> None:
        """From the next block on."""
        self._subscriptions[subscription] = None

    def remove(self, subscription: Subscription) -> None:
        """No more."""
        self._subscriptions.pop(subscription, None)

    def _publish(self, record: BlockRecord) -> None:
        if not self._subscriptions:
            return
        for happening in self._happenings(record):
            for subscription in list(self._subscriptions):
                if not subscription.query.matches(happening.values):
                    continue
                if not subscription.subscriber.tell(subscription.head, happening):
                    self.remove(subscription)
                    subscription.subscriber.drop(subscription, TOO_SLOW)

    def _happenings(self, record: BlockRecord) -> Iterator[Happening]:
        yield Happening("NewBlock", block_values(record), lambda: self._new_block(record))
        header_values = {"tm.event": ["NewBlockHeader"]}
        yield Happening("NewBlockHeader", header_values, lambda: {"header": header_json(record.header)})
        yield Happening("NewBlockEvents", block_values(record, "NewBlockEvents"), lambda: _new_block_events(record))
        for position in range(len(record.txs)):
            yield _tx_happening(record, position)

    def _new_block(self, record: BlockRecord) -> Json:
        finalized = {
            "events": events_json(record.events),
            "tx_results": [result_json(result) for result in record.results],
            "validator_updates": None,
            "consensus_param_updates": params_update_json(self._parameters),
            "app_hash": base64_text(record.app_hash),
        }
        return {
            "block": block_json(record),
            "block_id": block_id_json(record.block_id),
            # Empty fields are left out, but for the one that CometBFT always shows.
            "result_finalize_block": {
                name: value for name, value in finalized.items() if value or name == "validator_updates"
            },
        }


def _new_block_events(record: BlockRecord) -> Json:
    events = events_json(record.events) or None
    return {"height": str(record.height), "events": events, "num_txs": str(len(record.txs))}


def _tx_happening(record: BlockRecord, position: int) -> Happening:
    def content() -> Json:
        shown: dict[str, Json] = {"height": str(record.height)}
        if position:
            shown["index"] = position
        shown["tx"] = base64_text(record.txs[position].raw)
        shown["result"] = sparse_result_json(record.results[position])
        return {"TxResult": shown}

    return Happening("Tx", tx_values(record, position), content)
