"""Errors of codespace listing. Source: dydx-modules §18."""

from __future__ import annotations

from vaultsim.errors import ChainError


class ListingError(ChainError):
    """An error of codespace listing."""

    codespace = "listing"


class MarketNotFound(ListingError):
    """The market map does not know the ticker."""

    code = 1
    meaning = "market not found"


class ZeroReferencePrice(ListingError):
    """The market map has no reference price for the ticker."""

    code = 2
    meaning = "reference price is zero"


class HardCapReached(ListingError):
    """There are more perpetuals than the hard cap."""

    code = 3
    meaning = "listed markets hard cap reached"


class InvalidDepositAmount(ListingError):
    """A deposit that is negative, or none for the new vault."""

    code = 4
    meaning = "invalid vault deposit amount"


class InvalidLockBlocks(ListingError):
    """Shares that would not be locked at all."""

    code = 5
    meaning = "invalid number of blocks to lock shares"


class InvalidTickerMetadata(ListingError):
    """The market map's metadata of the ticker is not what it should be."""

    code = 6
    meaning = "invalid market map ticker metadata"
