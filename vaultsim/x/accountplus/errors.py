"""Errors of codespace dydxaccountplus."""

from __future__ import annotations

from vaultsim.errors import ChainError


class AccountplusError(ChainError):
    """An error of codespace dydxaccountplus."""

    codespace = "dydxaccountplus"


class AuthenticatorNotFound(AccountplusError):
    """The account has no authenticator with this id."""

    code = 1
    meaning = "Authenticator is not found"


class InvalidAccountAddress(AccountplusError):
    """The sender of a message is not a bech32 address."""

    code = 2
    meaning = "Invalid account address"


class ConfigTooLong(AccountplusError):
    """An authenticator's configuration is longer than 1,024 bytes."""

    code = 3
    meaning = "Authenticator data exceeds maximum length"


class SmartAccountNotActive(AccountplusError):
    """Authenticators are switched off."""

    code = 4
    meaning = "Smart account is not active"


class TooManySigners(AccountplusError):
    """A transaction that names authenticators has not exactly one signer."""

    code = 6
    meaning = "The transaction has multiple signers"


class SignatureRefused(AccountplusError):
    """The signature is not by the authenticator's key."""

    code = 100
    meaning = "Signature verification failed"


class MessageTypeRefused(AccountplusError):
    """The message's type is none of those named."""

    code = 101
    meaning = "Message type verification failed"


class ClobPairRefused(AccountplusError):
    """The order's pair is none of those named."""

    code = 102
    meaning = "Clob pair id verification failed"


class SubaccountRefused(AccountplusError):
    """The order's subaccount number is none of those named."""

    code = 103
    meaning = "Subaccount verification failed"


class AllOfRefused(AccountplusError):
    """One of the parts refused."""

    code = 104
    meaning = "AllOf verification failed"


class AnyOfRefused(AccountplusError):
    """All of the parts refused."""

    code = 105
    meaning = "AnyOf verification failed"
