"""Pure rules of x/rewards; fees and weights in quote quantums, all floored. Source: dydx-modules §17."""

from __future__ import annotations

from vaultsim.lib.maths import ONE_MILLION, floor_div, mul_ppm_floor
from vaultsim.lib.quantums import quote_to_base_quantums
from vaultsim.pb.dydxprotocol.prices import MarketPrice
from vaultsim.pb.dydxprotocol.rewards import Params
from vaultsim.x.affiliates.formulas import SHARE_CAP_PPM
from vaultsim.x.denoms import require_denom
from vaultsim.x.revshare.formulas import AFFILIATE_VOLUME_LIMIT
from vaultsim.x.revshare.types import FeeSource, Fill, RevenueShares
from vaultsim.x.rewards.errors import InvalidFeeMultiplier, InvalidTreasury


def require_valid_params(params: Params) -> None:
    """Treasury has a name [1001], multiplier up to 10^6 [1002], the denom is well-formed (no code)."""
    if not params.treasury_account:
        raise InvalidTreasury("treasury account cannot have empty name")
    if params.fee_multiplier_ppm > ONE_MILLION:
        raise InvalidFeeMultiplier("FeeMultiplierPpm cannot be greater than 1_000_000 (100%)")
    require_denom(params.denom)


def taker_weight(fill: Fill, shares: RevenueShares, lowest_maker_fee_ppm: int) -> int:
    """The taker's weight: its fee less the highest rebate and affiliate share, less its router's share.

    Of that what is not shared from net protocol revenue. Not positive means no weight.
    """
    rebate = mul_ppm_floor(fill.quote_quantums, min(0, lowest_maker_fee_ppm))
    shares_possible = fill.taker_volume < AFFILIATE_VOLUME_LIMIT
    affiliate = mul_ppm_floor(fill.taker_fee, SHARE_CAP_PPM) if shares_possible else 0
    kept = fill.taker_fee + rebate - affiliate - shares.router_quantums(FeeSource.TAKER_FEE)
    return mul_ppm_floor(kept, _kept_ppm(shares))


def maker_weight(fill: Fill, shares: RevenueShares) -> int:
    """The maker's weight: its fee less its router's share. Not positive means no weight."""
    kept = fill.maker_fee - shares.router_quantums(FeeSource.MAKER_FEE)
    return mul_ppm_floor(kept, _kept_ppm(shares))


def tokens_earned(total_weight: int, params: Params, price: MarketPrice) -> int:
    """Reward tokens worth the multiplied weight, floored; a price of 0 is a chain panic, whatever the weight."""
    tokens_ppm = quote_to_base_quantums(
        total_weight * params.fee_multiplier_ppm, params.denom_exponent, price.price, price.exponent
    )
    return floor_div(tokens_ppm, ONE_MILLION)


def _kept_ppm(shares: RevenueShares) -> int:
    return ONE_MILLION - shares.net_protocol_ppm()
