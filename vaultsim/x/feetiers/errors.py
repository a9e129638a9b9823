"""Errors of codespace feetiers. Source: dydx-modules §16."""

from __future__ import annotations

from vaultsim.errors import ChainError


class FeetiersError(ChainError):
    """An error of codespace feetiers."""

    codespace = "feetiers"


class NoTiers(FeetiersError):
    """There is no tier."""

    code = 400
    meaning = "Must have at least one fee tier"


class FirstTierRequirements(FeetiersError):
    """The first tier requires something."""

    code = 401
    meaning = "First fee tier must not have volume requirements"


class TiersOutOfOrder(FeetiersError):
    """A requirement is below that of the tier before."""

    code = 402
    meaning = "Fee tiers must have ascending requirements"


class NetRebate(FeetiersError):
    """The lowest maker and taker fees add up to a rebate."""

    code = 403
    meaning = "No maker and taker fee combination should result in a net rebate"


class InvalidAuthority(FeetiersError):
    """The authority of a message is not a bech32 address."""

    code = 404
    meaning = "Authority is invalid"


class UnsafeRevenueShares(FeetiersError):
    """Revenue shares could exceed the lowest fees."""

    code = 405
    meaning = "Rev share safety violation"


class InvalidTimeRange(FeetiersError):
    """A discount's times are out of order, too far apart or over."""

    code = 406
    meaning = "Invalid time range for market fee discount"


class DiscountNotFound(FeetiersError):
    """A clob pair has no discount."""

    code = 407
    meaning = "Market fee discount not found for the specified CLOB pair"


class InvalidCharge(FeetiersError):
    """A discount charges more than everything."""

    code = 408
    meaning = "Invalid charge PPM value"
