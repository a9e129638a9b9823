"""Queries of x/perpvault. Source: perp-vault §13."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from vaultsim.context import Context
from vaultsim.module import Query
from vaultsim.pb.runtime import Message
from vaultsim.pb.vaultsim.perpvault import v1 as pb
from vaultsim.store.collections import Map
from vaultsim.x.pagination import paginate
from vaultsim.x.perpvault import formulas, validate_basic
from vaultsim.x.perpvault.keeper import PerpvaultKeeper
from vaultsim.x.perpvault.params import params_to_wire
from vaultsim.x.perpvault.types import Position, PositionId, Token, TokenList, to_wire
from vaultsim.x.perpvault.validate_basic import amount
from vaultsim.x.sdk_errors import InvalidArgument, NotFound

V = TypeVar("V", bound=msgspec.Struct)


class PositionQueries:
    """Answers about positions."""

    def __init__(self, keeper: PerpvaultKeeper) -> None:
        self._keeper = keeper

    def position(self, ctx: Context, request: pb.QueryPositionRequest) -> pb.QueryPositionResponse:
        """The eight values of a position."""
        size, collateral, average, rate, reserve, realised, sign, time = self._keeper.get_position(ctx, _id(request))
        return pb.QueryPositionResponse(
            size=str(size),
            collateral=str(collateral),
            average_price=str(average),
            entry_funding_rate=str(rate),
            reserve_amount=str(reserve),
            realised_pnl=str(realised),
            has_realised_profit=sign,
            last_increased_time=time,
        )

    def positions(self, ctx: Context, request: pb.QueryPositionsRequest) -> pb.QueryPositionsResponse:
        """A page of open positions."""
        rows, page = paginate(ctx, self._keeper.state.positions, request.pagination)
        return pb.QueryPositionsResponse(positions=tuple(to_wire(pb.Position, one) for _, one in rows), pagination=page)

    def leverage(self, ctx: Context, request: pb.QueryPositionLeverageRequest) -> pb.QueryPositionLeverageResponse:
        """Leverage in bps. Raises InvalidPosition [23]."""
        return pb.QueryPositionLeverageResponse(leverage=str(self._keeper.position_leverage(ctx, _id(request))))

    def delta(self, ctx: Context, request: pb.QueryPositionDeltaRequest) -> pb.QueryPositionDeltaResponse:
        """Profit or loss at the mark price. Raises InvalidAveragePrice [24]."""
        found = self._keeper.utils.delta(ctx, self._position(ctx, request))
        return pb.QueryPositionDeltaResponse(has_profit=found.has_profit, delta=str(found.usd))

    def position_fee(self, ctx: Context, request: pb.QueryPositionFeeRequest) -> pb.QueryPositionFeeResponse:
        """Fee on a change of size."""
        return pb.QueryPositionFeeResponse(fee=str(self._keeper.utils.position_fee(ctx, amount(request.size_delta))))

    def funding_fee(self, ctx: Context, request: pb.QueryFundingFeeRequest) -> pb.QueryFundingFeeResponse:
        """What a position owes for funding."""
        return pb.QueryFundingFeeResponse(fee=str(self._keeper.utils.funding_fee(ctx, self._position(ctx, request))))

    def validate_liquidation(
        self, ctx: Context, request: pb.QueryValidateLiquidationRequest
    ) -> pb.QueryValidateLiquidationResponse:
        """State and fees of a position. Raises InvalidAveragePrice [24] when there is none."""
        judged = self._keeper.utils.validate_liquidation(ctx, self._position(ctx, request), raising=False)
        return pb.QueryValidateLiquidationResponse(state=judged.state, margin_fees=str(judged.fees))

    def liquidatable(
        self, ctx: Context, _: pb.QueryLiquidatablePositionsRequest
    ) -> pb.QueryLiquidatablePositionsResponse:
        """Every position that is not safe."""
        found = tuple(
            pb.LiquidatablePosition(
                position=to_wire(pb.Position, position), state=judged.state, margin_fees=str(judged.fees)
            )
            for position, judged in self._keeper.utils.liquidatable(ctx)
        )
        return pb.QueryLiquidatablePositionsResponse(positions=found)

    def _position(self, ctx: Context, request: Any) -> Position:
        return self._keeper.position(ctx, _id(request))


class TokenQueries:
    """Answers about tokens and the pool."""

    def __init__(self, keeper: PerpvaultKeeper) -> None:
        self._keeper = keeper

    def token_config(self, ctx: Context, request: pb.QueryTokenConfigRequest) -> pb.QueryTokenConfigResponse:
        """A token's configuration; an empty one when it is not listed."""
        token = self._token(ctx, request.token)
        return to_wire(pb.QueryTokenConfigResponse, token if token.whitelisted else Token(request.token))

    def token_state(self, ctx: Context, request: pb.QueryTokenStateRequest) -> pb.QueryTokenStateResponse:
        """A token's pool."""
        return to_wire(pb.QueryTokenStateResponse, self._token(ctx, request.token))

    def tokens(self, ctx: Context, _: pb.QueryTokensRequest) -> pb.QueryTokensResponse:
        """Every token in the order of listing."""
        listed = self._keeper.state.token_list.get(ctx) or TokenList()
        return pb.QueryTokensResponse(
            tokens=tuple(to_wire(pb.Token, self._token(ctx, denom)) for denom in listed.tokens),
            total_token_weights=str(listed.total_token_weights),
            whitelisted_token_count=listed.whitelisted_token_count,
        )

    def open_interest(self, ctx: Context, request: pb.QueryOpenInterestRequest) -> pb.QueryOpenInterestResponse:
        """Open interest and its caps."""
        token = self._token(ctx, request.token)
        return pb.QueryOpenInterestResponse(
            long=str(token.long_open_interest),
            max_long=str(token.max_long_open_interest),
            short=str(token.short_open_interest),
            max_short=str(token.max_short_open_interest),
        )

    def cumulative_funding_rates(
        self, ctx: Context, request: pb.QueryCumulativeFundingRatesRequest
    ) -> pb.QueryCumulativeFundingRatesResponse:
        """Both accumulators."""
        token = self._token(ctx, request.token)
        return pb.QueryCumulativeFundingRatesResponse(
            long=str(token.cumulative_funding_rate_long),
            short=str(token.cumulative_funding_rate_short),
            last_funding_time=token.last_funding_time,
        )

    def next_funding_rate(
        self, ctx: Context, request: pb.QueryNextFundingRateRequest
    ) -> pb.QueryNextFundingRateResponse:
        """What an update now would add."""
        long_rate, short_rate = self._keeper.utils.next_funding_rates(ctx, self._token(ctx, request.token))
        return pb.QueryNextFundingRateResponse(long=str(long_rate), short=str(short_rate))

    def redemption_amount(
        self, ctx: Context, request: pb.QueryRedemptionAmountRequest
    ) -> pb.QueryRedemptionAmountResponse:
        """Tokens for USDG before fees."""
        token = self._token(ctx, request.token)
        found = self._keeper.redemption_amount(ctx, token, amount(request.usdg_amount))
        return pb.QueryRedemptionAmountResponse(amount=str(found))

    def redemption_collateral(
        self, ctx: Context, request: pb.QueryRedemptionCollateralRequest
    ) -> pb.QueryRedemptionCollateralResponse:
        """Tokens that back USDG."""
        found = self._keeper.redemption_collateral(ctx, self._token(ctx, request.token))
        return pb.QueryRedemptionCollateralResponse(amount=str(found))

    def redemption_collateral_usd(
        self, ctx: Context, request: pb.QueryRedemptionCollateralUsdRequest
    ) -> pb.QueryRedemptionCollateralUsdResponse:
        """What they are worth."""
        found = self._keeper.redemption_collateral(ctx, self._token(ctx, request.token))
        return pb.QueryRedemptionCollateralUsdResponse(
            usd=str(self._keeper.token_to_usd_min(ctx, request.token, found))
        )

    def target_usdg_amount(
        self, ctx: Context, request: pb.QueryTargetUsdgAmountRequest
    ) -> pb.QueryTargetUsdgAmountResponse:
        """A token's part of the USDG supply."""
        token = self._token(ctx, request.token)
        return pb.QueryTargetUsdgAmountResponse(amount=str(self._keeper.utils.target_usdg(ctx, token)))

    def fee_basis_points(self, ctx: Context, request: pb.QueryFeeBasisPointsRequest) -> pb.QueryFeeBasisPointsResponse:
        """Fee of buying or selling USDG."""
        params = self._keeper.params(ctx)
        found = self._keeper.utils.fee_bps(
            ctx,
            self._token(ctx, request.token),
            amount(request.usdg_delta),
            is_buy=request.increment,
            base=params.mint_burn_fee_bps if request.fee_bps is None else request.fee_bps,
            tax=params.tax_bps if request.tax_bps is None else request.tax_bps,
        )
        return pb.QueryFeeBasisPointsResponse(fee_basis_points=found)

    def max_price(self, ctx: Context, request: pb.QueryMaxPriceRequest) -> pb.QueryMaxPriceResponse:
        """The max side of the price."""
        return pb.QueryMaxPriceResponse(price=str(self._keeper.max_price(ctx, request.token)))

    def min_price(self, ctx: Context, request: pb.QueryMinPriceRequest) -> pb.QueryMinPriceResponse:
        """The min side of the price."""
        return pb.QueryMinPriceResponse(price=str(self._keeper.min_price(ctx, request.token)))

    def global_short_delta(
        self, ctx: Context, request: pb.QueryGlobalShortDeltaRequest
    ) -> pb.QueryGlobalShortDeltaResponse:
        """What all shorts have won or lost, at the max price."""
        found = self._keeper.global_short_delta(ctx, self._token(ctx, request.token))
        return pb.QueryGlobalShortDeltaResponse(has_profit=found.has_profit, delta=str(found.usd))

    def utilisation(self, ctx: Context, request: pb.QueryUtilisationRequest) -> pb.QueryUtilisationResponse:
        """Reserved part of the pool."""
        token = self._token(ctx, request.token)
        return pb.QueryUtilisationResponse(
            utilisation=str(formulas.utilisation(token.reserved_amount, token.pool_amount))
        )

    def aum(self, ctx: Context, request: pb.QueryAumRequest) -> pb.QueryAumResponse:
        """What the pool is worth."""
        return pb.QueryAumResponse(aum=str(self._keeper.aum(ctx, request.maximise)))

    def _token(self, ctx: Context, denom: str) -> Token:
        return self._keeper.token(ctx, denom)


class OtherQueries:
    """Answers about settings, roles, requests and orders."""

    def __init__(self, keeper: PerpvaultKeeper) -> None:
        self._keeper = keeper
        self._state = keeper.state

    def params(self, ctx: Context, _: pb.QueryParamsRequest) -> pb.QueryParamsResponse:
        """The settings."""
        return pb.QueryParamsResponse(params=params_to_wire(self._keeper.params(ctx)))

    def roles(self, ctx: Context, _: pb.QueryRolesRequest) -> pb.QueryRolesResponse:
        """Who has which role."""
        grants = self._state.roles.keys(ctx)
        return pb.QueryRolesResponse(roles=tuple(pb.RoleGrant(role=role, address=one) for role, one in grants))

    def approved_routers(
        self, ctx: Context, request: pb.QueryApprovedRoutersRequest
    ) -> pb.QueryApprovedRoutersResponse:
        """The routers of an account."""
        found = self._state.approved_routers.keys(ctx, f"{request.account}\0".encode())
        return pb.QueryApprovedRoutersResponse(routers=tuple(router for _, router in found))

    def increase_request(
        self, ctx: Context, request: pb.QueryIncreasePositionRequestRequest
    ) -> pb.QueryIncreasePositionRequestResponse:
        """An open request. Raises NotFound."""
        found = _found(self._state.increase_requests, ctx, request.key)
        return pb.QueryIncreasePositionRequestResponse(request=to_wire(pb.IncreaseRequest, found))

    def decrease_request(
        self, ctx: Context, request: pb.QueryDecreasePositionRequestRequest
    ) -> pb.QueryDecreasePositionRequestResponse:
        """An open request. Raises NotFound."""
        found = _found(self._state.decrease_requests, ctx, request.key)
        return pb.QueryDecreasePositionRequestResponse(request=to_wire(pb.DecreaseRequest, found))

    def queue_lengths(self, ctx: Context, _: pb.QueryRequestQueueLengthsRequest) -> pb.QueryRequestQueueLengthsResponse:
        """Start and end of both sides of the queue."""
        increase = self._state.increase_bounds.get(ctx) or (0, 0)
        decrease = self._state.decrease_bounds.get(ctx) or (0, 0)
        return pb.QueryRequestQueueLengthsResponse(
            increase_start=increase[0],
            increase_length=increase[1],
            decrease_start=decrease[0],
            decrease_length=decrease[1],
        )

    def increase_order(self, ctx: Context, request: pb.QueryIncreaseOrderRequest) -> pb.QueryIncreaseOrderResponse:
        """An open order. Raises NotFound."""
        found = _found(self._state.increase_orders, ctx, (request.account, request.index))
        return pb.QueryIncreaseOrderResponse(order=to_wire(pb.IncreaseOrder, found))

    def decrease_order(self, ctx: Context, request: pb.QueryDecreaseOrderRequest) -> pb.QueryDecreaseOrderResponse:
        """An open order. Raises NotFound."""
        found = _found(self._state.decrease_orders, ctx, (request.account, request.index))
        return pb.QueryDecreaseOrderResponse(order=to_wire(pb.DecreaseOrder, found))

    def orders(self, ctx: Context, request: pb.QueryOrdersRequest) -> pb.QueryOrdersResponse:
        """Every open order of an account, or of all when none is named."""
        under = f"{request.account}\0".encode() if request.account else b""
        increases = self._state.increase_orders.values(ctx, under)
        decreases = self._state.decrease_orders.values(ctx, under)
        return pb.QueryOrdersResponse(
            increase_orders=tuple(to_wire(pb.IncreaseOrder, one) for one in increases),
            decrease_orders=tuple(to_wire(pb.DecreaseOrder, one) for one in decreases),
        )


def perpvault_queries(keeper: PerpvaultKeeper) -> Mapping[str, tuple[type[Message], Query]]:
    """Every method by its gRPC name; fields that cannot be what they are called are InvalidArgument."""
    positions, tokens, others = PositionQueries(keeper), TokenQueries(keeper), OtherQueries(keeper)
    methods: dict[str, tuple[type[Message], Query]] = {
        "Position": (pb.QueryPositionRequest, positions.position),
        "Positions": (pb.QueryPositionsRequest, positions.positions),
        "PositionLeverage": (pb.QueryPositionLeverageRequest, positions.leverage),
        "PositionDelta": (pb.QueryPositionDeltaRequest, positions.delta),
        "PositionFee": (pb.QueryPositionFeeRequest, positions.position_fee),
        "FundingFee": (pb.QueryFundingFeeRequest, positions.funding_fee),
        "ValidateLiquidation": (pb.QueryValidateLiquidationRequest, positions.validate_liquidation),
        "LiquidatablePositions": (pb.QueryLiquidatablePositionsRequest, positions.liquidatable),
        "TokenConfig": (pb.QueryTokenConfigRequest, tokens.token_config),
        "TokenState": (pb.QueryTokenStateRequest, tokens.token_state),
        "Tokens": (pb.QueryTokensRequest, tokens.tokens),
        "OpenInterest": (pb.QueryOpenInterestRequest, tokens.open_interest),
        "CumulativeFundingRates": (pb.QueryCumulativeFundingRatesRequest, tokens.cumulative_funding_rates),
        "NextFundingRate": (pb.QueryNextFundingRateRequest, tokens.next_funding_rate),
        "RedemptionAmount": (pb.QueryRedemptionAmountRequest, tokens.redemption_amount),
        "RedemptionCollateral": (pb.QueryRedemptionCollateralRequest, tokens.redemption_collateral),
        "RedemptionCollateralUsd": (pb.QueryRedemptionCollateralUsdRequest, tokens.redemption_collateral_usd),
        "TargetUsdgAmount": (pb.QueryTargetUsdgAmountRequest, tokens.target_usdg_amount),
        "FeeBasisPoints": (pb.QueryFeeBasisPointsRequest, tokens.fee_basis_points),
        "MaxPrice": (pb.QueryMaxPriceRequest, tokens.max_price),
        "MinPrice": (pb.QueryMinPriceRequest, tokens.min_price),
        "GlobalShortDelta": (pb.QueryGlobalShortDeltaRequest, tokens.global_short_delta),
        "Utilisation": (pb.QueryUtilisationRequest, tokens.utilisation),
        "Aum": (pb.QueryAumRequest, tokens.aum),
        "Params": (pb.QueryParamsRequest, others.params),
        "Roles": (pb.QueryRolesRequest, others.roles),
        "ApprovedRouters": (pb.QueryApprovedRoutersRequest, others.approved_routers),
        "IncreasePositionRequest": (pb.QueryIncreasePositionRequestRequest, others.increase_request),
        "DecreasePositionRequest": (pb.QueryDecreasePositionRequestRequest, others.decrease_request),
        "RequestQueueLengths": (pb.QueryRequestQueueLengthsRequest, others.queue_lengths),
        "IncreaseOrder": (pb.QueryIncreaseOrderRequest, others.increase_order),
        "DecreaseOrder": (pb.QueryDecreaseOrderRequest, others.decrease_order),
        "Orders": (pb.QueryOrdersRequest, others.orders),
    }
    return {f"/vaultsim.perpvault.v1.Query/{name}": (cls, _checked(answer)) for name, (cls, answer) in methods.items()}


def _checked(answer: Query) -> Query:
    """The answer to a request whose numbers, tokens and addresses can be such."""

    def run(ctx: Context, request: Message) -> Message:
        for problem in validate_basic.problems(request):
            if not (isinstance(request, pb.QueryOrdersRequest) and not request.account):
                raise InvalidArgument(f"{problem.path}: {problem.text}")
        return answer(ctx, request)

    return run


def _id(request: Any) -> PositionId:
    return PositionId(request.account, request.collateral_token, request.index_token, request.is_long)


def _found(rows: Map[Any, V], ctx: Context, key: Any) -> V:
    row = rows.get(ctx, key)
    if row is None:
        raise NotFound("it is not open")
    return row
