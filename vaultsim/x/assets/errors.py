"""Errors of x/assets. Source: dydx-modules §7."""

from __future__ import annotations

from vaultsim.errors import ChainError


class AssetsError(ChainError):
    """An error of codespace assets."""

    codespace = "assets"


class AssetDoesNotExist(AssetsError):
    """No asset has this id."""

    code = 1
    meaning = "Asset does not exist"


class NoAssetWithDenom(AssetsError):
    """No asset has this denomination."""

    code = 3
    meaning = "No asset with this denom"


class AssetDenomAlreadyExists(AssetsError):
    """Another asset has this denomination."""

    code = 4
    meaning = "An asset with this denom exists"


class AssetIdAlreadyExists(AssetsError):
    """Another asset has this id."""

    code = 5
    meaning = "An asset with this id exists"


class GapFoundInAssetId(AssetsError):
    """Asset ids do not run 0, 1, 2 and so on."""

    code = 6
    meaning = "Gap in the asset ids"


class UsdcMustBeAssetZero(AssetsError):
    """Asset 0 is not USDC, or another asset is."""

    code = 7
    meaning = "USDC must be asset 0"


class NoAssetInGenesis(AssetsError):
    """The genesis section has no asset."""

    code = 8
    meaning = "No asset in genesis"


class InvalidMarketId(AssetsError):
    """An asset without market names a market."""

    code = 9
    meaning = "Market id on an asset without market"


class InvalidAssetAtomicResolution(AssetsError):
    """The atomic resolution is beyond 32 digits."""

    code = 10
    meaning = "Invalid asset atomic resolution"


class InvalidDenomExponent(AssetsError):
    """The denomination's exponent is beyond 32 digits."""

    code = 11
    meaning = "Invalid denom exponent"


class AssetAlreadyExists(AssetsError):
    """The asset is there already."""

    code = 12
    meaning = "Asset already exists"


class UnexpectedUsdcDenomExponent(AssetsError):
    """USDC has another denomination exponent than −6."""

    code = 13
    meaning = "Unexpected USDC denom exponent"


class MulticollateralNotImplemented(AssetsError):
    """A long position in an asset other than USDC."""

    code = 401
    meaning = "Not implemented: multi-collateral"


class MarginTradingNotImplemented(AssetsError):
    """A short position in an asset other than USDC."""

    code = 402
    meaning = "Not implemented: margin trading of assets"
