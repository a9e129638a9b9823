"""Messages of x/revshare, all for governance only. Source: dydx-modules §15.3."""

from __future__ import annotations

from vaultsim.context import Context
from vaultsim.pb.dydxprotocol.revshare import (
    MsgSetMarketMapperRevenueShare,
    MsgSetMarketMapperRevenueShareResponse,
    MsgSetMarketMapperRevShareDetailsForMarket,
    MsgSetMarketMapperRevShareDetailsForMarketResponse,
    MsgSetOrderRouterRevShare,
    MsgSetOrderRouterRevShareResponse,
    MsgUpdateUnconditionalRevShareConfig,
    MsgUpdateUnconditionalRevShareConfigResponse,
)
from vaultsim.x.authority import GOV, require_authority
from vaultsim.x.revshare import formulas
from vaultsim.x.revshare.errors import InvalidSharePpm
from vaultsim.x.revshare.keeper import RevshareKeeper


def check_update_unconditional_config(msg: MsgUpdateUnconditionalRevShareConfig) -> None:
    """Shares sum up to less than 10^6 ppm [4]."""
    formulas.require_valid_config(msg.config)


class RevshareMsgServer:
    """Handlers of x/revshare."""

    def __init__(self, keeper: RevshareKeeper) -> None:
        self._keeper = keeper

    def set_mapper_share(
        self, ctx: Context, msg: MsgSetMarketMapperRevenueShare
    ) -> MsgSetMarketMapperRevenueShareResponse:
        """Replaces the market mapper's share. Raises [5], [1], [2]."""
        require_authority(msg.authority, GOV)
        self._keeper.require_safe(ctx, self._keeper.unconditional_config(ctx), msg.params)
        self._keeper.set_mapper_params(ctx, msg.params)
        return MsgSetMarketMapperRevenueShareResponse()

    def set_mapper_details(
        self, ctx: Context, msg: MsgSetMarketMapperRevShareDetailsForMarket
    ) -> MsgSetMarketMapperRevShareDetailsForMarketResponse:
        """Sets until when one market's mapper has its share."""
        require_authority(msg.authority, GOV)
        self._keeper.set_mapper_details(ctx, msg.market_id, msg.params)
        return MsgSetMarketMapperRevShareDetailsForMarketResponse()

    def update_unconditional_config(
        self, ctx: Context, msg: MsgUpdateUnconditionalRevShareConfig
    ) -> MsgUpdateUnconditionalRevShareConfigResponse:
        """Replaces the unconditional shares. Raises [4], [5]; addresses are not looked at."""
        require_authority(msg.authority, GOV)
        formulas.require_valid_config(msg.config)
        self._keeper.require_safe(ctx, msg.config, self._keeper.mapper_params(ctx))
        self._keeper.set_unconditional_config(ctx, msg.config)
        return MsgUpdateUnconditionalRevShareConfigResponse()

    def set_router_share(self, ctx: Context, msg: MsgSetOrderRouterRevShare) -> MsgSetOrderRouterRevShareResponse:
        """Sets one order router's share. Raises [2] above 800,000 ppm, [1]."""
        require_authority(msg.authority, GOV)
        share = msg.order_router_rev_share
        if share.share_ppm > formulas.ROUTER_CAP_PPM:
            raise InvalidSharePpm("rev share safety violation: rev shares greater than or equal to allowed amount")
        self._keeper.set_router_ppm(ctx, share.address, share.share_ppm)
        return MsgSetOrderRouterRevShareResponse()
