"""What the vault computes from its state, behind one replaceable object. Source: perp-vault §§5, 6, 8."""

from __future__ import annotations

from typing import NamedTuple

from vaultsim.context import Context
from vaultsim.lib.maths import floor_div
from vaultsim.x.perpvault import formulas
from vaultsim.x.perpvault.formulas import Delta, Liquidation
from vaultsim.x.perpvault.params import DEFAULT_PARAMS, Params
from vaultsim.x.perpvault.ports import Bank
from vaultsim.x.perpvault.price_feed import VaultPriceFeed
from vaultsim.x.perpvault.state import PerpvaultState
from vaultsim.x.perpvault.types import SAFE, USDG, Position, Token, TokenList

_NO_LIST = TokenList()


class Side(NamedTuple):
    """What all positions of one side of an index token share: mark price, minimum profit, accumulator."""

    mark_price: int
    min_profit_bps: int
    cumulative_rate: int


class VaultUtils:
    """Rates, fees and the liquidation check."""

    def __init__(self, state: PerpvaultState, feed: VaultPriceFeed, bank: Bank) -> None:
        self._state = state
        self._feed = feed
        self._bank = bank

    # --- funding ---------------------------------------------------------------------------------------------------

    def next_funding_rates(self, ctx: Context, index: Token) -> tuple[int, int]:
        """What an update now would add to (long, short)."""
        params = self._params(ctx)
        if index.is_stable or index.last_funding_time == 0:
            return 0, 0
        passed = ctx.unix_seconds - index.last_funding_time
        return formulas.funding_increments(
            long_interest=index.long_open_interest,
            short_interest=index.short_open_interest,
            intervals=max(floor_div(passed, params.funding_interval), 0),
            factor=params.funding_rate_factor,
            stable_factor=params.stable_funding_rate_factor,
        )

    def entry_funding_rate(self, ctx: Context, collateral_token: str, index_token: str, is_long: bool) -> int:
        """The accumulator of a side of an index token."""
        return self._token(ctx, index_token).cumulative_funding_rate(is_long)

    def funding_fee(self, ctx: Context, position: Position) -> int:
        """What a position owes for funding, in USD."""
        rate = self.entry_funding_rate(ctx, position.collateral_token, position.index_token, position.is_long)
        return formulas.funding_fee(position.size, rate, position.entry_funding_rate)

    def position_fee(self, ctx: Context, size_delta: int) -> int:
        """Fee on a change of size, in USD."""
        return formulas.position_fee(size_delta, self._params(ctx).margin_fee_bps)

    # --- positions -------------------------------------------------------------------------------------------------

    def side(self, ctx: Context, index_token: str, is_long: bool) -> Side:
        """What all positions of a side share. Raises what the price raises."""
        index = self._token(ctx, index_token)
        mark = self._feed.price(ctx, index, maximise=not is_long)
        return Side(mark, index.min_profit_bps, index.cumulative_funding_rate(is_long))

    def delta(self, ctx: Context, position: Position, side: Side | None = None) -> Delta:
        """Profit or loss at the mark price, after the minimum profit rule. Raises [24] and what the price raises."""
        side = side or self.side(ctx, position.index_token, position.is_long)
        found = formulas.delta(position.size, position.average_price, side.mark_price, position.is_long)
        if ctx.unix_seconds > position.last_increased_time + self._params(ctx).min_profit_time:
            return found
        return formulas.with_minimum_profit(found, position.size, side.min_profit_bps)

    def validate_liquidation(
        self, ctx: Context, position: Position, *, raising: bool, side: Side | None = None
    ) -> Liquidation:
        """State and fees of a position; raising: [36], [37], [38] or [39] instead of a state other than SAFE."""
        params = self._params(ctx)
        side = side or self.side(ctx, position.index_token, position.is_long)
        size = position.size
        fees = formulas.funding_fee(size, side.cumulative_rate, position.entry_funding_rate)
        return formulas.liquidation(
            size=size,
            collateral=position.collateral,
            found=self.delta(ctx, position, side),
            fees=fees + formulas.position_fee(size, params.margin_fee_bps),
            liquidation_fee_usd=params.liquidation_fee_usd,
            max_leverage=params.max_leverage,
            raising=raising,
        )

    def liquidatable(self, ctx: Context) -> list[tuple[Position, Liquidation]]:
        """Every position whose state is not SAFE, in the order of the keys."""
        sides: dict[tuple[str, bool], Side] = {}
        found: list[tuple[Position, Liquidation]] = []
        for position in self._state.positions.values(ctx):
            which = position.index_token, position.is_long
            side = sides.get(which)
            if side is None:
                side = sides[which] = self.side(ctx, *which)
            judged = self.validate_liquidation(ctx, position, raising=False, side=side)
            if judged.state != SAFE:
                found.append((position, judged))
        return found

    # --- fees of the pool ------------------------------------------------------------------------------------------

    def target_usdg(self, ctx: Context, token: Token) -> int:
        """A token's part of the USDG supply by its weight."""
        total = (self._state.token_list.get(ctx) or _NO_LIST).total_token_weights
        return formulas.target_usdg(token.weight, total, self._bank.supply(ctx, USDG))

    def fee_bps(self, ctx: Context, token: Token, usdg: int, *, is_buy: bool, base: int, tax: int) -> int:
        """Fee of a change of a token's USDG debt; the base fee while fees are static."""
        if not self._params(ctx).has_dynamic_fees:
            return base
        current = token.usdg_amount
        following = current + usdg if is_buy else max(current - usdg, 0)
        target = self.target_usdg(ctx, token)
        return formulas.dynamic_fee_bps(base=base, tax=tax, current=current, following=following, target=target)

    def usdg_fee_bps(self, ctx: Context, token: Token, usdg: int, *, is_buy: bool) -> int:
        """Fee of buying or selling USDG."""
        params = self._params(ctx)
        return self.fee_bps(ctx, token, usdg, is_buy=is_buy, base=params.mint_burn_fee_bps, tax=params.tax_bps)

    def swap_fee_bps(self, ctx: Context, token_in: Token, token_out: Token, usdg: int) -> int:
        """Fee of a swap: the higher of both sides'."""
        params = self._params(ctx)
        if token_in.is_stable and token_out.is_stable:
            base, tax = params.stable_swap_fee_bps, params.stable_tax_bps
        else:
            base, tax = params.swap_fee_bps, params.tax_bps
        return max(
            self.fee_bps(ctx, token_in, usdg, is_buy=True, base=base, tax=tax),
            self.fee_bps(ctx, token_out, usdg, is_buy=False, base=base, tax=tax),
        )

    def _params(self, ctx: Context) -> Params:
        return self._state.params.get(ctx) or DEFAULT_PARAMS

    def _token(self, ctx: Context, denom: str) -> Token:
        return self._state.tokens.get(ctx, denom) or Token(denom)
