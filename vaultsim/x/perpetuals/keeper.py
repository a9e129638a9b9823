"""Perpetuals and liquidity tiers: look-up, creation, edit, open interest. Source: dydx-modules §§9.3 to 9.6."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vaultsim.address import module_address
from vaultsim.context import Context
from vaultsim.errors import ChainPanic
from vaultsim.pb.dydxprotocol.perpetuals import (
    FundingPremium,
    LiquidityTier,
    Params,
    Perpetual,
    PerpetualParams,
    PremiumStore,
)
from vaultsim.pb.dydxprotocol.prices import MarketPrice
from vaultsim.pb.runtime import replace
from vaultsim.x.perpetuals import premiums
from vaultsim.x.perpetuals.errors import (
    InvalidMarketType,
    LiquidityTierDoesNotExist,
    MarketDoesNotExist,
    OpenInterestWouldBecomeNegative,
    PerpetualAlreadyExists,
    PerpetualDoesNotExist,
)
from vaultsim.x.perpetuals.formulas import (
    net_notional,
    validate_liquidity_tier,
    validate_params,
    validate_perpetual_params,
)
from vaultsim.x.perpetuals.ports import ClobPort, EpochsPort, PricesPort
from vaultsim.x.perpetuals.state import PerpetualsState
from vaultsim.x.perpetuals.types import CROSS, INSURANCE_FUND, ISOLATED, UNSPECIFIED, PerpInfo

MAX_ID_ATTEMPTS: Final = 1_000


class PerpetualsKeeper:
    """Reads and writes perpetuals. `clob` is bound after both keepers exist."""

    clob: ClobPort

    def __init__(self, state: PerpetualsState, prices: PricesPort, epochs: EpochsPort) -> None:
        self.state = state
        self.prices = prices
        self.epochs = epochs
        # Per perpetual the last info made; used again while its three parts are the very same values.
        self._infos: dict[int, PerpInfo] = {}

    def find(self, ctx: Context, perpetual_id: int) -> Perpetual | None:
        """The perpetual, or None."""
        return self.state.perpetuals.get(ctx, perpetual_id)

    def get(self, ctx: Context, perpetual_id: int) -> Perpetual:
        """The perpetual; raises PerpetualDoesNotExist [1]."""
        perpetual = self.state.perpetuals.get(ctx, perpetual_id)
        if perpetual is None:
            raise PerpetualDoesNotExist(str(perpetual_id))
        return perpetual

    def all(self, ctx: Context) -> list[Perpetual]:
        """Every perpetual by ascending id."""
        return list(self.state.perpetuals.values(ctx))

    def liquidity_tier(self, ctx: Context, tier_id: int) -> LiquidityTier:
        """The tier; raises LiquidityTierDoesNotExist [12]."""
        tier = self.state.liquidity_tiers.get(ctx, tier_id)
        if tier is None:
            raise LiquidityTierDoesNotExist(str(tier_id))
        return tier

    def all_liquidity_tiers(self, ctx: Context) -> list[LiquidityTier]:
        """Every tier by ascending id."""
        return list(self.state.liquidity_tiers.values(ctx))

    def params(self, ctx: Context) -> Params:
        """The module's parameters."""
        return self.state.params.get(ctx) or Params()

    def premium_votes(self, ctx: Context) -> PremiumStore:
        """Votes since the last sample."""
        return self.state.premium_votes.get(ctx) or PremiumStore()

    def premium_samples(self, ctx: Context) -> PremiumStore:
        """Samples since the last funding tick."""
        return self.state.premium_samples.get(ctx) or PremiumStore()

    def info(self, ctx: Context, perpetual_id: int) -> PerpInfo:
        """Perpetual, price and tier; raises [1], [prices 201] or [12]. Source: dydx-modules §9.6."""
        perpetual = self.get(ctx, perpetual_id)
        price = self.prices.market_price(ctx, perpetual.params.market_id)
        return self._info(ctx, perpetual, price)

    def info_for_update(self, ctx: Context, perpetual_id: int) -> PerpInfo:
        """Perpetual, price and tier; raises [1], [2] or [12]. Source: dydx-modules §10.6."""
        perpetual, price = self.perpetual_and_price(ctx, perpetual_id)
        return self._info(ctx, perpetual, price)

    def infos_for_update(self, ctx: Context, perpetual_ids: Sequence[int]) -> dict[int, PerpInfo]:
        """`info_for_update` of several perpetuals; each tier is read once, as gas shows."""
        infos: dict[int, PerpInfo] = {}
        tiers: dict[int, LiquidityTier] = {}
        for perpetual_id in perpetual_ids:
            perpetual, price = self.perpetual_and_price(ctx, perpetual_id)
            tier_id = perpetual.params.liquidity_tier
            tier = tiers.get(tier_id)
            if tier is None:
                tier = tiers[tier_id] = self.liquidity_tier(ctx, tier_id)
            infos[perpetual_id] = self._info_with_tier(perpetual, price, tier)
        return infos

    def perpetual_and_price(self, ctx: Context, perpetual_id: int) -> tuple[Perpetual, MarketPrice]:
        """Perpetual and price; raises PerpetualDoesNotExist [1] or MarketDoesNotExist [2]."""
        perpetual = self.get(ctx, perpetual_id)
        price = self.prices.find_market_price(ctx, perpetual.params.market_id)
        if price is None:
            raise MarketDoesNotExist(f"market {perpetual.params.market_id} of perpetual {perpetual_id}")
        return perpetual, price

    def net_notional(self, priced: tuple[Perpetual, MarketPrice] | PerpInfo, quantums: int) -> int:
        """Signed value of base quantums at the oracle price, in quote quantums, truncated toward zero."""
        return net_notional(priced[0], priced[1], quantums)

    def is_isolated(self, ctx: Context, perpetual_id: int) -> bool:
        """Whether the market is isolated; raises PerpetualDoesNotExist [1]."""
        return self.get(ctx, perpetual_id).params.market_type == ISOLATED

    def insurance_fund_name(self, perpetual: Perpetual) -> str:
        """Name of the insurance fund behind a perpetual; another market type is a chain panic. Source: §9.6."""
        market_type = perpetual.params.market_type
        if market_type == CROSS:
            return INSURANCE_FUND
        if market_type == ISOLATED:
            return f"{INSURANCE_FUND}:{perpetual.params.id}"
        raise ChainPanic(f"invalid market type {market_type} for perpetual {perpetual.params.id}")

    def insurance_fund_address(self, ctx: Context, perpetual_id: int) -> bytes:
        """Address of the insurance fund; raises PerpetualDoesNotExist [1]."""
        return module_address(self.insurance_fund_name(self.get(ctx, perpetual_id)))

    def modify_open_interest(self, ctx: Context, perpetual_id: int, delta: int) -> None:
        """Adds base quantums to the open interest; raises [1], or [25] when it would become negative."""
        if delta == 0:
            return
        perpetual = self.get(ctx, perpetual_id)
        open_interest = perpetual.open_interest + delta
        if open_interest < 0:
            raise OpenInterestWouldBecomeNegative(f"perpetual {perpetual_id}: {open_interest}")
        self.state.perpetuals.set(ctx, perpetual_id, replace(perpetual, open_interest=open_interest))

    def set_open_interest(self, ctx: Context, perpetual_id: int, base_quantums: int) -> None:
        """Sets the open interest; raises [1], or [25] for a negative one."""
        self.modify_open_interest(ctx, perpetual_id, base_quantums - self.get(ctx, perpetual_id).open_interest)

    def next_perpetual_id(self, ctx: Context) -> int:
        """The id from which the next free one is looked for."""
        return self.state.next_perpetual_id.get(ctx) or 0

    def acquire_next_id(self, ctx: Context) -> int:
        """The next free perpetual id, which is used up by this; a chain panic after 1 000 taken ids."""
        perpetual_id = self.next_perpetual_id(ctx)
        for _ in range(MAX_ID_ATTEMPTS):
            if self.find(ctx, perpetual_id) is None:
                self.state.next_perpetual_id.set(ctx, perpetual_id + 1)
                return perpetual_id
            perpetual_id += 1
        raise ChainPanic("no free perpetual id found")

    def create(self, ctx: Context, params: PerpetualParams) -> Perpetual:
        """Stores a new perpetual and drops all premium votes and samples of every market.

        Raises [17], [23], [6], [5], [prices 201] or [12]. Source: dydx-modules §9.4.
        """
        if self.state.perpetuals.has(ctx, params.id):
            raise PerpetualAlreadyExists(str(params.id))
        perpetual = Perpetual(params=params, funding_index=0, open_interest=0)
        self.validate_and_set(ctx, perpetual)
        premiums.reset(ctx, self.state.premium_samples)
        premiums.reset(ctx, self.state.premium_votes)
        return perpetual

    def modify(self, ctx: Context, params: PerpetualParams) -> Perpetual:
        """Overwrites ticker, market, default funding and tier; atomic resolution and market type stay.

        Raises [1] and what validation raises. Source: dydx-modules §9.4.
        """
        old = self.get(ctx, params.id)
        kept = replace(params, atomic_resolution=old.params.atomic_resolution, market_type=old.params.market_type)
        perpetual = replace(old, params=kept)
        self.validate_and_set(ctx, perpetual)
        return perpetual

    def set_market_type(self, ctx: Context, perpetual_id: int, market_type: int) -> Perpetual:
        """Changes an isolated perpetual's market type; raises [23] or [1]. Source: dydx-modules §9.4."""
        if market_type == UNSPECIFIED:
            raise InvalidMarketType(f"perpetual {perpetual_id}: unspecified")
        old = self.get(ctx, perpetual_id)
        if old.params.market_type == CROSS:
            raise InvalidMarketType(f"perpetual {perpetual_id} is cross already")
        perpetual = replace(old, params=replace(old.params, market_type=market_type))
        self.validate_and_set(ctx, perpetual)
        return perpetual

    def validate_and_set(self, ctx: Context, perpetual: Perpetual) -> None:
        """Stores a perpetual; raises [23], [6], [5], [prices 201] or [12]."""
        validate_perpetual_params(perpetual.params)
        self.prices.market_price(ctx, perpetual.params.market_id)
        if not self.state.liquidity_tiers.has(ctx, perpetual.params.liquidity_tier):
            raise LiquidityTierDoesNotExist(str(perpetual.params.liquidity_tier))
        self.state.perpetuals.set(ctx, perpetual.params.id, perpetual)

    def set_liquidity_tier(self, ctx: Context, tier: LiquidityTier) -> None:
        """Stores a tier without its deprecated base position notional; raises [3], [4], [16] or [24]."""
        validate_liquidity_tier(tier)
        self.state.liquidity_tiers.set(ctx, tier.id, replace(tier, base_position_notional=0))

    def set_params(self, ctx: Context, params: Params) -> None:
        """Stores the parameters; raises [14], [15] or [22]."""
        validate_params(params)
        self.state.params.set(ctx, params)

    def validate_premium_votes(self, ctx: Context, votes: Sequence[FundingPremium]) -> None:
        """Raises [1], [clob 19], [clob 8], [18] or [10] for the first vote that is refused."""
        premiums.validate_votes(self, ctx, votes)

    def add_premium_votes(self, ctx: Context, votes: Sequence[FundingPremium]) -> None:
        """Counts one round of votes, also an empty one."""
        premiums.append(ctx, self.state.premium_votes, votes)

    def _info(self, ctx: Context, perpetual: Perpetual, price: MarketPrice) -> PerpInfo:
        return self._info_with_tier(perpetual, price, self.liquidity_tier(ctx, perpetual.params.liquidity_tier))

    def _info_with_tier(self, perpetual: Perpetual, price: MarketPrice, tier: LiquidityTier) -> PerpInfo:
        params = perpetual.params
        known = self._infos.get(params.id)
        if known is not None and known[0] is perpetual and known[1] is price and known[2] is tier:
            return known
        info = self._infos[params.id] = PerpInfo(perpetual, price, tier)
        return info
