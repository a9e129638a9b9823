"""Transactions and proposals of a block line, from their JSON to values, with errors that name the place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vaultsim.app.tx import RawTx
from vaultsim.app.tx_json import tx_from_json
from vaultsim.errors import UserError
from vaultsim.node.block_lines import BlockLine, TxSource
from vaultsim.pb.google.protobuf import Any as AnyMessage
from vaultsim.pb.registry import unpack
from vaultsim.pb.runtime import DecodeError, JsonError, Message


def check_sources(line: BlockLine) -> None:
    """Raises UserError for a transaction or proposal of the line that cannot be read."""
    for name in ("submit", "include", "txs"):
        read_txs(line, name)
    read_proposals(line)


def read_txs(line: BlockLine, name: str) -> list[RawTx]:
    """The transactions of one of the line's lists. Raises UserError.

    Raw bytes that stand for a short form are taken as such only in `txs`, where an earlier run recorded them.
    """
    sources = getattr(line, name) or ()
    return [_read_tx(source, line.place, f"{name}[{index}]", name == "txs") for index, source in enumerate(sources)]


def _read_tx(source: TxSource, place: str, field: str, is_recorded: bool) -> RawTx:
    if isinstance(source, bytes):
        return RawTx.recorded(source) if is_recorded else RawTx(source)
    try:
        return tx_from_json(source, field)
    except JsonError as problem:
        raise UserError(f"{place}, field '{problem.path}': {problem.reason}") from None
    except OverflowError as problem:
        raise UserError(f"{place}, field '{field}': {problem}") from None


def read_proposals(line: BlockLine) -> list[list[Message]]:
    """The line's passed proposals. Raises UserError."""
    return [
        [_message(one, _field_of(line, number, index), line.place) for index, one in enumerate(proposal)]
        for number, proposal in enumerate(line.gov)
    ]


def _field_of(line: BlockLine, number: int, index: int) -> str:
    return f"gov[{index}]" if len(line.gov) == 1 else f"gov[{number}][{index}]"


def _message(source: Mapping[str, Any], field: str, place: str) -> Message:
    try:
        return unpack(AnyMessage.from_json(dict(source), field))
    except JsonError as problem:
        raise UserError(f"{place}, field '{problem.path}': {problem.reason}") from None
    except (DecodeError, OverflowError, KeyError) as problem:
        raise UserError(f"{place}, field '{field}': {problem}") from None
