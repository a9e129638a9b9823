"""Messages and parameters in JSON files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vaultsim.client.messages import Plan
from vaultsim.errors import UserError
from vaultsim.pb.dydxprotocol.vault import QuotingParams
from vaultsim.pb.runtime import JsonError, Message
from vaultsim.pb.vaultsim.fundvault.v1 import MsgCreateVault
from vaultsim.testing.messages import message_from_json


def plan_in(path: Path) -> Plan:
    """The messages in a file. Raises UserError with the place and the field."""
    return plan_of_text(_text(path), str(path))


def plan_of_text(text: str, place: str) -> Plan:
    """The messages of JSON: one, or a list of them. Raises UserError."""
    value = _parsed(text, place)
    listed = value if isinstance(value, list) else [value]
    if not listed:
        raise UserError(f"{place}: no message; a transaction has at least one")
    messages = tuple(_message(one, place) for one in listed)
    return Plan(messages, "send " + ", ".join(message.FULL_NAME for message in messages))


def quoting_params_in(path: Path) -> QuotingParams:
    """The quoting parameters in a file. Raises UserError."""
    try:
        return QuotingParams.from_json(_parsed(_text(path), str(path)), "quoting_params")
    except JsonError as problem:
        raise UserError(f"{path}, field '{problem.path}': {problem.reason}") from None


def fund_terms_in(path: Path) -> MsgCreateVault:
    """The terms of a fund in a file: the fields of MsgCreateVault, without its owner. Raises UserError."""
    try:
        terms = MsgCreateVault.from_json(_parsed(_text(path), str(path)), "terms")
    except JsonError as problem:
        raise UserError(f"{path}, field '{problem.path}': {problem.reason}") from None
    if terms.owner:
        raise UserError(f"{path}, field 'terms.owner': who signs owns the fund; leave it out")
    return terms


def _message(value: Any, place: str) -> Message:
    try:
        return message_from_json(value, "message")
    except JsonError as problem:
        raise UserError(f"{place}, field '{problem.path}': {problem.reason}") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UserError(f"{path}: not UTF-8 text") from None


def _parsed(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as problem:
        raise UserError(f"{place}, line {problem.lineno}, column {problem.colno}: {problem.msg}") from None
