"""What x/delaymsg asks of others. Source: dydx-modules §12."""

from __future__ import annotations

from typing import Protocol

from vaultsim.context import Context
from vaultsim.pb.runtime import Message


class Router(Protocol):
    """The way from a message to its handler."""

    def handler_exists(self, message_class: type[Message]) -> bool:
        """Whether somebody handles messages of this class."""
        ...

    def check(self, message: Message) -> None:
        """Runs the message's stateless check."""
        ...

    def signers(self, message: Message) -> tuple[str, ...]:
        """The addresses (bech32) that must sign the message."""
        ...

    def execute(self, ctx: Context, message: Message) -> Message:
        """Checks and handles the message; returns the response."""
        ...
