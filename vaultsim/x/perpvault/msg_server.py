"""Messages of x/perpvault. Each has a stateless check: InvalidArgument [55] for numbers, tokens, addresses.

Source: perp-vault §§7 to 12; designs-on-chain.
"""

from __future__ import annotations

from collections.abc import Mapping

from vaultsim.context import Context
from vaultsim.module import Check, Handler
from vaultsim.pb.runtime import Message
from vaultsim.pb.vaultsim.perpvault import v1 as pb
from vaultsim.x.authority import GOV, require_authority
from vaultsim.x.perpvault.keeper import PerpvaultKeeper
from vaultsim.x.perpvault.types import PositionId, Token
from vaultsim.x.perpvault.validate_basic import amount, check_message


class VaultMsgServer:
    """Handlers of the vault itself."""

    def __init__(self, keeper: PerpvaultKeeper) -> None:
        self._keeper = keeper

    def increase_position(self, ctx: Context, msg: pb.MsgIncreasePosition) -> pb.MsgIncreasePositionResponse:
        """Adds to a position."""
        self._keeper.increase_position(ctx, msg.sender, position_id(msg), amount(msg.size_delta), amount(msg.amount))
        return pb.MsgIncreasePositionResponse()

    def decrease_position(self, ctx: Context, msg: pb.MsgDecreasePosition) -> pb.MsgDecreasePositionResponse:
        """Takes from a position."""
        paid = self._keeper.decrease_position(
            ctx, msg.sender, position_id(msg), amount(msg.collateral_delta), amount(msg.size_delta), msg.receiver
        )
        return pb.MsgDecreasePositionResponse(amount_out=str(paid))

    def liquidate_position(self, ctx: Context, msg: pb.MsgLiquidatePosition) -> pb.MsgLiquidatePositionResponse:
        """Liquidates a position."""
        state = self._keeper.liquidate_position(ctx, msg.sender, position_id(msg), msg.fee_receiver)
        return pb.MsgLiquidatePositionResponse(state=state)

    def buy_usdg(self, ctx: Context, msg: pb.MsgBuyUsdg) -> pb.MsgBuyUsdgResponse:
        """Tokens for USDG."""
        minted = self._keeper.buy_usdg(ctx, msg.sender, msg.token, amount(msg.amount), msg.receiver)
        return pb.MsgBuyUsdgResponse(amount_out=str(minted))

    def sell_usdg(self, ctx: Context, msg: pb.MsgSellUsdg) -> pb.MsgSellUsdgResponse:
        """USDG for tokens."""
        paid = self._keeper.sell_usdg(ctx, msg.sender, msg.token, amount(msg.amount), msg.receiver)
        return pb.MsgSellUsdgResponse(amount_out=str(paid))

    def direct_pool_deposit(self, ctx: Context, msg: pb.MsgDirectPoolDeposit) -> pb.MsgDirectPoolDepositResponse:
        """Tokens for nothing."""
        self._keeper.direct_pool_deposit(ctx, msg.sender, msg.token, amount(msg.amount))
        return pb.MsgDirectPoolDepositResponse()

    def swap(self, ctx: Context, msg: pb.MsgSwap) -> pb.MsgSwapResponse:
        """One token for another."""
        paid = self._keeper.swap(ctx, msg.sender, msg.token_in, msg.token_out, amount(msg.amount), msg.receiver)
        return pb.MsgSwapResponse(amount_out=str(paid))

    def approve_router(self, ctx: Context, msg: pb.MsgApproveRouter) -> pb.MsgApproveRouterResponse:
        """Lets a router in or out."""
        self._keeper.approve_router(ctx, msg.sender, msg.router, msg.enabled)
        return pb.MsgApproveRouterResponse()

    def set_prices(self, ctx: Context, msg: pb.MsgSetPrices) -> pb.MsgSetPricesResponse:
        """Secondary prices."""
        self._keeper.set_prices(ctx, msg.sender, tuple((one.token, amount(one.price)) for one in msg.prices))
        return pb.MsgSetPricesResponse()


class AdminMsgServer:
    """Handlers of what only governance sends."""

    def __init__(self, keeper: PerpvaultKeeper) -> None:
        self._keeper = keeper

    def set_token_config(self, ctx: Context, msg: pb.MsgSetTokenConfig) -> pb.MsgSetTokenConfigResponse:
        """Lists a token or changes it."""
        require_authority(msg.authority, GOV)
        config = Token(
            token=msg.token,
            decimals=msg.decimals,
            weight=msg.weight,
            min_profit_bps=msg.min_profit_bps,
            max_usdg_amount=amount(msg.max_usdg_amount),
            max_long_open_interest=amount(msg.max_long_open_interest),
            max_short_open_interest=amount(msg.max_short_open_interest),
            is_stable=msg.is_stable,
            is_shortable=msg.is_shortable,
            market_id=msg.market_id,
        )
        self._keeper.set_token_config(ctx, config)
        return pb.MsgSetTokenConfigResponse()

    def clear_token_config(self, ctx: Context, msg: pb.MsgClearTokenConfig) -> pb.MsgClearTokenConfigResponse:
        """Takes a token off the list."""
        require_authority(msg.authority, GOV)
        self._keeper.clear_token_config(ctx, msg.token)
        return pb.MsgClearTokenConfigResponse()

    def withdraw_fees(self, ctx: Context, msg: pb.MsgWithdrawFees) -> pb.MsgWithdrawFeesResponse:
        """Pays out fees."""
        require_authority(msg.authority, GOV)
        return pb.MsgWithdrawFeesResponse(amount_out=str(self._keeper.withdraw_fees(ctx, msg.token, msg.receiver)))

    def upgrade_vault(self, ctx: Context, msg: pb.MsgUpgradeVault) -> pb.MsgUpgradeVaultResponse:
        """Sends tokens to another vault."""
        require_authority(msg.authority, GOV)
        self._keeper.upgrade_vault(ctx, msg.new_vault, msg.token, amount(msg.amount))
        return pb.MsgUpgradeVaultResponse()

    def update_params(self, ctx: Context, msg: pb.MsgUpdateParams) -> pb.MsgUpdateParamsResponse:
        """Changes settings."""
        require_authority(msg.authority, GOV)
        self._keeper.update_params(ctx, msg.authority, msg.params)
        return pb.MsgUpdateParamsResponse()

    def set_funding_rate(self, ctx: Context, msg: pb.MsgSetFundingRate) -> pb.MsgSetFundingRateResponse:
        """Changes funding settings."""
        require_authority(msg.authority, GOV)
        self._keeper.set_funding_rate(ctx, msg.interval, msg.factor, msg.stable_factor)
        return pb.MsgSetFundingRateResponse()

    def set_role(self, ctx: Context, msg: pb.MsgSetRole) -> pb.MsgSetRoleResponse:
        """Gives or takes a role."""
        require_authority(msg.authority, GOV)
        self._keeper.set_role(ctx, msg.role, msg.address, msg.enabled)
        return pb.MsgSetRoleResponse()

    def set_buffer_amount(self, ctx: Context, msg: pb.MsgSetBufferAmount) -> pb.MsgSetBufferAmountResponse:
        """Sets a token's buffer."""
        require_authority(msg.authority, GOV)
        self._keeper.set_buffer_amount(ctx, msg.token, amount(msg.amount))
        return pb.MsgSetBufferAmountResponse()

    def set_usdg_amount(self, ctx: Context, msg: pb.MsgSetUsdgAmount) -> pb.MsgSetUsdgAmountResponse:
        """Sets a token's USDG debt."""
        require_authority(msg.authority, GOV)
        self._keeper.set_usdg_amount(ctx, msg.token, amount(msg.amount))
        return pb.MsgSetUsdgAmountResponse()

    def set_price_feed(self, ctx: Context, msg: pb.MsgSetPriceFeed) -> pb.MsgSetPriceFeedResponse:
        """Sets a token's feed."""
        require_authority(msg.authority, GOV)
        self._keeper.set_price_feed(ctx, msg.token, msg.is_strict_stable, msg.spread_bps)
        return pb.MsgSetPriceFeedResponse()

    def set_price_adjustment(self, ctx: Context, msg: pb.MsgSetPriceAdjustment) -> pb.MsgSetPriceAdjustmentResponse:
        """Sets a token's adjustment."""
        require_authority(msg.authority, GOV)
        self._keeper.set_price_adjustment(ctx, msg.token, msg.is_additive, msg.adjustment_bps)
        return pb.MsgSetPriceAdjustmentResponse()


def position_id(
    msg: pb.MsgIncreasePosition | pb.MsgDecreasePosition | pb.MsgLiquidatePosition | pb.MsgManagerLiquidatePosition,
) -> PositionId:
    """The position that a message is about."""
    return PositionId(msg.account, msg.collateral_token, msg.index_token, msg.is_long)


def vault_handlers(keeper: PerpvaultKeeper) -> Mapping[type[Message], Handler]:
    """Handlers of the vault and of governance by message class."""
    server, admin = VaultMsgServer(keeper), AdminMsgServer(keeper)
    return {
        pb.MsgIncreasePosition: server.increase_position,
        pb.MsgDecreasePosition: server.decrease_position,
        pb.MsgLiquidatePosition: server.liquidate_position,
        pb.MsgBuyUsdg: server.buy_usdg,
        pb.MsgSellUsdg: server.sell_usdg,
        pb.MsgDirectPoolDeposit: server.direct_pool_deposit,
        pb.MsgSwap: server.swap,
        pb.MsgApproveRouter: server.approve_router,
        pb.MsgSetPrices: server.set_prices,
        pb.MsgSetTokenConfig: admin.set_token_config,
        pb.MsgClearTokenConfig: admin.clear_token_config,
        pb.MsgWithdrawFees: admin.withdraw_fees,
        pb.MsgUpgradeVault: admin.upgrade_vault,
        pb.MsgUpdateParams: admin.update_params,
        pb.MsgSetFundingRate: admin.set_funding_rate,
        pb.MsgSetRole: admin.set_role,
        pb.MsgSetBufferAmount: admin.set_buffer_amount,
        pb.MsgSetUsdgAmount: admin.set_usdg_amount,
        pb.MsgSetPriceFeed: admin.set_price_feed,
        pb.MsgSetPriceAdjustment: admin.set_price_adjustment,
    }


def checks(handlers: Mapping[type[Message], Handler]) -> Mapping[type[Message], Check]:
    """The same stateless check for every message."""
    return dict.fromkeys(handlers, check_message)
