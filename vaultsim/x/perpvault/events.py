"""Events of x/perpvault. USD amounts and prices are scaled by 10^30, token amounts in the token's smallest unit.

Source: perp-vault §§6 to 11.
"""

from __future__ import annotations

from typing import ClassVar

from vaultsim.events import Event


class IncreasePosition(Event, frozen=True):
    """Collateral, size or both were added; `collateral` and `index` are tokens."""

    TYPE: ClassVar[str] = "increase_position"

    key: str
    account: str
    collateral: str
    index: str
    collateral_delta_usd: int
    size_delta: int
    is_long: bool
    price: int
    fee: int


class DecreasePosition(Event, frozen=True):
    """Collateral, size or both were taken out; `collateral` and `index` are tokens."""

    TYPE: ClassVar[str] = "decrease_position"

    key: str
    account: str
    collateral: str
    index: str
    collateral_delta_usd: int
    size_delta: int
    is_long: bool
    price: int
    fee: int


class UpdatePosition(Event, frozen=True):
    """A position after a change that left it open."""

    TYPE: ClassVar[str] = "update_position"

    key: str
    size: int
    collateral: int
    average_price: int
    entry_funding_rate: int
    reserve_amount: int
    realised_pnl: int
    mark_price: int


class ClosePosition(Event, frozen=True):
    """A position before its full close; collateral as it was then."""

    TYPE: ClassVar[str] = "close_position"

    key: str
    size: int
    collateral: int
    average_price: int
    entry_funding_rate: int
    reserve_amount: int
    realised_pnl: int


class UpdatePnl(Event, frozen=True):
    """Profit or loss that a decrease realised."""

    TYPE: ClassVar[str] = "update_pnl"

    key: str
    has_profit: bool
    delta: int


class LiquidatePosition(Event, frozen=True):
    """A position under water was closed."""

    TYPE: ClassVar[str] = "liquidate_position"

    key: str
    account: str
    collateral_token: str
    index_token: str
    is_long: bool
    size: int
    collateral: int
    reserve: int
    realised_pnl: int
    mark_price: int


class UpdateFundingRate(Event, frozen=True):
    """The accumulators of an index token after an update."""

    TYPE: ClassVar[str] = "update_funding_rate"

    index: str
    cum_long: int
    cum_short: int


class BuyUsdg(Event, frozen=True):
    """Tokens became USDG."""

    TYPE: ClassVar[str] = "buy_usdg"

    account: str
    receiver: str
    token: str
    token_amount: int
    usdg_amount: int
    fee_basis_points: int


class SellUsdg(Event, frozen=True):
    """USDG became tokens."""

    TYPE: ClassVar[str] = "sell_usdg"

    account: str
    receiver: str
    token: str
    usdg_amount: int
    token_amount: int
    fee_basis_points: int


class DirectPoolDeposit(Event, frozen=True):
    """Tokens were given to the pool."""

    TYPE: ClassVar[str] = "direct_pool_deposit"

    account: str
    token: str
    amount: int


class Swap(Event, frozen=True):
    """One token became another."""

    TYPE: ClassVar[str] = "swap"

    account: str
    receiver: str
    token_in: str
    token_out: str
    amount_in: int
    amount_out: int
    amount_out_after_fees: int
    fee_basis_points: int


class SetTokenConfig(Event, frozen=True):
    """A token was listed or its configuration changed."""

    TYPE: ClassVar[str] = "set_token_config"

    token: str
    decimals: int
    weight: int
    min_profit_bps: int
    max_usdg_amount: int
    max_long_open_interest: int
    max_short_open_interest: int
    is_stable: bool
    is_shortable: bool
    market_id: int


class ClearTokenConfig(Event, frozen=True):
    """A token was taken off the list."""

    TYPE: ClassVar[str] = "clear_token_config"

    token: str


class WithdrawFees(Event, frozen=True):
    """Fee reserves were paid out."""

    TYPE: ClassVar[str] = "withdraw_fees"

    token: str
    receiver: str
    amount: int


class UpgradeVault(Event, frozen=True):
    """Tokens went to another vault."""

    TYPE: ClassVar[str] = "upgrade_vault"

    new_vault: str
    token: str
    amount: int


class UpdateParams(Event, frozen=True):
    """Settings changed."""

    TYPE: ClassVar[str] = "update_params"

    authority: str


class SetFundingRate(Event, frozen=True):
    """Funding settings changed."""

    TYPE: ClassVar[str] = "set_funding_rate"

    interval: int
    factor: int
    stable_factor: int


class SetRole(Event, frozen=True):
    """An address got a role or lost it."""

    TYPE: ClassVar[str] = "set_role"

    role: str
    address: str
    enabled: bool


class SetBufferAmount(Event, frozen=True):
    """What swaps must leave in the pool."""

    TYPE: ClassVar[str] = "set_buffer_amount"

    token: str
    amount: int


class SetUsdgAmount(Event, frozen=True):
    """The booked USDG debt of a token."""

    TYPE: ClassVar[str] = "set_usdg_amount"

    token: str
    amount: int


class SetPriceFeed(Event, frozen=True):
    """Feed settings of a token."""

    TYPE: ClassVar[str] = "set_price_feed"

    token: str
    is_strict_stable: bool
    spread_bps: int


class SetPriceAdjustment(Event, frozen=True):
    """The price adjustment of a token."""

    TYPE: ClassVar[str] = "set_price_adjustment"

    token: str
    is_additive: bool
    adjustment_bps: int


class ApproveRouter(Event, frozen=True):
    """An account let a router in, or out."""

    TYPE: ClassVar[str] = "approve_router"

    account: str
    router: str
    enabled: bool


class SetPrices(Event, frozen=True):
    """A keeper set the secondary price of a token."""

    TYPE: ClassVar[str] = "set_prices"

    token: str
    price: int


class CreateIncreasePosition(Event, frozen=True):
    """An increase was queued."""

    TYPE: ClassVar[str] = "create_increase_position"

    account: str
    key: str
    path: str
    index_token: str
    amount_in: int
    min_out: int
    size_delta: int
    is_long: bool
    acceptable_price: int
    execution_fee: int
    referral_code: str
    callback_target: str


class ExecuteIncreasePosition(Event, frozen=True):
    """A queued increase was executed."""

    TYPE: ClassVar[str] = "execute_increase_position"

    account: str
    key: str
    fee_receiver: str
    price: int


class CancelIncreasePosition(Event, frozen=True):
    """A queued increase was cancelled."""

    TYPE: ClassVar[str] = "cancel_increase_position"

    account: str
    key: str
    fee_receiver: str


class CreateDecreasePosition(Event, frozen=True):
    """A decrease was queued."""

    TYPE: ClassVar[str] = "create_decrease_position"

    account: str
    key: str
    path: str
    index_token: str
    collateral_delta: int
    size_delta: int
    is_long: bool
    receiver: str
    acceptable_price: int
    min_out: int
    execution_fee: int
    callback_target: str


class ExecuteDecreasePosition(Event, frozen=True):
    """A queued decrease was executed."""

    TYPE: ClassVar[str] = "execute_decrease_position"

    account: str
    key: str
    fee_receiver: str
    price: int
    amount_out: int


class CancelDecreasePosition(Event, frozen=True):
    """A queued decrease was cancelled."""

    TYPE: ClassVar[str] = "cancel_decrease_position"

    account: str
    key: str
    fee_receiver: str


class ExecuteIncreasePositions(Event, frozen=True):
    """Keepers went through queued increases; where the queue starts now."""

    TYPE: ClassVar[str] = "execute_increase_positions"

    start: int


class ExecuteDecreasePositions(Event, frozen=True):
    """Keepers went through queued decreases; where the queue starts now."""

    TYPE: ClassVar[str] = "execute_decrease_positions"

    start: int


class Callback(Event, frozen=True):
    """A callback target was called."""

    TYPE: ClassVar[str] = "callback"

    target: str
    success: bool


class ManagerIncreasePosition(Event, frozen=True):
    """A partner increased a position at once."""

    TYPE: ClassVar[str] = "manager_increase_position"

    account: str
    collateral_token: str
    index_token: str
    amount_in: int
    size_delta: int
    is_long: bool
    price: int


class ManagerDecreasePosition(Event, frozen=True):
    """A partner decreased a position at once."""

    TYPE: ClassVar[str] = "manager_decrease_position"

    account: str
    collateral_token: str
    index_token: str
    collateral_delta: int
    size_delta: int
    is_long: bool
    receiver: str
    price: int
    amount_out: int


class CreateIncreaseOrder(Event, frozen=True):
    """An increase order was placed."""

    TYPE: ClassVar[str] = "create_increase_order"

    account: str
    index: int
    purchase_token: str
    purchase_token_amount: int
    collateral_token: str
    index_token: str
    size_delta: int
    is_long: bool
    trigger_price: int
    trigger_above_threshold: bool
    execution_fee: int


class UpdateIncreaseOrder(Event, frozen=True):
    """An increase order was changed."""

    TYPE: ClassVar[str] = "update_increase_order"

    account: str
    index: int
    size_delta: int
    trigger_price: int
    trigger_above_threshold: bool


class CancelIncreaseOrder(Event, frozen=True):
    """An increase order was cancelled."""

    TYPE: ClassVar[str] = "cancel_increase_order"

    account: str
    index: int


class ExecuteIncreaseOrder(Event, frozen=True):
    """An increase order was executed."""

    TYPE: ClassVar[str] = "execute_increase_order"

    account: str
    index: int
    execution_price: int
    fee_receiver: str


class CreateDecreaseOrder(Event, frozen=True):
    """A decrease order was placed."""

    TYPE: ClassVar[str] = "create_decrease_order"

    account: str
    index: int
    collateral_token: str
    collateral_delta: int
    index_token: str
    size_delta: int
    is_long: bool
    trigger_price: int
    trigger_above_threshold: bool
    execution_fee: int


class UpdateDecreaseOrder(Event, frozen=True):
    """A decrease order was changed."""

    TYPE: ClassVar[str] = "update_decrease_order"

    account: str
    index: int
    collateral_delta: int
    size_delta: int
    trigger_price: int
    trigger_above_threshold: bool


class CancelDecreaseOrder(Event, frozen=True):
    """A decrease order was cancelled."""

    TYPE: ClassVar[str] = "cancel_decrease_order"

    account: str
    index: int


class ExecuteDecreaseOrder(Event, frozen=True):
    """A decrease order was executed."""

    TYPE: ClassVar[str] = "execute_decrease_order"

    account: str
    index: int
    execution_price: int
    amount_out: int
    fee_receiver: str
