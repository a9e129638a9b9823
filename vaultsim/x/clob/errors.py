"""One error class per on-chain code of codespace "clob". Source: dydx-modules §20.25."""

from __future__ import annotations

from vaultsim.errors import ChainError


class ClobError(ChainError):
    """An error of x/clob."""

    codespace = "clob"


class MemClobOrderDoesNotExist(ClobError):
    """No resting order with this id."""

    code = 2
    meaning = "order does not exist in the book"


class InvalidOrderSide(ClobError):
    """A side that is neither buy nor sell."""

    code = 3
    meaning = "invalid order side"


class InvalidOrderQuantums(ClobError):
    """An order of size 0."""

    code = 4
    meaning = "invalid order quantums"


class InvalidOrderGoodTilBlock(ClobError):
    """A short-term order or cancel without good-til-block."""

    code = 5
    meaning = "invalid good-til-block"


class InvalidOrderSubticks(ClobError):
    """A price of 0."""

    code = 6
    meaning = "invalid order subticks"


class OrderIsCanceled(ClobError):
    """A short-term order whose cancel is already known."""

    code = 7
    meaning = "order is already canceled"


class InvalidClob(ClobError):
    """An id without clob pair."""

    code = 8
    meaning = "clob pair does not exist"


class MemClobCancelAlreadyExists(ClobError):
    """A cancel that lasts as long is already known."""

    code = 9
    meaning = "cancel already exists"


class HeightExceedsGoodTilBlock(ClobError):
    """Good-til-block lies in the past."""

    code = 10
    meaning = "height exceeds good-til-block"


class GoodTilBlockExceedsShortBlockWindow(ClobError):
    """Good-til-block lies too far ahead."""

    code = 11
    meaning = "good-til-block exceeds the short block window"


class InvalidPlaceOrder(ClobError):
    """A price, size or TWAP parameter the pair does not allow."""

    code = 12
    meaning = "invalid order placement"


class InvalidMsgProposedMatchOrders(ClobError):
    """Not used by today's chain."""

    code = 13
    meaning = "invalid proposed match orders"


class StateFilledAmountNoChange(ClobError):
    """Not used by today's chain."""

    code = 14
    meaning = "fill amount unchanged"


class StateFilledAmountDecreasing(ClobError):
    """Not used by today's chain."""

    code = 15
    meaning = "fill amount decreasing"


class InvalidPruneStateFilledAmount(ClobError):
    """Not used by today's chain."""

    code = 16
    meaning = "no fill amount to prune"


class OrderWouldExceedMaxOpenOrdersPerClobAndSide(ClobError):
    """Not used by today's chain."""

    code = 17
    meaning = "too many open orders on one side"


class FillAmountNotDivisibleByStepSize(ClobError):
    """A fill that is no multiple of the pair's step."""

    code = 18
    meaning = "fill amount is not a multiple of the step size"


class NoClobPairForPerpetual(ClobError):
    """A perpetual that no pair is mapped to."""

    code = 19
    meaning = "no clob pair for perpetual"


class InvalidReplacement(ClobError):
    """A replacement that is not greater than the order it replaces."""

    code = 20
    meaning = "invalid replacement"


class ClobPairAndPerpetualDoNotMatch(ClobError):
    """A liquidation names a pair of another perpetual."""

    code = 21
    meaning = "clob pair and perpetual do not match"


class MatchedOrderNegativeFee(ClobError):
    """Not used by today's chain."""

    code = 22
    meaning = "matched order has negative fee"


class SubaccountFeeTransferFailed(ClobError):
    """The fees of a match could not be distributed."""

    code = 23
    meaning = "fee transfer failed"


class OrderFullyFilled(ClobError):
    """Nothing is left of the order."""

    code = 24
    meaning = "order is fully filled"


class PremiumWithNonPerpetualClobPair(ClobError):
    """A price premium of a pair that is no perpetual."""

    code = 25
    meaning = "pair is not perpetual"


class ZeroIndexPriceForPremiumCalculation(ClobError):
    """A price premium without index price."""

    code = 26
    meaning = "index price is zero"


class InvalidClobPairParameter(ClobError):
    """Parameters no clob pair may have."""

    code = 27
    meaning = "invalid clob pair parameter"


class ZeroPriceForOracle(ClobError):
    """An oracle price of 0."""

    code = 28
    meaning = "oracle price must be above zero"


class InvalidStatefulOrderCancellation(ClobError):
    """A cancel that ends before its order."""

    code = 29
    meaning = "invalid stateful order cancellation"


class OrderReprocessed(ClobError):
    """Not used by today's chain."""

    code = 30
    meaning = "order was already processed"


class MissingMidPrice(ClobError):
    """Not used by today's chain."""

    code = 31
    meaning = "missing mid price"


class StatefulOrderCancellationAlreadyExists(ClobError):
    """A cancel of this order already waits for its block."""

    code = 32
    meaning = "cancellation already exists"


class ClobPairAlreadyExists(ClobError):
    """A second pair of one id."""

    code = 33
    meaning = "clob pair already exists"


class OrderConflictsWithClobPairStatus(ClobError):
    """An order that the pair's status does not allow."""

    code = 34
    meaning = "order conflicts with the pair's status"


class InvalidClobPairStatusTransition(ClobError):
    """A status that cannot follow the present one."""

    code = 35
    meaning = "invalid status transition"


class OperationConflictsWithClobPairStatus(ClobError):
    """An operation that the pair's status does not allow."""

    code = 36
    meaning = "operation conflicts with the pair's status"


class PerpetualDoesNotExist(ClobError):
    """A perpetual that is not there."""

    code = 37
    meaning = "perpetual does not exist"


class InvalidClobPairUpdate(ClobError):
    """A change of a pair that is not allowed."""

    code = 39
    meaning = "invalid clob pair update"


class InvalidAuthority(ClobError):
    """An authority that is no address."""

    code = 40
    meaning = "invalid authority"


class PerpetualAssociatedWithExistingClobPair(ClobError):
    """A perpetual that has a pair already."""

    code = 41
    meaning = "perpetual has a clob pair already"


class UnexpectedTimeInForce(ClobError):
    """A removal whose reason does not fit the order's time in force."""

    code = 42
    meaning = "unexpected time in force"


class OrderHasRemainingSize(ClobError):
    """Not used by today's chain."""

    code = 43
    meaning = "order has remaining size"


class InvalidTimeInForce(ClobError):
    """An unknown time in force."""

    code = 44
    meaning = "invalid time in force"


class InvalidBatchCancel(ClobError):
    """A batch without orders, with repeats or too long."""

    code = 45
    meaning = "invalid batch cancel"


class BatchCancelFailed(ClobError):
    """No cancel of a batch succeeded."""

    code = 46
    meaning = "batch cancel failed"


class ClobNotInitialized(ClobError):
    """The books are not there yet."""

    code = 47
    meaning = "clob is not initialized"


class DeprecatedField(ClobError):
    """Fill-or-kill."""

    code = 48
    meaning = "deprecated field"


class InvalidTwapOrderPlacement(ClobError):
    """A TWAP suborder without its parent."""

    code = 49
    meaning = "invalid TWAP order placement"


class InvalidBuilderCode(ClobError):
    """A builder address or fee that is not allowed."""

    code = 50
    meaning = "invalid builder code"


class InvalidLiquidationsConfig(ClobError):
    """A liquidations configuration that is not allowed."""

    code = 1000
    meaning = "invalid liquidations configuration"


class NoPerpetualPositionsToLiquidate(ClobError):
    """No position, or none that may be liquidated in this block."""

    code = 1001
    meaning = "nothing to liquidate"


class SubaccountNotLiquidatable(ClobError):
    """Collateral covers the maintenance margin."""

    code = 1002
    meaning = "subaccount is not liquidatable"


class NoOpenPositionForPerpetual(ClobError):
    """No position to deleverage."""

    code = 1003
    meaning = "no open position"


class InvalidLiquidationOrderTotalSize(ClobError):
    """The size is not the one of the liquidation order."""

    code = 1004
    meaning = "invalid liquidation size"


class InvalidLiquidationOrderSide(ClobError):
    """The side is not the one of the liquidation order."""

    code = 1005
    meaning = "invalid liquidation side"


class TotalFillAmountExceedsOrderSize(ClobError):
    """Fills above the size of the liquidation."""

    code = 1006
    meaning = "fills exceed the liquidation's size"


class LiquidationContainsNoFills(ClobError):
    """Not used by today's chain."""

    code = 1007
    meaning = "liquidation without fills"


class SubaccountHasLiquidatedPerpetual(ClobError):
    """This position was liquidated in this block already."""

    code = 1008
    meaning = "already liquidated in this block"


class LiquidationOrderSizeSmallerThanMin(ClobError):
    """Not used by today's chain."""

    code = 1009
    meaning = "liquidation below minimum"


class LiquidationOrderSizeGreaterThanMax(ClobError):
    """Not used by today's chain."""

    code = 1010
    meaning = "liquidation above maximum"


class LiquidationExceedsSubaccountMaxNotionalLiquidated(ClobError):
    """Above the block's limit of liquidated notional."""

    code = 1011
    meaning = "maximum notional exceeded"


class LiquidationExceedsSubaccountMaxInsuranceLost(ClobError):
    """Above the block's limit of insurance payments."""

    code = 1012
    meaning = "maximum insurance exceeded"


class InsuranceFundHasInsufficientFunds(ClobError):
    """The insurance fund cannot pay."""

    code = 1013
    meaning = "insurance fund has insufficient funds"


class InvalidPerpetualPositionSizeDelta(ClobError):
    """A change that does not reduce the position."""

    code = 1014
    meaning = "invalid position size delta"


class InvalidQuantumsForInsuranceFundDeltaCalculation(ClobError):
    """An insurance payment of a fill of 0."""

    code = 1015
    meaning = "invalid fill for the insurance delta"


class DeleveragingAgainstSelf(ClobError):
    """A subaccount offset by itself."""

    code = 1017
    meaning = "cannot deleverage against self"


class DuplicateDeleveragingFillSubaccounts(ClobError):
    """A subaccount named twice."""

    code = 1018
    meaning = "duplicate offsetting subaccounts"


class ZeroDeleveragingFillAmount(ClobError):
    """A deleveraging fill of 0."""

    code = 1019
    meaning = "zero deleveraging fill"


class PositionCannotBeFullyOffset(ClobError):
    """Not used by today's chain."""

    code = 1020
    meaning = "position cannot be fully offset"


class DeleveragingIsFinalSettlementFlagMismatch(ClobError):
    """The final-settlement flag is wrong."""

    code = 1021
    meaning = "final settlement flag mismatch"


class LiquidationConflictsWithClobPairStatus(ClobError):
    """A liquidation on a pair that is not active."""

    code = 1022
    meaning = "liquidation conflicts with the pair's status"


class FokOrderCouldNotBeFullyFilled(ClobError):
    """Not used by today's chain."""

    code = 2000
    meaning = "fill-or-kill order could not be filled"


class ReduceOnlyWouldIncreasePositionSize(ClobError):
    """A reduce-only order on the side of the position."""

    code = 2001
    meaning = "reduce-only order would increase the position"


class ReduceOnlyWouldChangePositionSide(ClobError):
    """A reduce-only order larger than the position."""

    code = 2002
    meaning = "reduce-only order would flip the position"


class PostOnlyWouldCrossMakerOrder(ClobError):
    """A post-only order that would match."""

    code = 2003
    meaning = "post-only order would cross"


class ImmediateExecutionOrderAlreadyFilled(ClobError):
    """An immediate-or-cancel order that has fills already."""

    code = 2004
    meaning = "IOC order is already filled"


class WouldViolateIsolatedSubaccountConstraints(ClobError):
    """An order outside the subaccount's isolated market."""

    code = 2005
    meaning = "would violate isolated subaccount constraints"


class InvalidOrderFlag(ClobError):
    """Unknown order flags."""

    code = 3000
    meaning = "invalid order flags"


class InvalidStatefulOrderGoodTilBlockTime(ClobError):
    """A stateful order or cancel without good-til-time."""

    code = 3001
    meaning = "invalid good-til-block-time"


class LongTermOrdersCannotRequireImmediateExecution(ClobError):
    """A long-term order that is immediate-or-cancel."""

    code = 3002
    meaning = "long-term orders cannot require immediate execution"


class TimeExceedsGoodTilBlockTime(ClobError):
    """Good-til-time lies in the past."""

    code = 3003
    meaning = "block time exceeds good-til-block-time"


class GoodTilBlockTimeExceedsStatefulOrderTimeWindow(ClobError):
    """Good-til-time lies too far ahead."""

    code = 3004
    meaning = "good-til-block-time exceeds the time window"


class StatefulOrderAlreadyExists(ClobError):
    """The id is taken."""

    code = 3005
    meaning = "stateful order already exists"


class StatefulOrderDoesNotExist(ClobError):
    """No stateful order of this id."""

    code = 3006
    meaning = "stateful order does not exist"


class StatefulOrderCollateralizationCheckFailed(ClobError):
    """The subaccount could not carry the order."""

    code = 3007
    meaning = "collateralization check failed"


class StatefulOrderPreviouslyCancelled(ClobError):
    """The id was cancelled in this block."""

    code = 3008
    meaning = "stateful order was previously cancelled"


class StatefulOrderPreviouslyRemoved(ClobError):
    """The id was removed in this block."""

    code = 3009
    meaning = "stateful order was previously removed"


class StatefulOrderCancellationFailedForAlreadyRemovedOrder(ClobError):
    """The order to cancel was removed in this block."""

    code = 3010
    meaning = "order was already removed"


class InvalidMsgProposedOperations(ClobError):
    """Operations that fail the stateless pass, or fills above the order's size."""

    code = 4000
    meaning = "invalid proposed operations"


class InvalidMatchOrder(ClobError):
    """A match that is malformed or names an unknown order."""

    code = 4001
    meaning = "invalid match"


class OrderPlacementNotInOperationsQueue(ClobError):
    """A short-term order that was not placed before its match."""

    code = 4002
    meaning = "order placement is not in the operations queue"


class FillAmountIsZero(ClobError):
    """A fill of 0."""

    code = 4003
    meaning = "fill amount is zero"


class InvalidDeleveragingFill(ClobError):
    """A deleveraging fill that could not be applied."""

    code = 4004
    meaning = "invalid deleveraging fill"


class InvalidDeleveragedSubaccount(ClobError):
    """A subaccount that may not be deleveraged."""

    code = 4005
    meaning = "invalid deleveraged subaccount"


class InvalidOrderRemoval(ClobError):
    """A removal that is not allowed."""

    code = 4006
    meaning = "invalid order removal"


class InvalidOrderRemovalReason(ClobError):
    """A reason that may not be proposed."""

    code = 4007
    meaning = "invalid removal reason"


class ZeroFillDeleveragingForNonNegativeTncSubaccount(ClobError):
    """A deleveraging without fills of a solvent subaccount."""

    code = 4008
    meaning = "zero-fill deleveraging of a solvent subaccount"


class InvalidBlockRateLimitConfig(ClobError):
    """Rate limits that are not allowed."""

    code = 5000
    meaning = "invalid block rate limit configuration"


class BlockRateLimitExceeded(ClobError):
    """Too many orders or cancels in a span of blocks."""

    code = 5001
    meaning = "block rate limit exceeded"


class InvalidConditionType(ClobError):
    """A condition type that does not fit the order."""

    code = 6000
    meaning = "invalid condition type"


class InvalidConditionalOrderTriggerSubticks(ClobError):
    """A trigger price that does not fit the order."""

    code = 6001
    meaning = "invalid trigger subticks"


class ConditionalOrderUntriggered(ClobError):
    """Not used by today's chain."""

    code = 6002
    meaning = "conditional order is untriggered"


class AssetOrdersNotImplemented(ClobError):
    """A pair without perpetual."""

    code = 9000
    meaning = "asset orders are not implemented"


class AssetUpdateNotImplemented(ClobError):
    """Not used by today's chain."""

    code = 9001
    meaning = "asset updates are not implemented"


class FunctionNotImplemented(ClobError):
    """Not used by today's chain."""

    code = 9002
    meaning = "not implemented"


class ReduceOnlyDisabled(ClobError):
    """Reduce-only without immediate-or-cancel."""

    code = 9003
    meaning = "reduce-only is disabled for this order"


class InvalidEquityTierLimitConfig(ClobError):
    """Equity tiers that are not allowed."""

    code = 10000
    meaning = "invalid equity tier limit configuration"


class OrderWouldExceedMaxOpenOrdersEquityTierLimit(ClobError):
    """More stateful orders than the subaccount's equity allows."""

    code = 10001
    meaning = "equity tier limit exceeded"


class InvalidOrderRouterAddress(ClobError):
    """An order router that is no address."""

    code = 11000
    meaning = "invalid order router address"


class InvalidAddress(ClobError):
    """A subaccount that is missing."""

    code = 11001
    meaning = "invalid address"


class InvalidLeverage(ClobError):
    """Leverage entries that are not allowed."""

    code = 11002
    meaning = "invalid leverage"


class LeverageExceedsMaximum(ClobError):
    """Not used by today's chain."""

    code = 11003
    meaning = "leverage exceeds the maximum"


class InitialMarginPpmIsZero(ClobError):
    """Not used by today's chain."""

    code = 11004
    meaning = "initial margin is zero"
