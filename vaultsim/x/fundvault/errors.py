"""Errors of codespace fundvault, numbered in the order of the design's list. Source: fund-vault §11."""

from __future__ import annotations

from vaultsim.errors import ChainError


class FundVaultError(ChainError):
    """An error of codespace fundvault."""

    codespace = "fundvault"


class VaultNotFound(FundVaultError):
    """There is no vault with this id."""

    code = 2
    meaning = "vault not found"


class VaultExists(FundVaultError):
    """The id of a new vault is taken."""

    code = 3
    meaning = "vault already exists"


class NotVaultOwner(FundVaultError):
    """Only the vault's current owner may do this."""

    code = 4
    meaning = "not the owner of the vault"


class VaultNotActive(FundVaultError):
    """The vault is stopping or stopped."""

    code = 5
    meaning = "vault is not active"


class NotWhitelisted(FundVaultError):
    """The vault takes deposits of whitelisted keys only."""

    code = 6
    meaning = "not on the whitelist of the vault"


class InvalidAmount(FundVaultError):
    """An amount that is no positive integer of at most 256 bits."""

    code = 7
    meaning = "amount must be a positive integer"


class InsufficientFunds(FundVaultError):
    """The bank balance is smaller than the deposit."""

    code = 8
    meaning = "insufficient funds"


class InsufficientShare(FundVaultError):
    """The request is above what the party's units are worth, less what it asked for already."""

    code = 9
    meaning = "insufficient share of the vault"


class VaultInsolvent(FundVaultError):
    """The vault has holders and nothing that belongs to them."""

    code = 10
    meaning = "vault is worth nothing"


class BelowMinimum(FundVaultError):
    """The amount is below the smallest one."""

    code = 11
    meaning = "amount is below the minimum"


class TooManyThisEpoch(FundVaultError):
    """The party has no deposit or redemption left in this epoch."""

    code = 12
    meaning = "too many in this epoch"


class InvalidAsset(FundVaultError):
    """The asset does not exist or cannot settle a vault."""

    code = 13
    meaning = "invalid asset"


class AssetNotAllowed(FundVaultError):
    """The order's market settles in another asset."""

    code = 14
    meaning = "asset is not allowed in the vault"


class InvalidMetadata(FundVaultError):
    """The name is missing, or all texts together are too long."""

    code = 15
    meaning = "invalid metadata"


class InvalidFeePeriod(FundVaultError):
    """The fee period is not above zero, or longer than a hundred years."""

    code = 16
    meaning = "invalid fee period"


class InvalidFeeFactor(FundVaultError):
    """A fee factor is no decimal in its range."""

    code = 17
    meaning = "invalid fee factor"


class InvalidCutOff(FundVaultError):
    """The cut-off period is negative, or longer than a hundred years."""

    code = 18
    meaning = "invalid cut-off period"


class InvalidSchedule(FundVaultError):
    """The redemption dates are none, too many, or not strictly increasing."""

    code = 19
    meaning = "invalid redemption schedule"


class InvalidFraction(FundVaultError):
    """A largest fraction that is no decimal above 0 and up to 1."""

    code = 20
    meaning = "invalid fraction"


class InvalidRedemptionType(FundVaultError):
    """A redemption type that does not exist."""

    code = 21
    meaning = "invalid redemption type"


class DateInPast(FundVaultError):
    """A redemption date that is not in the future."""

    code = 22
    meaning = "date is in the past"


class NextDateImmutable(FundVaultError):
    """The next redemption date must stay as it is."""

    code = 23
    meaning = "next redemption date is immutable"


class WithinNotice(FundVaultError):
    """A redemption date within the notice period must stay as it is."""

    code = 24
    meaning = "redemption date is within the notice period"


class ClosingDateImmutable(FundVaultError):
    """No date may follow a closing date that must stay."""

    code = 25
    meaning = "closing date is immutable"


class OpenPositions(FundVaultError):
    """The vault has open positions."""

    code = 26
    meaning = "vault has open positions"


class OpenOrders(FundVaultError):
    """The vault has open orders."""

    code = 27
    meaning = "vault has open orders"


class FundsNotFree(FundVaultError):
    """Not all of the vault's money is free."""

    code = 28
    meaning = "funds of the vault are not all free"


class TransferForbidden(FundVaultError):
    """Money of a vault moves by deposits, redemptions and trading alone."""

    code = 29
    meaning = "transfer from or to a vault is forbidden"


class ReduceOnly(FundVaultError):
    """A stopping vault takes orders only that reduce a position."""

    code = 30
    meaning = "order does not reduce a position"
