"""Errors of codespace affiliates. Source: dydx-modules §14."""

from __future__ import annotations

from vaultsim.errors import ChainError


class AffiliatesError(ChainError):
    """An error of codespace affiliates."""

    codespace = "affiliates"


class AlreadyReferred(AffiliatesError):
    """The referee has an affiliate already."""

    code = 1
    meaning = "Affiliate already exists for referee"


class InvalidTiers(AffiliatesError):
    """Required volumes are not strictly increasing."""

    code = 3
    meaning = "Invalid affiliate tier data"


class InvalidAddress(AffiliatesError):
    """An address is not bech32."""

    code = 5
    meaning = "Invalid address"


class ShareAboveCap(AffiliatesError):
    """A taker fee share is above 500,000 ppm."""

    code = 7
    meaning = "Rev share safety violation"


class DuplicateWhitelisted(AffiliatesError):
    """An address is in the whitelist twice."""

    code = 8
    meaning = "Duplicate affiliate address for whitelist"


class TiersNotSet(AffiliatesError):
    """There are no tiers, so nobody can register."""

    code = 9
    meaning = "Affiliate tiers not set (affiliate program is not active)"


class SelfReferral(AffiliatesError):
    """Referee and affiliate are the same."""

    code = 10
    meaning = "Self referral not allowed"
