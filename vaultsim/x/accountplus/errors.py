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


class SmartAccountNotActive(AccountplusError):
    """Authenticators are switched off."""

    code = 4
    meaning = "Smart account is not active"
