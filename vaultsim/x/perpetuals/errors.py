"""Errors of x/perpetuals. Source: dydx-modules §9.7."""

from __future__ import annotations

from vaultsim.errors import ChainError


class PerpetualsError(ChainError):
    """An error of codespace perpetuals."""

    codespace = "perpetuals"


class PerpetualDoesNotExist(PerpetualsError):
    """No perpetual has this id."""

    code = 1
    meaning = "Perpetual does not exist"


class MarketDoesNotExist(PerpetualsError):
    """The perpetual's market has no price."""

    code = 2
    meaning = "Market of the perpetual does not exist"


class InitialMarginPpmExceedsMax(PerpetualsError):
    """The initial margin is above 1 000 000 ppm."""

    code = 3
    meaning = "Initial margin ppm exceeds 1e6"


class MaintenanceFractionPpmExceedsMax(PerpetualsError):
    """The maintenance fraction is above 1 000 000 ppm."""

    code = 4
    meaning = "Maintenance fraction ppm exceeds 1e6"


class DefaultFundingPpmMagnitudeExceedsMax(PerpetualsError):
    """The default funding rate is beyond ±1 000 000 ppm."""

    code = 5
    meaning = "Default funding ppm exceeds 1e6 in magnitude"


class TickerEmptyString(PerpetualsError):
    """The ticker is empty."""

    code = 6
    meaning = "Ticker is empty"


class NoNewPremiumVotes(PerpetualsError):
    """No premium votes were collected."""

    code = 7
    meaning = "No new premium votes"


class MoreFundingSamplesThanExpected(PerpetualsError):
    """More samples than a funding tick can have."""

    code = 8
    meaning = "More funding samples than expected"


class InvalidAddPremiumVotes(PerpetualsError):
    """The perpetual ids of the votes do not ascend strictly."""

    code = 9
    meaning = "Premium votes are invalid"


class PremiumVoteNotClamped(PerpetualsError):
    """A vote is beyond the bound of its liquidity tier."""

    code = 10
    meaning = "Premium vote is not clamped"


class FundingRateInt32Overflow(PerpetualsError):
    """A funding rate does not fit int32."""

    code = 11
    meaning = "Funding rate overflows int32"


class LiquidityTierDoesNotExist(PerpetualsError):
    """No liquidity tier has this id."""

    code = 12
    meaning = "Liquidity tier does not exist"


class FundingRateClampFactorPpmIsZero(PerpetualsError):
    """The clamp factor of funding rates is zero."""

    code = 14
    meaning = "Funding rate clamp factor is zero"


class PremiumVoteClampFactorPpmIsZero(PerpetualsError):
    """The clamp factor of premium votes is zero."""

    code = 15
    meaning = "Premium vote clamp factor is zero"


class ImpactNotionalIsZero(PerpetualsError):
    """The impact notional is zero."""

    code = 16
    meaning = "Impact notional is zero"


class PerpetualAlreadyExists(PerpetualsError):
    """The id is taken."""

    code = 17
    meaning = "Perpetual already exists"


class PremiumVoteForNonActiveMarket(PerpetualsError):
    """A vote for a perpetual whose clob pair is not active."""

    code = 18
    meaning = "Premium vote for a market that is not active"


class InvalidAuthority(PerpetualsError):
    """The authority is no valid address."""

    code = 19
    meaning = "Authority is invalid"


class LiquidityTierAlreadyExists(PerpetualsError):
    """The tier's id is taken."""

    code = 20
    meaning = "Liquidity tier already exists"


class MaintenanceMarginLargerThanInitialMargin(PerpetualsError):
    """The maintenance margin is above the initial margin."""

    code = 21
    meaning = "Maintenance margin exceeds initial margin"


class MinNumVotesPerSampleIsZero(PerpetualsError):
    """The least number of votes per sample is zero."""

    code = 22
    meaning = "Minimum of votes per sample is zero"


class InvalidMarketType(PerpetualsError):
    """The market type is neither cross nor isolated, or may not change so."""

    code = 23
    meaning = "Market type is invalid"


class OpenInterestLowerCapLargerThanUpperCap(PerpetualsError):
    """The lower cap of the open interest is above the upper one."""

    code = 24
    meaning = "Open interest lower cap exceeds upper cap"


class OpenInterestWouldBecomeNegative(PerpetualsError):
    """A change would make the open interest negative."""

    code = 25
    meaning = "Open interest would become negative"


class PerpetualInfoDoesNotExist(PerpetualsError):
    """A perpetual was not gathered before it was needed."""

    code = 26
    meaning = "Perpetual info does not exist"


class FundingNotImplemented(PerpetualsError):
    """A funding feature that does not exist."""

    code = 1001
    meaning = "Not implemented: perpetuals funding"
