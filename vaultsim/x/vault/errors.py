"""Errors of x/vault. Source: dydx-vault §7."""

from __future__ import annotations

from vaultsim.errors import ChainError


class VaultError(ChainError):
    """An error of codespace vault."""

    codespace = "vault"


class NegativeShares(VaultError):
    """A share count below zero."""

    code = 1
    meaning = "Shares are negative"


class ClobPairNotFound(VaultError):
    """The vault's number is no clob pair."""

    code = 2
    meaning = "ClobPair not found"


class MarketParamNotFound(VaultError):
    """The vault's market has no parameters."""

    code = 3
    meaning = "MarketParam not found"


class InvalidQuoteQuantums(VaultError):
    """An amount of quote quantums outside its range."""

    code = 4
    meaning = "QuoteQuantums must be positive and less than 2^64"


class NonPositiveEquity(VaultError):
    """Equity that must be positive is not."""

    code = 5
    meaning = "Equity is non-positive"


class ZeroDenominator(VaultError):
    """Unused by the chain."""

    code = 6
    meaning = "Denominator is zero"


class NilFraction(VaultError):
    """Unused by the chain."""

    code = 7
    meaning = "Fraction is nil"


class InvalidOrderSizePctPpm(VaultError):
    """The order size is 0."""

    code = 8
    meaning = "OrderSizePctPpm must be strictly greater than 0"


class InvalidOrderExpirationSeconds(VaultError):
    """The order expiration is 0."""

    code = 9
    meaning = "OrderExpirationSeconds must be strictly greater than 0"


class InvalidSpreadMinPpm(VaultError):
    """The minimum spread is 0."""

    code = 10
    meaning = "SpreadMinPpm must be strictly greater than 0"


class InvalidLayers(VaultError):
    """More than 255 layers."""

    code = 11
    meaning = "Layers must be less than or equal to MaxUint8"


class ZeroSharesToMint(VaultError):
    """A deposit too small for one share."""

    code = 12
    meaning = "Cannot mint zero shares"


class InvalidActivationThresholdQuoteQuantums(VaultError):
    """A negative activation threshold."""

    code = 13
    meaning = "ActivationThresholdQuoteQuantums must be non-negative"


class InvalidOrderSize(VaultError):
    """An order size that does not fit uint64."""

    code = 14
    meaning = "OrderSize is invalid"


class InvalidOwner(VaultError):
    """A share record of a genesis document without an owner."""

    code = 15
    meaning = "Owner is invalid"


class MismatchedTotalAndOwnerShares(VaultError):
    """The owners' shares do not add up to the total."""

    code = 16
    meaning = "TotalShares does not match sum of OwnerShares"


class ZeroMarketPrice(VaultError):
    """The oracle has no price yet."""

    code = 17
    meaning = "MarketPrice is zero"


class OrdersAndOrderIdsDiffLen(VaultError):
    """Not reachable: as many ids are made as orders."""

    code = 18
    meaning = "Orders and OrderIds must have the same length"


class UnspecifiedVaultStatus(VaultError):
    """Vault status 0."""

    code = 19
    meaning = "VaultStatus is unspecified"


class VaultParamsNotFound(VaultError):
    """There is no such vault."""

    code = 20
    meaning = "VaultParams not found"


class EmptyOwnerAddress(VaultError):
    """An unlock record without an owner."""

    code = 21
    meaning = "Empty owner address"


class OwnerNotFound(VaultError):
    """The owner has no shares, or no unlocks."""

    code = 22
    meaning = "Owner not found"


class LockedSharesExceedsOwnerShares(VaultError):
    """More shares would be locked than owned."""

    code = 23
    meaning = "Locked shares exceeds owner shares"


class EmptyOperator(VaultError):
    """Operator parameters without an operator."""

    code = 24
    meaning = "Empty operator address"


class InvalidSharesToWithdraw(VaultError):
    """Shares to withdraw outside 1 to the total."""

    code = 25
    meaning = "Shares to withdraw must be positive and less than or equal to total shares"


class InvalidAuthority(VaultError):
    """Neither a module authority nor the operator."""

    code = 26
    meaning = "Authority must be a module authority or operator"


class InsufficientWithdrawableShares(VaultError):
    """The withdrawal would dip into locked shares."""

    code = 27
    meaning = "Insufficient withdrawable shares"


class InsufficientRedeemedQuoteQuantums(VaultError):
    """What is redeemed is not positive, does not fit uint64 or is below the minimum."""

    code = 28
    meaning = "Insufficient redeemed quote quantums"


class DeactivatePositiveEquityVault(VaultError):
    """A vault with money cannot be deactivated."""

    code = 29
    meaning = "Cannot deactivate vaults with positive equity"


class NonPositiveShares(VaultError):
    """Shares that must be positive are not."""

    code = 30
    meaning = "Shares must be positive"


class InvalidSkewFactor(VaultError):
    """Skew factor times order size is 2 or more."""

    code = 31
    meaning = "Skew factor times order_size_pct must be less than 2 to avoid skewing over the spread"
