"""What governance, keepers and accounts set. Source: perp-vault §§7.5 to 7.7, 12."""

from __future__ import annotations

from typing import Final

from vaultsim.context import Context
from vaultsim.pb.runtime import replace
from vaultsim.pb.vaultsim.perpvault import v1 as pb
from vaultsim.pb.vaultsim.perpvault.v1 import Role
from vaultsim.x.perpvault import events
from vaultsim.x.perpvault.errors import (
    Delay,
    Forbidden,
    InvalidArgument,
    InvalidPrice,
    InvalidTokenAmount,
    TokenInUse,
)
from vaultsim.x.perpvault.formulas import BASIS_POINTS
from vaultsim.x.perpvault.keeper_base import VAULT_ADDRESS
from vaultsim.x.perpvault.keeper_positions import PositionsKeeper
from vaultsim.x.perpvault.params import Params, require_valid_funding, require_valid_params, updated
from vaultsim.x.perpvault.price_feed import ADJUSTMENT_INTERVAL_SECONDS, MAX_ADJUSTMENT_BPS, MAX_SPREAD_BPS
from vaultsim.x.perpvault.types import USDG, KeeperPrice, Token, TokenList

MOST_DECIMALS: Final = 30
PRICE_KEEPERS: Final = (Role.ROLE_POSITION_KEEPER, Role.ROLE_ORDER_KEEPER)


class AdminKeeper(PositionsKeeper):
    """Tokens, fees, settings, roles."""

    # --- tokens ----------------------------------------------------------------------------------------------------

    def set_token_config(self, ctx: Context, config: Token) -> None:
        """Lists a token or changes its configuration; `config` holds the fields of the message and no others.

        Raises [55] for decimals, a minimum profit or a token that cannot be, [43] for other decimals or another kind
        while the token is in use, and what its price raises.
        """

        def configure(ctx: Context) -> None:
            require_valid_config(config)
            old = self.token(ctx, config.token)
            if _is_in_use(old) and (old.decimals != config.decimals or old.is_stable != config.is_stable):
                raise TokenInUse(config.token)
            self._set_config(ctx, old, config)

        self.entry(ctx, configure)

    def clear_token_config(self, ctx: Context, denom: str) -> None:
        """Takes a token off the list; what is in its pool stays, frozen. Raises [8], and [43] with open interest."""

        def clear(ctx: Context) -> None:
            token = self.listed_token(ctx, denom)
            if token.reserved_amount or token.long_open_interest or token.short_open_interest:
                raise TokenInUse(denom)
            listed = self._list(ctx)
            weights = listed.total_token_weights - token.weight
            count = listed.whitelisted_token_count - 1
            self.state.token_list.set(ctx, replace(listed, total_token_weights=weights, whitelisted_token_count=count))
            self.change(
                ctx,
                denom,
                whitelisted=False,
                weight=0,
                min_profit_bps=0,
                max_usdg_amount=0,
                max_long_open_interest=0,
                max_short_open_interest=0,
                is_shortable=False,
            )
            ctx.emit(events.ClearTokenConfig(denom))

        self.entry(ctx, clear)

    def set_buffer_amount(self, ctx: Context, denom: str, amount: int) -> None:
        """What swaps must leave in the pool. Raises [8]."""

        def set_buffer(ctx: Context) -> None:
            self.listed_token(ctx, denom)
            self.change(ctx, denom, buffer_amount=amount)
            ctx.emit(events.SetBufferAmount(denom, amount))

        self.entry(ctx, set_buffer)

    def set_usdg_amount(self, ctx: Context, denom: str, amount: int) -> None:
        """The USDG debt booked on a token. Raises [8], [33]."""

        def set_usdg(ctx: Context) -> None:
            booked = self.listed_token(ctx, denom).usdg_amount
            self.decrease_usdg(ctx, denom, max(booked - amount, 0))
            self.increase_usdg(ctx, denom, max(amount - booked, 0))
            ctx.emit(events.SetUsdgAmount(denom, amount))

        self.entry(ctx, set_usdg)

    def withdraw_fees(self, ctx: Context, denom: str, receiver: str) -> int:
        """Pays out the fee reserves of a token, the queue's deposit fees among them; returns how much.

        Raises TokenNotWhitelisted [8] for one whose reserves are frozen, and what the bank raises.
        """

        def withdraw(ctx: Context) -> int:
            token = self.token(ctx, denom)
            paid = token.fee_reserve + token.router_fee_reserve
            if paid == 0:
                return 0
            self.listed_token(ctx, denom)
            self.change(ctx, denom, fee_reserve=0, router_fee_reserve=0)
            self.move_out(ctx, denom, token.fee_reserve, receiver)
            self.release(ctx, denom, token.router_fee_reserve, receiver)
            ctx.emit(events.WithdrawFees(denom, receiver, paid))
            return paid

        return self.entry(ctx, withdraw)

    def upgrade_vault(self, ctx: Context, new_vault: str, denom: str, amount: int) -> None:
        """Sends tokens to another vault; the books stay as they are. Raises [9] for none, or more than there are."""

        def upgrade(ctx: Context) -> None:
            if not 0 < amount <= self.bank.balance(ctx, VAULT_ADDRESS, denom):
                raise InvalidTokenAmount(denom)
            self.move_out(ctx, denom, amount, new_vault)
            if self.state.tokens.has(ctx, denom):
                self.change(ctx, denom, upgraded_out=self.token(ctx, denom).upgraded_out + amount)
            ctx.emit(events.UpgradeVault(new_vault, denom, amount))

        self.entry(ctx, upgrade)

    # --- settings --------------------------------------------------------------------------------------------------

    def update_params(self, ctx: Context, authority: str, wire: pb.Params) -> None:
        """Changes the settings that a message gives. Raises [3] to [7], [55]; [34] on a chain without the module."""

        def update(ctx: Context) -> None:
            params = updated(self.params(ctx), wire)
            require_valid_params(params)
            self.state.params.set(ctx, params)
            ctx.emit(events.UpdateParams(authority))

        self.entry(ctx, update)

    def set_funding_rate(self, ctx: Context, interval: int, factor: int, stable_factor: int) -> None:
        """Interval in seconds, factors in millionths an interval; what has passed counts at the old ones.

        Raises [6], [7].
        """

        def set_funding(ctx: Context) -> None:
            params: Params = replace(
                self.params(ctx),
                funding_interval=interval,
                funding_rate_factor=factor,
                stable_funding_rate_factor=stable_factor,
            )
            require_valid_funding(params)
            self.state.params.set(ctx, params)
            ctx.emit(events.SetFundingRate(interval, factor, stable_factor))

        self.entry(ctx, set_funding)

    def set_role(self, ctx: Context, role: int, address: str, enabled: bool) -> None:
        """Gives or takes a role. Raises InvalidArgument [55] for none that exists."""

        def set_grant(ctx: Context) -> None:
            if role == Role.ROLE_UNSPECIFIED or role not in Role.NAMES:
                raise InvalidArgument(f"role {role}")
            if enabled:
                self.state.roles.add(ctx, (role, address))
            else:
                self.state.roles.delete(ctx, (role, address))
            ctx.emit(events.SetRole(Role.NAMES[role], address, enabled))

        self.entry(ctx, set_grant)

    def approve_router(self, ctx: Context, account: str, router: str, enabled: bool) -> None:
        """Lets a router change the account's positions, or no longer."""

        def approve(ctx: Context) -> None:
            if enabled:
                self.state.approved_routers.add(ctx, (account, router))
            else:
                self.state.approved_routers.delete(ctx, (account, router))
            ctx.emit(events.ApproveRouter(account, router, enabled))

        self.entry(ctx, approve)

    # --- prices ----------------------------------------------------------------------------------------------------

    def set_price_feed(self, ctx: Context, denom: str, is_strict_stable: bool, spread_bps: int) -> None:
        """Spread of a token, and whether it is held at a dollar. Raises [55] above 50 bps, [8]."""

        def set_feed(ctx: Context) -> None:
            require_valid_feed(Token(denom, spread_bps=spread_bps))
            self.listed_token(ctx, denom)
            self.change(ctx, denom, is_strict_stable=is_strict_stable, spread_bps=spread_bps)
            ctx.emit(events.SetPriceFeed(denom, is_strict_stable, spread_bps))

        self.entry(ctx, set_feed)

    def set_price_adjustment(self, ctx: Context, denom: str, is_additive: bool, adjustment_bps: int) -> None:
        """Adjustment of a token's price. Raises [55] above 20 bps, [8], and Delay [47] within two hours of the last."""

        def adjust(ctx: Context) -> None:
            require_valid_feed(Token(denom, adjustment_bps=adjustment_bps))
            last = self.listed_token(ctx, denom).last_adjustment_time
            if last and ctx.unix_seconds <= last + ADJUSTMENT_INTERVAL_SECONDS:
                raise Delay(denom)
            self.change(
                ctx,
                denom,
                adjustment_bps=adjustment_bps,
                is_adjustment_additive=is_additive,
                last_adjustment_time=ctx.unix_seconds,
            )
            ctx.emit(events.SetPriceAdjustment(denom, is_additive, adjustment_bps))

        self.entry(ctx, adjust)

    def set_prices(self, ctx: Context, sender: str, prices: tuple[tuple[str, int], ...]) -> None:
        """Secondary prices of a position or order keeper. Raises [34], [8], [52]."""

        def set_all(ctx: Context) -> None:
            if not any(self.has_role(ctx, role, sender) for role in PRICE_KEEPERS):
                raise Forbidden(f"{sender} is no keeper")
            for denom, price in prices:
                self.listed_token(ctx, denom)
                if price <= 0:
                    raise InvalidPrice(denom)
                self.state.keeper_prices.set(ctx, denom, KeeperPrice(denom, price, ctx.unix_seconds))
                ctx.emit(events.SetPrices(denom, price))

        self.entry(ctx, set_all)

    def _set_config(self, ctx: Context, old: Token, config: Token) -> None:
        self.feed.follow(ctx, config.market_id)
        listed = self._list(ctx)
        self.state.token_list.set(
            ctx,
            TokenList(
                listed.tokens if config.token in listed.tokens else (*listed.tokens, config.token),
                listed.total_token_weights - old.weight + config.weight,
                listed.whitelisted_token_count + (not old.whitelisted),
            ),
        )
        fields = {name: getattr(config, name) for name in CONFIG_FIELDS}
        token = self.change(ctx, config.token, whitelisted=True, **fields)
        self.feed.price(ctx, token, maximise=True)
        ctx.emit(events.SetTokenConfig(config.token, **fields))

    def _list(self, ctx: Context) -> TokenList:
        return self.state.token_list.get(ctx) or TokenList()


CONFIG_FIELDS: Final = (
    "decimals",
    "weight",
    "min_profit_bps",
    "max_usdg_amount",
    "max_long_open_interest",
    "max_short_open_interest",
    "is_stable",
    "is_shortable",
    "market_id",
)


def require_valid_config(config: Token) -> None:
    """Raises InvalidArgument [55] for USDG itself, more than 30 decimals, a minimum profit of more than the size."""
    if config.token == USDG:
        raise InvalidArgument(f"{USDG} is no token of the pool")
    if config.decimals > MOST_DECIMALS:
        raise InvalidArgument(f"decimals {config.decimals} is above {MOST_DECIMALS}")
    if config.min_profit_bps > BASIS_POINTS:
        raise InvalidArgument(f"min_profit_bps {config.min_profit_bps} is above {BASIS_POINTS}")


def require_valid_feed(token: Token) -> None:
    """Raises InvalidArgument [55] for a spread above 50 bps or an adjustment above 20."""
    if token.spread_bps > MAX_SPREAD_BPS:
        raise InvalidArgument(f"spread_bps {token.spread_bps} is above {MAX_SPREAD_BPS}")
    if token.adjustment_bps > MAX_ADJUSTMENT_BPS:
        raise InvalidArgument(f"adjustment_bps {token.adjustment_bps} is above {MAX_ADJUSTMENT_BPS}")


def _is_in_use(token: Token) -> bool:
    return any(
        (
            token.pool_amount,
            token.reserved_amount,
            token.fee_reserve,
            token.router_fee_reserve,
            token.long_open_interest,
            token.short_open_interest,
        )
    )
