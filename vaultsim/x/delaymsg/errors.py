"""Errors of codespace delaymsg. Source: dydx-modules §12."""

from __future__ import annotations

from vaultsim.errors import ChainError


class DelaymsgError(ChainError):
    """An error of codespace delaymsg."""

    codespace = "delaymsg"


class InvalidInput(DelaymsgError):
    """A message cannot be scheduled; the text says why."""

    code = 1
    meaning = "Invalid input"


class NoMessage(DelaymsgError):
    """There is no message to delay."""

    code = 2
    meaning = "Delayed msg is nil"


class Unroutable(DelaymsgError):
    """Nobody handles the message."""

    code = 3
    meaning = "Message not recognized by router"


class InvalidSigner(DelaymsgError):
    """The message is not to be signed by the delaymsg module alone."""

    code = 4
    meaning = "Invalid signer"


class InvalidAuthority(DelaymsgError):
    """The authority of a message is not a bech32 address."""

    code = 5
    meaning = "Invalid authority"


class InvalidGenesis(DelaymsgError):
    """The genesis section contradicts itself."""

    code = 10
    meaning = "Invalid genesis state"
