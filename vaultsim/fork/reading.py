"""What is being read: the sections of a genesis document so far, and rows beyond them that are written later."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from vaultsim.app.wiring import Keepers
from vaultsim.context import Context
from vaultsim.fork.api import PublicApi, Unserved
from vaultsim.fork.report import Gap
from vaultsim.pb.runtime import Message

A = TypeVar("A", bound=Message)
Write = Callable[[Keepers, Context], None]
"""Writes rows that no genesis section holds."""


class Reading:
    """A chain that is being read.

    sections: module messages by section; writes: rows beyond them; taken: how many of each kind; gaps: what this node
    does not give; people: addresses whose account and balances are taken over, in order of appearance.
    """

    def __init__(self, api: PublicApi, *, all_subaccounts: bool) -> None:
        self.api = api
        self.all_subaccounts = all_subaccounts
        self.sections: dict[str, Message] = {}
        self.writes: list[Write] = []
        self.taken: dict[str, int] = {}
        self.gaps: list[Gap] = []
        self.people: dict[str, None] = {}

    def ask(self, request: Message, answer: type[A], *, instead: str = "the default of a new chain") -> A | None:
        """The answer, or None with a gap noted when the node does not have the method."""
        try:
            return self.api.ask(request, answer)
        except Unserved as method:
            self.gaps.append(Gap(f"{method} (this node does not serve it)", instead))
            return None
