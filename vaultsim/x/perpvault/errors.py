"""Errors of codespace perpvault, numbered in the order of the design's list. Source: perp-vault §17."""

from __future__ import annotations

from vaultsim.errors import ChainError


class PerpvaultError(ChainError):
    """An error of codespace perpvault."""

    codespace = "perpvault"


class AlreadyInitialized(PerpvaultError):
    """The module's settings are there already."""

    code = 2
    meaning = "already initialized"


class InvalidMaxLeverage(PerpvaultError):
    """A maximum leverage of 1x or less."""

    code = 3
    meaning = "invalid maxLeverage"


class InvalidFee(PerpvaultError):
    """A fee above 500 bps."""

    code = 4
    meaning = "invalid fee"


class InvalidLiquidationFee(PerpvaultError):
    """A liquidation fee above 100 USD."""

    code = 5
    meaning = "invalid liquidationFeeUsd"


class InvalidFundingInterval(PerpvaultError):
    """A funding interval below an hour."""

    code = 6
    meaning = "invalid fundingInterval"


class InvalidFundingFactor(PerpvaultError):
    """A funding factor above 1 % an interval."""

    code = 7
    meaning = "invalid fundingRateFactor"


class TokenNotWhitelisted(PerpvaultError):
    """The token is not on the list."""

    code = 8
    meaning = "token not whitelisted"


class InvalidTokenAmount(PerpvaultError):
    """An amount of tokens that must be positive, or is more than there is."""

    code = 9
    meaning = "invalid token amount"


class InvalidUsdgAmount(PerpvaultError):
    """An amount of USDG that must be positive."""

    code = 10
    meaning = "invalid usdg amount"


class InvalidRedemptionAmount(PerpvaultError):
    """USDG too little for one unit of the token."""

    code = 11
    meaning = "invalid redemption amount"


class InvalidAmountOut(PerpvaultError):
    """Nothing would be paid out."""

    code = 12
    meaning = "invalid amount out"


class SwapsDisabled(PerpvaultError):
    """Swaps are switched off."""

    code = 13
    meaning = "swaps are disabled"


class InvalidTokens(PerpvaultError):
    """A swap of a token into itself."""

    code = 14
    meaning = "invalid tokens"


class LeverageDisabled(PerpvaultError):
    """Increases are switched off."""

    code = 15
    meaning = "leverage is disabled"


class InsufficientCollateralForFees(PerpvaultError):
    """The collateral does not pay the fees."""

    code = 16
    meaning = "insufficient collateral for fees"


class InvalidPositionSize(PerpvaultError):
    """A position without size."""

    code = 17
    meaning = "invalid position size"


class EmptyPosition(PerpvaultError):
    """There is no such position."""

    code = 18
    meaning = "empty position"


class SizeExceeded(PerpvaultError):
    """More size than the position has."""

    code = 19
    meaning = "position size exceeded"


class CollateralExceeded(PerpvaultError):
    """More collateral than the position has."""

    code = 20
    meaning = "position collateral exceeded"


class InvalidLiquidator(PerpvaultError):
    """Only liquidators may liquidate."""

    code = 21
    meaning = "invalid liquidator"


class NotLiquidatable(PerpvaultError):
    """The position is safe."""

    code = 22
    meaning = "position cannot be liquidated"


class InvalidPosition(PerpvaultError):
    """A position without collateral has no leverage."""

    code = 23
    meaning = "invalid position"


class InvalidAveragePrice(PerpvaultError):
    """An average price of zero."""

    code = 24
    meaning = "invalid average price"


class SizeBelowCollateral(PerpvaultError):
    """A leverage below 1x."""

    code = 25
    meaning = "size must be at least the collateral"


class InvalidSender(PerpvaultError):
    """Neither the account nor one of its routers."""

    code = 26
    meaning = "invalid msg.sender"


class MismatchedTokens(PerpvaultError):
    """A long's collateral is its index token."""

    code = 27
    meaning = "mismatched tokens"


class CollateralIsStable(PerpvaultError):
    """A long cannot be backed by a stable token."""

    code = 28
    meaning = "collateral token must not be a stable token"


class CollateralNotStable(PerpvaultError):
    """A short must be backed by a stable token."""

    code = 29
    meaning = "collateral token must be a stable token"


class IndexIsStable(PerpvaultError):
    """A stable token cannot be shorted."""

    code = 30
    meaning = "index token must not be a stable token"


class IndexNotShortable(PerpvaultError):
    """The index token cannot be shorted."""

    code = 31
    meaning = "index token not shortable"


class ReserveExceedsPool(PerpvaultError):
    """More would be reserved than the pool has."""

    code = 32
    meaning = "reserve exceeds pool"


class MaxUsdgExceeded(PerpvaultError):
    """The token's cap of USDG."""

    code = 33
    meaning = "max USDG exceeded"


class Forbidden(PerpvaultError):
    """The sender lacks the role."""

    code = 34
    meaning = "forbidden"


class PoolAmountExceeded(PerpvaultError):
    """More than the pool has, or than swaps must leave in it."""

    code = 35
    meaning = "poolAmount exceeded"


class LossesExceedCollateral(PerpvaultError):
    """The losses are more than the collateral."""

    code = 36
    meaning = "losses exceed collateral"


class FeesExceedCollateral(PerpvaultError):
    """The fees are more than what losses leave of the collateral."""

    code = 37
    meaning = "fees exceed collateral"


class LiquidationFeesExceedCollateral(PerpvaultError):
    """Fees and liquidation fee are more than what losses leave."""

    code = 38
    meaning = "liquidation fees exceed collateral"


class MaxLeverageExceeded(PerpvaultError):
    """More leverage than allowed."""

    code = 39
    meaning = "maxLeverage exceeded"


class InsufficientCollateral(PerpvaultError):
    """The collateral does not cover losses, withdrawal and fees."""

    code = 40
    meaning = "insufficient collateral"


class MaxLongOpenInterest(PerpvaultError):
    """The cap of long open interest."""

    code = 41
    meaning = "max long open interest exceeded"


class MaxShortOpenInterest(PerpvaultError):
    """The cap of short open interest."""

    code = 42
    meaning = "max short open interest exceeded"


class TokenInUse(PerpvaultError):
    """The token has a pool, reserves or open interest."""

    code = 43
    meaning = "token in use"


class ReentrantCall(PerpvaultError):
    """A call from inside another call."""

    code = 44
    meaning = "reentrant call"


class InvalidPath(PerpvaultError):
    """A path that is neither one token nor a swap."""

    code = 45
    meaning = "invalid path length"


class Slippage(PerpvaultError):
    """The price is worse than accepted."""

    code = 46
    meaning = "mark price is worse than the limit"


class Delay(PerpvaultError):
    """Too early."""

    code = 47
    meaning = "delay"


class Expired(PerpvaultError):
    """The request is too old."""

    code = 48
    meaning = "request has expired"


class InsufficientExecutionFee(PerpvaultError):
    """The execution fee is below the minimum."""

    code = 49
    meaning = "insufficient execution fee"


class OrderNotFound(PerpvaultError):
    """There is no such order."""

    code = 50
    meaning = "non-existent order"


class TriggerNotMet(PerpvaultError):
    """The trigger price is not reached."""

    code = 51
    meaning = "invalid price for execution"


class InvalidPrice(PerpvaultError):
    """A price that is not positive."""

    code = 52
    meaning = "invalid price"


class StalePrice(PerpvaultError):
    """The last price is too old."""

    code = 53
    meaning = "stale price"


class NoPriceFeed(PerpvaultError):
    """The token has no price feed."""

    code = 54
    meaning = "invalid price feed"


class InvalidArgument(PerpvaultError):
    """A number, token or address that cannot be one."""

    code = 55
    meaning = "invalid argument"


class UnknownCallback(PerpvaultError):
    """Nobody registered the callback target."""

    code = 56
    meaning = "unknown callback target"
