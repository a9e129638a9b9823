"""Errors of codespace govplus. Source: dydx-modules §19."""

from __future__ import annotations

from vaultsim.errors import ChainError


class GovplusError(ChainError):
    """An error of codespace govplus."""

    codespace = "govplus"


class InvalidValidatorAddress(GovplusError):
    """A validator's consensus address is not bech32."""

    code = 400
    meaning = "Could not convert validator consensus address from bech32"


class InvalidAuthority(GovplusError):
    """The authority of a message is not a bech32 address."""

    code = 401
    meaning = "Authority is invalid"


class InvalidSlashFactor(GovplusError):
    """A slash factor below 0 or above 1."""

    code = 402
    meaning = "slash_factor must be between 0 and 1 inclusive"


class InvalidTokens(GovplusError):
    """Tokens at the infraction are not positive."""

    code = 403
    meaning = "tokens_at_infraction_height must be positive"
