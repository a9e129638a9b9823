"""Errors of x/mmvault. Source: mm-vault §13."""

from __future__ import annotations

from vaultsim.errors import ChainError


class MmvaultError(ChainError):
    """An error of codespace mmvault."""

    codespace = "mmvault"


class InvalidAmount(MmvaultError):
    """An amount that is no whole number above zero."""

    code = 2
    meaning = "amount must be a positive whole number of quote quantums"


class InvalidShares(MmvaultError):
    """A number of shares that is no whole number above zero."""

    code = 3
    meaning = "shares must be a positive whole number"


class InsufficientMargin(MmvaultError):
    """A deposit above what the subaccount's positions leave free."""

    code = 4
    meaning = "the subaccount's available margin is below the amount"


class InsufficientShares(MmvaultError):
    """More shares than the owner has."""

    code = 5
    meaning = "the owner has fewer shares"


class DepositCapExceeded(MmvaultError):
    """The vault's margin would pass its cap."""

    code = 6
    meaning = "the vault's margin would exceed the deposit cap"


class VaultInsolvent(MmvaultError):
    """Effective equity is not positive."""

    code = 7
    meaning = "the vault's effective equity is not positive"


class ZeroShares(MmvaultError):
    """A deposit too small for one share."""

    code = 8
    meaning = "the deposit mints no share"


class ZeroRelease(MmvaultError):
    """Shares that are worth less than one quote quantum."""

    code = 9
    meaning = "the shares release nothing"


class Slippage(MmvaultError):
    """Fewer shares than the depositor asked for."""

    code = 10
    meaning = "the deposit mints fewer shares than the minimum"


class TooManyUnlocks(MmvaultError):
    """The owner has as many withdrawals under way as there may be."""

    code = 11
    meaning = "the owner has too many unlocks"


class InsufficientVaultMargin(MmvaultError):
    """A withdrawal above what the vault's positions leave free."""

    code = 12
    meaning = "the vault's available margin is below the release"


class TradingHalted(MmvaultError):
    """Trading is switched off: no deposits."""

    code = 13
    meaning = "trading is halted"


class AlreadyRefreshed(MmvaultError):
    """A second refresh in one block."""

    code = 14
    meaning = "the quotes were refreshed in this block already"


class Unauthorized(MmvaultError):
    """The authority of a message is not the gov module."""

    code = 15
    meaning = "only governance may do this"


class InvalidParams(MmvaultError):
    """Parameters outside their bounds."""

    code = 16
    meaning = "invalid parameters"


class WeightMismatch(MmvaultError):
    """A total weight that is not the sum of the pairs' weights."""

    code = 17
    meaning = "the total weight is not the sum of the pairs' weights"


class UnknownPair(MmvaultError):
    """A pair that the vault has no parameters for."""

    code = 18
    meaning = "the vault does not know the pair"


class PriceUnavailable(MmvaultError):
    """A pair in which the vault holds a position has no oracle price."""

    code = 19
    meaning = "a position of the vault cannot be priced"
