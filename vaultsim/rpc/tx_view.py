"""Transactions and their results as the SDK's messages."""

from __future__ import annotations

from vaultsim.app.results import TxResult, printable
from vaultsim.events import AnyEvent
from vaultsim.node.live.blocks import TxPlace
from vaultsim.node.times import NANOSECONDS, format_time
from vaultsim.pb.cosmos.base.abci.v1beta1 import TxResponse
from vaultsim.pb.cosmos.tx.v1beta1 import Tx
from vaultsim.pb.google.protobuf import Any
from vaultsim.pb.runtime import DecodeError
from vaultsim.pb.tendermint.abci import Event, EventAttribute
from vaultsim.rpc.failures import GrpcCode, RequestFailed


def event_of(event: AnyEvent) -> Event:
    """An event with all its attributes marked as indexed."""
    pairs = event.attributes()
    return Event(
        type=event.type,
        attributes=tuple(EventAttribute(key=key, value=printable(value), index=True) for key, value in pairs),
    )


def events_of(result: TxResult) -> tuple[Event, ...]:
    """The events of a result."""
    return tuple(event_of(event) for event in result.events)


def check_response(tx_hash: bytes, check: TxResult) -> TxResponse:
    """What a broadcast answers: the CheckTx result without events."""
    return TxResponse(
        txhash=tx_hash.hex().upper(),
        codespace=check.codespace,
        code=check.code,
        data=check.data.hex().upper(),
        raw_log=printable(check.log),
    )


def executed_response(place: TxPlace) -> TxResponse:
    """A transaction in its block, with the bytes as they were received."""
    result, block = place.result, place.block
    return TxResponse(
        height=block.height,
        txhash=block.tx_hashes[place.position].hex().upper(),
        codespace=result.codespace,
        code=result.code,
        data=result.data.hex().upper(),
        raw_log=printable(result.log),
        gas_wanted=result.gas_wanted,
        gas_used=result.gas_used,
        tx=Any(type_url=Tx.TYPE_URL, value=place.raw),
        timestamp=format_time(block.time_ns - block.time_ns % NANOSECONDS),
        events=events_of(result),
    )


def decoded_tx(raw: bytes) -> Tx:
    """The transaction in `raw`. Raises RequestFailed for bytes that are none."""
    try:
        return Tx.decode(raw)
    except DecodeError as problem:
        raise RequestFailed(GrpcCode.INTERNAL, f"the transaction does not decode: {problem}") from None
