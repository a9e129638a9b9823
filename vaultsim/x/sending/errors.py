"""Errors of codespace sending. Source: dydx-modules §11."""

from __future__ import annotations

from vaultsim.errors import ChainError


class SendingError(ChainError):
    """An error of codespace sending."""

    codespace = "sending"


class SameSenderAndRecipient(SendingError):
    """A transfer to the same subaccount."""

    code = 1
    meaning = "Sender is the same as recipient"


class InvalidAmount(SendingError):
    """An amount of 0."""

    code = 2
    meaning = "Invalid transfer amount"


class InvalidAccountAddress(SendingError):
    """An account's address is not bech32."""

    code = 6
    meaning = "Account address is invalid"


class EmptyModuleName(SendingError):
    """The sending module has no name."""

    code = 7
    meaning = "Module name is empty"


class InvalidAuthority(SendingError):
    """The authority of a message is not a bech32 address."""

    code = 8
    meaning = "Authority is invalid"


class NotUsdc(SendingError):
    """An asset other than USDC."""

    code = 1101
    meaning = "Non-USDC asset transfer not implemented"
