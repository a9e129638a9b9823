"""Errors of codespace revshare. Source: dydx-modules §15."""

from __future__ import annotations

from vaultsim.errors import ChainError


class RevshareError(ChainError):
    """An error of codespace revshare."""

    codespace = "revshare"


class InvalidAddress(RevshareError):
    """An address is not bech32."""

    code = 1
    meaning = "invalid address"


class InvalidSharePpm(RevshareError):
    """A share is too large."""

    code = 2
    meaning = "invalid revenue share ppm"


class DetailsNotFound(RevshareError):
    """A market has no mapper details."""

    code = 3
    meaning = "MarketMapperRevShareDetails not found for marketId"


class InvalidConfig(RevshareError):
    """The unconditional shares sum up to everything or more."""

    code = 4
    meaning = "invalid unconditional revshare config"


class UnsafeShares(RevshareError):
    """Shares could exceed the lowest possible fees."""

    code = 5
    meaning = "rev shares greater than or equal to 100%"


class SharesAboveNetFees(RevshareError):
    """More is shared than a fill's fees."""

    code = 6
    meaning = "total fees shared exceeds net fees"


class NothingLeftToShare(RevshareError):
    """Affiliate or router shares leave no protocol revenue."""

    code = 7
    meaning = "affiliate fees shared greater than or equal to net fees"


class RouterNotFound(RevshareError):
    """An order router is not registered."""

    code = 8
    meaning = "order router rev share not found"
