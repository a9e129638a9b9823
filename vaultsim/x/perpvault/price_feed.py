"""The price feed: rounds of x/prices, secondary prices of keepers, spreads. Source: perp-vault §12."""

from __future__ import annotations

from typing import Final

from vaultsim.context import Context
from vaultsim.lib.ints import U32_MAX
from vaultsim.pb.runtime import replace
from vaultsim.pb.vaultsim.perpvault.v1 import PriceRounds
from vaultsim.x.perpvault import formulas
from vaultsim.x.perpvault.errors import InvalidPrice, NoPriceFeed, StalePrice
from vaultsim.x.perpvault.params import DEFAULT_PARAMS, MOST_PRICE_SAMPLES, Params
from vaultsim.x.perpvault.ports import Prices
from vaultsim.x.perpvault.state import PerpvaultState
from vaultsim.x.perpvault.types import Token

MAX_SPREAD_BPS: Final = 50
MAX_ADJUSTMENT_BPS: Final = 20
ADJUSTMENT_INTERVAL_SECONDS: Final = 7_200


class VaultPriceFeed:
    """Prices of tokens in USD, scaled by 10^30."""

    def __init__(self, state: PerpvaultState, prices: Prices) -> None:
        self._state = state
        self._prices = prices

    def price(self, ctx: Context, token: Token, maximise: bool, *, include_amm: bool = True) -> int:
        """The max or min side of a token's price. include_amm: accepted, and without effect while there is no AMM.

        Raises NoPriceFeed [54], InvalidPrice [52], StalePrice [53].
        """
        params = self._state.params.get(ctx) or DEFAULT_PARAMS
        price = self.primary(ctx, token, maximise)
        if params.is_secondary_price_enabled:
            price = self._secondary(ctx, params, token, price, maximise)
        if token.is_strict_stable:
            price = formulas.strict_stable(price, params.max_strict_price_deviation, maximise)
        elif token.spread_bps:
            price = formulas.with_spread(price, token.spread_bps, maximise)
        if token.adjustment_bps:
            price = formulas.with_spread(price, token.adjustment_bps, token.is_adjustment_additive)
        if price <= 0:
            raise InvalidPrice(token.token)
        return price

    def primary(self, ctx: Context, token: Token, maximise: bool) -> int:
        """The highest or lowest of the last rounds. Raises [54], [52], [53]."""
        rounds = self._state.rounds.get(ctx, token.market_id) if token.whitelisted else None
        if rounds is None:
            raise NoPriceFeed(token.token)
        params = self._state.params.get(ctx) or DEFAULT_PARAMS
        sample = rounds.prices[-params.price_sample_space :]
        if not sample or min(sample) <= 0:
            raise InvalidPrice(token.token)
        if params.max_price_age and ctx.unix_seconds - rounds.updated_time > params.max_price_age:
            raise StalePrice(token.token)
        return formulas.scaled_price(max(sample) if maximise else min(sample), rounds.exponent)

    def follow(self, ctx: Context, market_id: int) -> None:
        """Makes a market's current price its first round, unless it is followed already. Raises NoPriceFeed [54]."""
        if market_id > U32_MAX or self._state.rounds.has(ctx, market_id):
            return
        market = self._prices.find_market_price(ctx, market_id)
        if market is None:
            raise NoPriceFeed(f"market {market_id}")
        rounds = PriceRounds(
            market_id=market_id,
            exponent=market.exponent,
            prices=(market.price,) if market.price else (),
            updated_time=ctx.unix_seconds,
        )
        self._state.rounds.set(ctx, market_id, rounds)

    def add_rounds(self, ctx: Context) -> None:
        """Takes in the block's price updates: a changed price is a round, an unchanged one is fresh again.

        As many rounds are kept as the largest sample may ask for.
        """
        if not self._state.params.has(ctx):
            return
        for market_id in self._state.updated_markets.keys(ctx):
            rounds, market = self._state.rounds.get(ctx, market_id), self._prices.find_market_price(ctx, market_id)
            if rounds is None or market is None:
                continue
            known = rounds.prices
            if not known or known[-1] != market.price:
                known = (*known, market.price)[-MOST_PRICE_SAMPLES:]
            self._state.rounds.set(ctx, market_id, replace(rounds, prices=known, updated_time=ctx.unix_seconds))

    def _secondary(self, ctx: Context, params: Params, token: Token, reference: int, maximise: bool) -> int:
        fast = self._state.keeper_prices.get(ctx, token.token)
        if fast is None or ctx.unix_seconds > fast.time + params.price_duration:
            return formulas.with_spread(reference, params.spread_if_inactive, maximise)
        return formulas.chosen_secondary(reference, fast.price, params.max_deviation_bps, maximise)
