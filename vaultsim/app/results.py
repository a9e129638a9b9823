"""What became of a transaction, as ABCI shows it. Source: dydx-modules §1.2."""

from __future__ import annotations

import base64
import re
from typing import Any as Json
from typing import Final

import msgspec

from vaultsim.events import AnyEvent, PlainEvent
from vaultsim.pb.cosmos.base.abci.v1beta1 import TxMsgData
from vaultsim.pb.google.protobuf import Any
from vaultsim.pb.runtime import Message

_INVALID: Final = re.compile("[\ud800-\udfff]")


class TxResult(msgspec.Struct, frozen=True):
    """Result of CheckTx or of a transaction in a block. gas_wanted is -1 for transactions without gas."""

    code: int = 0
    codespace: str = ""
    log: str = ""
    gas_wanted: int = 0
    gas_used: int = 0
    data: bytes = b""
    events: tuple[AnyEvent, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """ABCI JSON: the code always, everything else only when it is not empty."""
        out: dict[str, Json] = {"code": self.code}
        if self.codespace:
            out["codespace"] = self.codespace
        if self.log:
            out["log"] = printable(self.log)
        if self.gas_wanted:
            out["gas_wanted"] = self.gas_wanted
        if self.gas_used:
            out["gas_used"] = self.gas_used
        if self.data:
            out["data"] = base64.b64encode(self.data).decode()
        if self.events:
            out["events"] = [event_json(event) for event in self.events]
        return out


def printable(text: str) -> str:
    """Text that JSON can hold: each byte that is no UTF-8 becomes U+FFFD, as Go writes it."""
    return text if text.isascii() else _INVALID.sub("\ufffd", text)


def event_json(event: AnyEvent) -> dict[str, Json]:
    """One event as ABCI JSON."""
    attributes = []
    for key, value in event.attributes():
        attribute: dict[str, Json] = {"key": key} if key else {}
        attribute["value"] = printable(value)
        attribute["index"] = True
        attributes.append(attribute)
    return {"type": event.type, "attributes": attributes}


def message_events(message: Message, sender: str, index: int, handler_events: list[AnyEvent]) -> list[AnyEvent]:
    """The `message` event of an executed message and what its handler emitted, each with the message's index."""
    url = message.TYPE_URL
    pairs = [("action", url)]
    if sender:
        pairs.append(("sender", sender))
    has_module = any(key == "module" for event in handler_events for key, _ in event.attributes())
    if not has_module:
        pairs.append(("module", url.split(".")[1]))
    last = ("msg_index", str(index))
    out: list[AnyEvent] = [PlainEvent("message", (*pairs, last))]
    out += [PlainEvent(event.type, (*event.attributes(), last)) for event in handler_events]
    return out


def response_data(responses: list[Message]) -> bytes:
    """The responses of a transaction's messages as TxMsgData."""
    packed = tuple(Any(type_url=response.TYPE_URL, value=response.encode()) for response in responses)
    return TxMsgData(msg_responses=packed).encode()
