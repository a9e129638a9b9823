"""Errors of codespace bank."""

from __future__ import annotations

from vaultsim.errors import ChainError


class BankError(ChainError):
    """An error of codespace bank."""

    codespace = "bank"


class NoInputs(BankError):
    """A multi-send without a sender."""

    code = 2
    meaning = "no inputs to send transaction"


class NoOutputs(BankError):
    """A multi-send without a recipient."""

    code = 3
    meaning = "no outputs to send transaction"


class InputOutputMismatch(BankError):
    """What a multi-send takes is not what it gives."""

    code = 4
    meaning = "sum inputs != sum outputs"


class SendDisabled(BankError):
    """Transfers of a denomination are switched off."""

    code = 5
    meaning = "send transactions are disabled"


class MultipleSenders(BankError):
    """A multi-send with more than one sender."""

    code = 9
    meaning = "multiple senders not allowed"
