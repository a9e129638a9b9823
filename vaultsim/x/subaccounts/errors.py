"""Errors of x/subaccounts. Source: dydx-modules §10.10."""

from __future__ import annotations

from vaultsim.errors import ChainError


class SubaccountsError(ChainError):
    """An error of codespace subaccounts."""

    codespace = "subaccounts"


class IntegerOverflow(SubaccountsError):
    """A number does not fit."""

    code = 0
    meaning = "integer overflow"


class NonUniqueUpdatesSubaccount(SubaccountsError):
    """Two updates name the same subaccount."""

    code = 101
    meaning = "several updates for the same subaccount"


class FailedToUpdateSubaccounts(SubaccountsError):
    """At least one update is not allowed."""

    code = 102
    meaning = "failed to update subaccounts"


class ProductPositionNotUpdatable(SubaccountsError):
    """A position in a market without oracle price."""

    code = 103
    meaning = "position is not updatable"


class InvalidSubaccountIdNumber(SubaccountsError):
    """The number is above 128 000."""

    code = 200
    meaning = "subaccount number exceeds 128000"


class InvalidSubaccountIdOwner(SubaccountsError):
    """The owner is no valid address."""

    code = 201
    meaning = "subaccount owner is no valid address"


class DuplicateSubaccountIds(SubaccountsError):
    """A subaccount twice in genesis."""

    code = 202
    meaning = "duplicate subaccount id"


class AssetPositionsOutOfOrder(SubaccountsError):
    """Asset positions do not ascend by id."""

    code = 300
    meaning = "asset positions are out of order"


class AssetPositionZeroQuantum(SubaccountsError):
    """An asset position of zero."""

    code = 301
    meaning = "asset position is zero"


class AssetPositionNotSupported(SubaccountsError):
    """A position in an asset other than USDC."""

    code = 302
    meaning = "asset position is not supported"


class MultAssetPositionsNotSupported(SubaccountsError):
    """More than one asset position."""

    code = 303
    meaning = "several asset positions are not supported"


class PerpPositionsOutOfOrder(SubaccountsError):
    """Perpetual positions do not ascend by id."""

    code = 400
    meaning = "perpetual positions are out of order"


class PerpPositionZeroQuantum(SubaccountsError):
    """A perpetual position of zero."""

    code = 401
    meaning = "perpetual position is zero"


class CannotModifyPerpOpenInterest(SubaccountsError):
    """A match would make the open interest negative."""

    code = 402
    meaning = "cannot modify open interest"


class CannotRevertPerpOpenInterest(SubaccountsError):
    """The open interest could not be set back."""

    code = 403
    meaning = "cannot revert open interest"


class AssetTransferQuantumsNotPositive(SubaccountsError):
    """An amount of zero or less."""

    code = 500
    meaning = "amount is not positive"


class AssetTransferThroughBankNotImplemented(SubaccountsError):
    """A transfer of an asset other than USDC."""

    code = 501
    meaning = "transfer of assets other than USDC is not implemented"


class SafetyHeapEmpty(SubaccountsError):
    """The safety heap has no entry."""

    code = 600
    meaning = "safety heap is empty"


class SafetyHeapSubaccountNotFoundAtIndex(SubaccountsError):
    """The safety heap has no subaccount at an index."""

    code = 601
    meaning = "no subaccount at the index of the safety heap"


class SafetyHeapSubaccountIndexNotFound(SubaccountsError):
    """The safety heap does not know a subaccount."""

    code = 602
    meaning = "subaccount index not found"


class InvalidLeverage(SubaccountsError):
    """The perpetual's least margin fraction cannot be told."""

    code = 700
    meaning = "invalid leverage"


class LeverageExceedsMaximum(SubaccountsError):
    """The margin fraction is below that of the liquidity tier."""

    code = 701
    meaning = "leverage exceeds the maximum"


class InitialMarginPpmIsZero(SubaccountsError):
    """The liquidity tier asks for no initial margin."""

    code = 702
    meaning = "initial margin is zero"


class LeverageViolatesMarginRequirements(SubaccountsError):
    """The new margin fraction is more than the subaccount's collateral covers."""

    code = 703
    meaning = "leverage violates the margin requirements"
