"""What a module gives to the app: its messages, queries, genesis and block hooks, in one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vaultsim.context import Context
from vaultsim.pb.runtime import Message
from vaultsim.store.schema import Schema

Handler = Callable[[Context, Any], Message]
"""Executes one message and returns its response."""
Check = Callable[[Any], None]
"""The stateless check of a message (ValidateBasic); raises ChainError or ChainPanic."""
Guard = Callable[[Context, Any], None]
"""Asked before a message of any module is executed; raises ChainError to refuse it."""
Query = Callable[[Context, Any], Message]
"""Answers one query from the state of the context."""


@dataclass(frozen=True)
class Problem:
    """Something wrong in a genesis document: the place as a JSON path, and the sentence."""

    path: str
    text: str


@dataclass(frozen=True)
class Genesis:
    """How a module reads and writes its section of a genesis document.

    message: class of the section; init: writes state from it, raising ChainError or ChainPanic as the chain would;
    export: the exact inverse; check: every problem of a section that can be told without state.
    """

    message: type[Message]
    init: Callable[[Context, Any], None]
    export: Callable[[Context], Message]
    check: Callable[[Any], list[Problem]] = lambda _: []


@dataclass(frozen=True)
class AppModule:
    """One module. `name` is also the codespace and, if there is a genesis section, its name under app_state.

    handlers, checks and signers are by message class; signers gives the signing addresses (bech32) of messages whose
    signer is not a plain field; queries are by full gRPC method name with the request class; guard: see `Guard`.
    is_optional: on a chain whose genesis has no section of it the module is asleep: it refuses its messages, and its
    hooks and its guard are left out.
    """

    name: str
    schemas: tuple[Schema, ...] = ()
    genesis: Genesis | None = None
    handlers: Mapping[type[Message], Handler] = field(default_factory=dict)
    checks: Mapping[type[Message], Check] = field(default_factory=dict)
    signers: Mapping[type[Message], Callable[[Any], tuple[str, ...]]] = field(default_factory=dict)
    queries: Mapping[str, tuple[type[Message], Query]] = field(default_factory=dict)
    guard: Guard | None = None
    begin_block: Callable[[Context], None] | None = None
    end_block: Callable[[Context], None] | None = None
    is_optional: bool = False
