"""Numbers of shares, equity and withdrawals. Ratios are exact (numerator, denominator), not reduced.

Source: dydx-vault §§12 to 14.
"""

from __future__ import annotations

from vaultsim.lib.ints import wrap_u32
from vaultsim.lib.maths import ONE_MILLION, floor_div, trunc_div
from vaultsim.lib.quantums import base_to_quote_quantums
from vaultsim.pb.dydxprotocol.subaccounts import Subaccount
from vaultsim.pb.dydxprotocol.vault import QuotingParams
from vaultsim.x.assets.types import USDC_ASSET_ID
from vaultsim.x.perpetuals.formulas import settle_funding
from vaultsim.x.vault.errors import ZeroSharesToMint
from vaultsim.x.vault.types import Market

Ratio = tuple[int, int]
"""Exact quotient: numerator and positive denominator."""

ZERO: Ratio = (0, 1)


def spread_ppm(params: QuotingParams, min_price_change_ppm: int) -> int:
    """Spread: the minimum, or buffer plus smallest price change, which is a uint32 sum and wraps."""
    floating = wrap_u32(params.spread_buffer_ppm + min_price_change_ppm)
    return floating if floating > params.spread_min_ppm else params.spread_min_ppm


def skew_antiderivative(skew_factor_ppm: int, leverage: Ratio) -> Ratio:
    """k l^2 + k^2 l^3 / 3 for skew factor k and leverage l, exact."""
    numerator, denominator = leverage
    square = numerator * numerator
    value = skew_factor_ppm * square * (3 * ONE_MILLION * denominator + skew_factor_ppm * numerator)
    return value, 3 * ONE_MILLION * ONE_MILLION * denominator * denominator * denominator


def simple_slippage(leverage: Ratio, imf_ppm: int) -> Ratio:
    """Slippage of giving up everything: leverage (not negative) times the base initial margin fraction."""
    return leverage[0] * imf_ppm, leverage[1] * ONE_MILLION


def estimated_slippage(leverage: Ratio, skew_factor_ppm: int, spread: int, shares: int, total_shares: int) -> Ratio:
    """Slippage by the average skew between leverage before and after, for 0 < shares < total_shares, exact."""
    numerator, denominator = leverage
    remaining = total_shares - shares
    posterior = numerator * total_shares, denominator * remaining
    after_n, after_d = skew_antiderivative(skew_factor_ppm, posterior)
    before_n, before_d = skew_antiderivative(skew_factor_ppm, leverage)
    integral_n, integral_d = after_n * before_d - before_n * after_d, after_d * before_d
    sum_n = numerator * integral_d * shares + integral_n * remaining * denominator
    return sum_n * spread, denominator * integral_d * shares * ONE_MILLION


def smaller(first: Ratio, second: Ratio) -> Ratio:
    """The smaller of two ratios."""
    return first if first[0] * second[1] <= second[0] * first[1] else second


def redeemed_from_vault(equity: int, shares: int, total_shares: int, slippage: Ratio) -> int:
    """Part of a vault's equity (quote quantums) that shares redeem after slippage, truncated toward zero."""
    numerator, denominator = slippage
    return trunc_div(equity * shares * (denominator - numerator), total_shares * denominator)


def shares_to_mint(quote_quantums: int, total_shares: int, equity: int) -> int:
    """Shares for a deposit at the current price of a share, truncated; raises ZeroSharesToMint [12]."""
    minted = trunc_div(quote_quantums * total_shares, equity)
    if minted == 0:
        raise ZeroSharesToMint()
    return minted


def open_notional(market: Market, base_quantums: int) -> int:
    """Signed value of base quantums at the oracle price (quote quantums), truncated toward zero."""
    price = market.price
    return base_to_quote_quantums(base_quantums, market.perpetual.params.atomic_resolution, price.price, price.exponent)


def is_in_market_only(subaccount: Subaccount, perpetual_id: int) -> bool:
    """Whether nothing but USDC and at most one position, in this perpetual, is held."""
    assets, positions = subaccount.asset_positions, subaccount.perpetual_positions
    if assets and (len(assets) > 1 or assets[0].asset_id != USDC_ASSET_ID):
        return False
    return not positions or (len(positions) == 1 and positions[0].perpetual_id == perpetual_id)


def equity_in_market(subaccount: Subaccount, market: Market) -> int:
    """Net collateral (quote quantums) of a subaccount that `is_in_market_only`; settled funding is floored."""
    assets, positions = subaccount.asset_positions, subaccount.perpetual_positions
    equity = assets[0].quantums if assets else 0
    if positions:
        position = positions[0]
        quantums = position.quantums
        funding = settle_funding(market.perpetual.funding_index, position.funding_index, quantums)
        equity += floor_div(funding, ONE_MILLION) + open_notional(market, quantums) + position.quote_balance
    return equity
