"""Who gets which part of the fees. Source: dydx-modules §15."""

from __future__ import annotations

from vaultsim.address import InvalidAddress as NotBech32
from vaultsim.address import from_bech32, to_bech32
from vaultsim.context import Context
from vaultsim.errors import ChainError
from vaultsim.pb.dydxprotocol.affiliates import AffiliateParameters
from vaultsim.pb.dydxprotocol.revshare import (
    MarketMapperRevenueShareParams,
    MarketMapperRevShareDetails,
    UnconditionalRevShareConfig,
)
from vaultsim.x.revshare import formulas
from vaultsim.x.revshare.errors import DetailsNotFound, InvalidAddress, RouterNotFound, UnsafeShares
from vaultsim.x.revshare.ports import Affiliates, LowestFees, Stats
from vaultsim.x.revshare.state import RevshareState
from vaultsim.x.revshare.types import NO_SHARES, Fill, RevenueShare, RevenueShares, ShareKind

_NO_CONFIG = UnconditionalRevShareConfig()
_NO_MAPPER = MarketMapperRevenueShareParams()


class RevshareKeeper:
    """Reads and writes of x/revshare. `feetiers` is bound late: x/feetiers asks this keeper in turn."""

    feetiers: LowestFees

    def __init__(self, state: RevshareState, stats: Stats, affiliates: Affiliates) -> None:
        self.state = state
        self._stats = stats
        self._affiliates = affiliates

    def mapper_params(self, ctx: Context) -> MarketMapperRevenueShareParams:
        """Share and address of the market mapper; all unset before genesis sets them."""
        return self.state.mapper_params.get(ctx) or _NO_MAPPER

    def set_mapper_params(self, ctx: Context, params: MarketMapperRevenueShareParams) -> None:
        """Stores the market mapper's share. Raises [1], [2]."""
        formulas.require_valid_mapper_params(params)
        self.state.mapper_params.set(ctx, params)

    def mapper_details(self, ctx: Context, market_id: int) -> MarketMapperRevShareDetails:
        """Until when a market's mapper has its share. Raises DetailsNotFound [3]."""
        details = self.state.mapper_details.get(ctx, market_id)
        if details is None:
            raise DetailsNotFound
        return details

    def set_mapper_details(self, ctx: Context, market_id: int, details: MarketMapperRevShareDetails) -> None:
        """Stores details as given; the market need not exist."""
        self.state.mapper_details.set(ctx, market_id, details)

    def create_mapper_details(self, ctx: Context, market_id: int) -> None:
        """Details of a market created now: valid for the parameters' number of days."""
        expiration = formulas.mapper_expiration(ctx.unix_seconds, self.mapper_params(ctx).valid_days)
        self.set_mapper_details(ctx, market_id, MarketMapperRevShareDetails(expiration_ts=expiration))

    def unconditional_config(self, ctx: Context) -> UnconditionalRevShareConfig:
        """Who always gets a share, in order of payment."""
        return self.state.unconditional_config.get(ctx) or _NO_CONFIG

    def set_unconditional_config(self, ctx: Context, config: UnconditionalRevShareConfig) -> None:
        """Stores the unconditional shares as given."""
        self.state.unconditional_config.set(ctx, config)

    def router_ppm(self, ctx: Context, router: str) -> int:
        """The share of an order router; 0 for an empty address. Raises [1], [8]."""
        if not router:
            return 0
        ppm = self.state.routers.get(ctx, _address(router))
        if ppm is None:
            raise RouterNotFound
        return ppm

    def set_router_ppm(self, ctx: Context, router: str, ppm: int) -> None:
        """Stores the share of an order router. Raises [1]."""
        self.state.routers.set(ctx, _address(router), ppm)

    def require_safe(
        self, ctx: Context, config: UnconditionalRevShareConfig, mapper: MarketMapperRevenueShareParams
    ) -> None:
        """Raises UnsafeShares [5] when these shares could exceed the lowest fees of the stored tiers."""
        taker_ppm = self.feetiers.referee_lowest_taker_fee_ppm(ctx)
        maker_ppm = self.feetiers.lowest_maker_fee_ppm(ctx)
        if not formulas.are_shares_safe(config, mapper, taker_ppm, maker_ppm):
            raise UnsafeShares("rev share safety violation")

    def revenue_shares_for_fill(
        self, ctx: Context, fill: Fill, overrides: frozenset[str], parameters: AffiliateParameters
    ) -> RevenueShares:
        """Who gets what of the fill's fees. x/clob takes an error as "no shares".

        overrides and parameters are those of x/affiliates, empty ones for matching in check mode. Raises [3], [6],
        [7] and, for a mapper whose address is not bech32, an error without code.
        """
        net_fee = fill.taker_fee + fill.maker_fee
        if net_fee == 0:
            return NO_SHARES
        affiliate = self._affiliate_share(ctx, fill, overrides, parameters)
        first = self._router_shares(ctx, fill) if affiliate is None else (affiliate,)
        revenue = formulas.remaining_revenue(net_fee, first)
        protocol = tuple(
            formulas.protocol_share(revenue, one.address, one.share_ppm, ShareKind.UNCONDITIONAL)
            for one in self.unconditional_config(ctx).configs
        )
        return formulas.gathered(net_fee, first, protocol + self._mapper_share(ctx, fill.market_id, revenue))

    def _affiliate_share(
        self, ctx: Context, fill: Fill, overrides: frozenset[str], parameters: AffiliateParameters
    ) -> RevenueShare | None:
        if fill.taker_volume >= formulas.AFFILIATE_VOLUME_LIMIT or fill.taker_fee == 0:
            return None
        share = self._affiliates.taker_fee_share(ctx, fill.taker, overrides)
        if share is None:
            return None
        revenue = self._stats.user_stats(ctx, fill.taker).affiliate_30d_revenue_generated_quantums
        cap = parameters.maximum_30d_affiliate_revenue_per_referred_user_quote_quantums
        if cap and revenue >= cap:
            return None
        return formulas.affiliate_share(fill.taker_fee, share[0], share[1], revenue, cap)

    def _router_shares(self, ctx: Context, fill: Fill) -> tuple[RevenueShare, ...]:
        if not fill.taker_router and not fill.maker_router:
            return ()
        taker_ppm = self._known_router_ppm(ctx, fill.taker_router)
        maker_ppm = self._known_router_ppm(ctx, fill.maker_router)
        return formulas.router_shares(fill, taker_ppm, maker_ppm)

    def _known_router_ppm(self, ctx: Context, router: str) -> int | None:
        if not router:
            return None
        try:
            return self.router_ppm(ctx, router)
        except (InvalidAddress, RouterNotFound):
            return None

    def _mapper_share(self, ctx: Context, market_id: int, revenue: int) -> tuple[RevenueShare, ...]:
        if self.mapper_details(ctx, market_id).expiration_ts < ctx.unix_seconds:
            return ()
        params = self.mapper_params(ctx)
        try:
            recipient = to_bech32(from_bech32(params.address))
        except NotBech32 as problem:
            raise ChainError(str(problem)) from None
        if params.revenue_share_ppm == 0:
            return ()
        return (formulas.protocol_share(revenue, recipient, params.revenue_share_ppm, ShareKind.MARKET_MAPPER),)


def _address(text: str) -> bytes:
    try:
        return from_bech32(text)
    except NotBech32:
        raise InvalidAddress from None
