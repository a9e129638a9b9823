"""A perpetual together with its price and liquidity tier. Source: dydx-modules §9.3."""

from __future__ import annotations

from functools import cached_property
from typing import Final, NamedTuple

from vaultsim.lib.maths import pow10
from vaultsim.lib.quantums import QUOTE_CURRENCY_ATOMIC_RESOLUTION
from vaultsim.pb.dydxprotocol.perpetuals import LiquidityTier, Perpetual, PerpetualMarketType
from vaultsim.pb.dydxprotocol.prices import MarketPrice
from vaultsim.x.perpetuals.formulas import net_notional, open_interest_scaled_imf_ppm

CROSS: Final = PerpetualMarketType.PERPETUAL_MARKET_TYPE_CROSS
ISOLATED: Final = PerpetualMarketType.PERPETUAL_MARKET_TYPE_ISOLATED
UNSPECIFIED: Final = PerpetualMarketType.PERPETUAL_MARKET_TYPE_UNSPECIFIED
INSURANCE_FUND: Final = "insurance_fund"


class _Parts(NamedTuple):
    perpetual: Perpetual
    price: MarketPrice
    liquidity_tier: LiquidityTier


class PerpInfo(_Parts):
    """Perpetual, market price and liquidity tier; what follows from them is computed once."""

    @cached_property
    def notional_ratio(self) -> tuple[int, int]:
        """(multiplier, divisor): base quantums to quote quantums, to be truncated toward zero."""
        price = self.price
        power = price.exponent + self.perpetual.params.atomic_resolution - QUOTE_CURRENCY_ATOMIC_RESOLUTION
        return (price.price * pow10(power), 1) if power >= 0 else (price.price, pow10(-power))

    @cached_property
    def scaled_imf_ppm(self) -> int:
        """Initial margin fraction, scaled by the open interest at the oracle price (ppm)."""
        open_interest = net_notional(self.perpetual, self.price, self.perpetual.open_interest)
        return open_interest_scaled_imf_ppm(self.liquidity_tier, open_interest)

    @cached_property
    def is_isolated(self) -> bool:
        """Whether the market has a collateral pool of its own."""
        return self.perpetual.params.market_type == ISOLATED
