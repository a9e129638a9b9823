"""Positions: increase, decrease, liquidate. Source: perp-vault §§7.1 to 7.3."""

from __future__ import annotations

from typing import NamedTuple

from vaultsim.context import Context
from vaultsim.pb.runtime import replace
from vaultsim.pb.vaultsim.perpvault.v1 import Role
from vaultsim.x.perpvault import formulas
from vaultsim.x.perpvault.errors import (
    CollateralExceeded,
    CollateralIsStable,
    CollateralNotStable,
    EmptyPosition,
    IndexIsStable,
    IndexNotShortable,
    InsufficientCollateralForFees,
    InvalidLiquidator,
    InvalidPositionSize,
    InvalidSender,
    LeverageDisabled,
    MismatchedTokens,
    NotLiquidatable,
    SizeBelowCollateral,
    SizeExceeded,
)
from vaultsim.x.perpvault.events import (
    ClosePosition,
    DecreasePosition,
    IncreasePosition,
    LiquidatePosition,
    UpdatePnl,
    UpdatePosition,
)
from vaultsim.x.perpvault.formulas import Delta
from vaultsim.x.perpvault.keeper_base import collateral_left
from vaultsim.x.perpvault.keeper_pool import PoolKeeper
from vaultsim.x.perpvault.types import LIQUIDATABLE, OVER_LEVERAGED, SAFE, Position, PositionId, position_key


class Settled(NamedTuple):
    """A decreased position before its size is, what it pays in USD (fee included), the fee, and what it realised."""

    position: Position
    usd_out: int
    usd_out_after_fee: int
    fee: int
    realised: Delta


class PositionsKeeper(PoolKeeper):
    """What traders and liquidators do."""

    def increase_position(self, ctx: Context, caller: str, where: PositionId, size_delta: int, amount: int) -> None:
        """Adds size (USD), collateral (tokens of the caller) or both.

        Raises, in this order: [15]; [26]; [27], [8], [28] for a long, [8], [29], [30], [31] for a short; [41], [42];
        what feed and bank raise; [16]; [17]; [25]; [36] to [39]; [32].
        """

        def increase(ctx: Context) -> None:
            self.require_leverage_enabled(ctx)
            self._require_caller(ctx, caller, where.account)
            self.apply_increase(ctx, caller, where, size_delta, amount)

        self.entry(ctx, increase)

    def decrease_position(
        self, ctx: Context, caller: str, where: PositionId, collateral_delta: int, size_delta: int, receiver: str
    ) -> int:
        """Takes collateral and size (both USD) out; returns the tokens paid. Exits are open while leverage is off.

        Raises, in this order: [26]; [18]; [19]; [20]; [40]; [25]; [36] to [39]; [35], [32]; what feed and bank raise.
        """

        def decrease(ctx: Context) -> int:
            self._require_caller(ctx, caller, where.account)
            return self.apply_decrease(ctx, where, collateral_delta, size_delta, receiver)

        return self.entry(ctx, decrease)

    def liquidate_position(
        self, ctx: Context, caller: str, where: PositionId, fee_receiver: str, *, only_liquidators: bool = False
    ) -> int:
        """Closes a position that is not safe; returns its state. Raises [21], [18], [22] and what closing raises."""

        def liquidate(ctx: Context) -> int:
            is_private = only_liquidators or self.params(ctx).in_private_liquidation_mode
            if is_private and not self.has_role(ctx, Role.ROLE_LIQUIDATOR, caller):
                raise InvalidLiquidator
            return self._liquidate(ctx, where, fee_receiver)

        return self.entry(ctx, liquidate)

    # --- increase --------------------------------------------------------------------------------------------------

    def apply_increase(self, ctx: Context, source: str, where: PositionId, size_delta: int, amount: int) -> None:
        """The increase itself; `source` (an account, or the escrow) brings the tokens."""
        self._require_pair(ctx, where)
        self.update_cumulative_funding_rate(ctx, where.collateral_token, where.index_token)
        collateral_token, index, is_long = where.collateral_token, where.index_token, where.is_long
        if size_delta:
            self.increase_open_interest(ctx, index, size_delta, is_long)
        old, price = self.position(ctx, where), self.entry_price(ctx, index, is_long)
        average = self._average_after(ctx, old, price, size_delta)
        fee = self.collect_margin_fees(ctx, old, size_delta)
        self.move_in(ctx, source, collateral_token, amount)
        collateral_in = self.token_to_usd_min(ctx, collateral_token, amount)
        if old.collateral + collateral_in < fee:
            raise InsufficientCollateralForFees
        reserve = self.usd_to_token_max(ctx, collateral_token, size_delta)
        position = replace(
            old,
            size=old.size + size_delta,
            collateral=old.collateral + collateral_in - fee,
            average_price=average,
            entry_funding_rate=self.utils.entry_funding_rate(ctx, collateral_token, index, is_long),
            reserve_amount=old.reserve_amount + reserve,
            last_increased_time=ctx.unix_seconds,
        )
        if position.size == 0:
            raise InvalidPositionSize
        self._require_healthy(ctx, position)
        self.put_position(ctx, position)
        self.increase_reserved(ctx, collateral_token, reserve)
        if is_long:
            self.change_guaranteed(ctx, collateral_token, size_delta + fee - collateral_in)
            self._pool_collateral(ctx, collateral_token, amount, fee)
        else:
            self._add_global_short(ctx, index, price, size_delta)
        key = position_key(where)
        ctx.emit(
            IncreasePosition(
                key, where.account, collateral_token, index, collateral_in, size_delta, is_long, price, fee
            )
        )
        self._emit_update(ctx, position, price)

    def _average_after(self, ctx: Context, old: Position, price: int, size_delta: int) -> int:
        if old.size == 0:
            return price
        if size_delta == 0:
            return old.average_price
        found = self.utils.delta(ctx, old)
        return formulas.next_average_price(
            size=old.size, size_delta=size_delta, next_price=price, found=found, is_long=old.is_long
        )

    def _pool_collateral(self, ctx: Context, token: str, amount: int, fee: int) -> None:
        """The collateral of a long is part of the pool, but for its fee."""
        self.increase_pool(ctx, token, amount)
        self.decrease_pool(ctx, token, self.usd_to_token_min(ctx, token, fee))

    def _add_global_short(self, ctx: Context, index: str, price: int, size_delta: int) -> None:
        token = self.token(ctx, index)
        average = formulas.next_global_short_average(
            size=token.global_short_size,
            average=token.global_short_average_price,
            size_delta=size_delta,
            next_price=price,
        )
        size = token.global_short_size + size_delta
        self.change(ctx, index, global_short_size=size, global_short_average_price=average)

    # --- decrease --------------------------------------------------------------------------------------------------

    def apply_decrease(
        self, ctx: Context, where: PositionId, collateral_delta: int, size_delta: int, receiver: str
    ) -> int:
        """The decrease itself; returns the tokens paid to `receiver`."""
        self.update_cumulative_funding_rate(ctx, where.collateral_token, where.index_token)
        old = self.position(ctx, where)
        if old.size == 0:
            raise EmptyPosition
        if size_delta > old.size:
            raise SizeExceeded
        if collateral_delta > old.collateral:
            raise CollateralExceeded
        collateral_token, index, is_long = where.collateral_token, where.index_token, where.is_long
        released = formulas.floor_share(old.reserve_amount, size_delta, old.size)
        self.decrease_reserved(ctx, collateral_token, released)
        settled = self._settle(ctx, old, collateral_delta, size_delta)
        position = replace(settled.position, reserve_amount=old.reserve_amount - released)
        mark = self.mark_price(ctx, index, is_long)
        key = position_key(where)
        ctx.emit(
            DecreasePosition(
                key, where.account, collateral_token, index, collateral_delta, size_delta, is_long, mark, settled.fee
            )
        )
        ctx.emit(UpdatePnl(key, settled.realised.has_profit, settled.realised.usd))
        if size_delta == old.size:
            self._close(ctx, old, position)
        else:
            self._shrink(ctx, old, position, size_delta, mark)
        self.decrease_open_interest(ctx, index, size_delta, is_long)
        return self._pay(ctx, where, settled, receiver)

    def _settle(self, ctx: Context, old: Position, collateral_delta: int, size_delta: int) -> Settled:
        """Fees, profit or loss of the part that is closed, and the collateral taken out."""
        token, collateral, usd_out = old.collateral_token, old.collateral, 0
        fee = self.collect_margin_fees(ctx, old, size_delta)
        found = self.utils.delta(ctx, old)
        part = formulas.floor_share(found.usd, size_delta, old.size)
        if found.has_profit:
            usd_out = part
            if not old.is_long:
                self.decrease_pool(ctx, token, self.usd_to_token_min(ctx, token, part))
        else:
            collateral = collateral_left(collateral, part)
            if not old.is_long:
                self.increase_pool(ctx, token, self.usd_to_token_min(ctx, token, part))
        collateral = collateral_left(collateral, collateral_delta)
        usd_out += collateral_delta
        if size_delta == old.size:
            usd_out, collateral = usd_out + collateral, 0
        after_fee = usd_out
        if usd_out > fee:
            after_fee = usd_out - fee
        else:
            collateral = collateral_left(collateral, fee)
            if old.is_long:
                self.decrease_pool(ctx, token, self.usd_to_token_min(ctx, token, fee))
        realised = old.realised_pnl + (part if found.has_profit else -part)
        position = replace(old, collateral=collateral, realised_pnl=realised)
        return Settled(position, usd_out, after_fee, fee, Delta(found.has_profit, part))

    def _shrink(self, ctx: Context, old: Position, settled: Position, size_delta: int, mark: int) -> None:
        rate = self.utils.entry_funding_rate(ctx, old.collateral_token, old.index_token, old.is_long)
        position = replace(settled, size=old.size - size_delta, entry_funding_rate=rate)
        self._require_healthy(ctx, position)
        self.put_position(ctx, position)
        if old.is_long:
            self.change_guaranteed(ctx, old.collateral_token, old.collateral - position.collateral - size_delta)
        self._emit_update(ctx, position, mark)

    def _close(self, ctx: Context, old: Position, settled: Position) -> None:
        self.state.positions.delete(ctx, old.id)
        if old.is_long:
            self.change_guaranteed(ctx, old.collateral_token, old.collateral - old.size)
        ctx.emit(
            ClosePosition(
                position_key(old.id),
                old.size,
                old.collateral,
                old.average_price,
                old.entry_funding_rate,
                old.reserve_amount,
                settled.realised_pnl,
            )
        )

    def _pay(self, ctx: Context, where: PositionId, settled: Settled, receiver: str) -> int:
        if settled.usd_out == 0:
            return 0
        token = where.collateral_token
        if where.is_long:
            self.decrease_pool(ctx, token, self.usd_to_token_min(ctx, token, settled.usd_out))
        paid = self.usd_to_token_min(ctx, token, settled.usd_out_after_fee)
        self.move_out(ctx, token, paid, receiver)
        return paid

    # --- liquidate -------------------------------------------------------------------------------------------------

    def _liquidate(self, ctx: Context, where: PositionId, fee_receiver: str) -> int:
        self.update_cumulative_funding_rate(ctx, where.collateral_token, where.index_token)
        position = self.position(ctx, where)
        if position.size == 0:
            raise EmptyPosition
        judged = self.utils.validate_liquidation(ctx, position, raising=False)
        if judged.state == SAFE:
            raise NotLiquidatable
        if judged.state == OVER_LEVERAGED:
            self.apply_decrease(ctx, where, 0, position.size, where.account)
            return OVER_LEVERAGED
        self._seize(ctx, position, judged.fees)
        mark = self.mark_price(ctx, position.index_token, position.is_long)
        ctx.emit(
            LiquidatePosition(
                position_key(where),
                *where,
                position.size,
                position.collateral,
                position.reserve_amount,
                position.realised_pnl,
                mark,
            )
        )
        token = position.collateral_token
        reward = self.usd_to_token_min(ctx, token, self.params(ctx).liquidation_fee_usd)
        self.decrease_pool(ctx, token, reward)
        self.move_out(ctx, token, reward, fee_receiver)
        return LIQUIDATABLE

    def _seize(self, ctx: Context, position: Position, fees: int) -> None:
        """Takes a position off the books: fees to the reserve, the rest of the collateral stays in the pool."""
        token, is_long = position.collateral_token, position.is_long
        fee_tokens = self.usd_to_token_min(ctx, token, fees)
        self.add_fees(ctx, token, fee_tokens)
        self.decrease_reserved(ctx, token, position.reserve_amount)
        if is_long:
            self.change_guaranteed(ctx, token, position.collateral - position.size)
            self.decrease_pool(ctx, token, fee_tokens)
        elif fees < position.collateral:
            self.increase_pool(ctx, token, self.usd_to_token_min(ctx, token, position.collateral - fees))
        else:
            # Fees beyond the collateral are the pool's, or the books would count tokens that nobody brought.
            self.decrease_pool(ctx, token, fee_tokens - self.usd_to_token_min(ctx, token, position.collateral))
        self.decrease_open_interest(ctx, position.index_token, position.size, is_long)
        self.state.positions.delete(ctx, position.id)

    # --- rules -----------------------------------------------------------------------------------------------------

    def require_leverage_enabled(self, ctx: Context) -> None:
        """Raises LeverageDisabled [15] while increases are off."""
        if not self.params(ctx).is_leverage_enabled:
            raise LeverageDisabled

    def _require_caller(self, ctx: Context, caller: str, account: str) -> None:
        if caller != account and not self.state.approved_routers.has(ctx, (account, caller)):
            raise InvalidSender

    def _require_pair(self, ctx: Context, where: PositionId) -> None:
        if where.is_long:
            if where.collateral_token != where.index_token:
                raise MismatchedTokens
            if self.listed_token(ctx, where.collateral_token).is_stable:
                raise CollateralIsStable
            return
        if not self.listed_token(ctx, where.collateral_token).is_stable:
            raise CollateralNotStable
        index = self.token(ctx, where.index_token)
        if index.is_stable:
            raise IndexIsStable
        if not index.is_shortable:
            raise IndexNotShortable

    def _require_healthy(self, ctx: Context, position: Position) -> None:
        """Leverage of at least 1x, and no state but SAFE. Raises [25], [36] to [39]."""
        if position.size < position.collateral:
            raise SizeBelowCollateral
        self.utils.validate_liquidation(ctx, position, raising=True)

    def _emit_update(self, ctx: Context, position: Position, mark: int) -> None:
        ctx.emit(
            UpdatePosition(
                position_key(position.id),
                position.size,
                position.collateral,
                position.average_price,
                position.entry_funding_rate,
                position.reserve_amount,
                position.realised_pnl,
                mark,
            )
        )
