"""Pure rules of x/revshare; amounts in quote quantums. Source: dydx-modules §§15.2, 15.5."""

from __future__ import annotations

from typing import Final

from vaultsim.address import is_bech32
from vaultsim.lib.ints import wrap_u32, wrap_u64
from vaultsim.lib.maths import ONE_MILLION, mul_ppm_ceil, mul_ppm_floor
from vaultsim.pb.dydxprotocol.revshare import MarketMapperRevenueShareParams, UnconditionalRevShareConfig
from vaultsim.x.affiliates.formulas import SHARE_CAP_PPM
from vaultsim.x.revshare.errors import (
    InvalidAddress,
    InvalidConfig,
    InvalidSharePpm,
    NothingLeftToShare,
    SharesAboveNetFees,
)
from vaultsim.x.revshare.types import NO_SHARES, FeeSource, Fill, RevenueShare, RevenueShares, ShareKind

AFFILIATE_VOLUME_LIMIT: Final = 50_000_000_000_000
"""30-day taker volume from which on a taker's fees are not shared with an affiliate."""
ROUTER_CAP_PPM: Final = 800_000
SECONDS_A_DAY: Final = 86_400


def require_valid_mapper_params(params: MarketMapperRevenueShareParams) -> None:
    """Address is bech32 [1], share below 10^6 ppm [2]."""
    if not is_bech32(params.address):
        raise InvalidAddress
    if params.revenue_share_ppm >= ONE_MILLION:
        raise InvalidSharePpm


def unconditional_ppm(config: UnconditionalRevShareConfig) -> int:
    """Sum of the unconditional shares (u32)."""
    return wrap_u32(sum(one.share_ppm for one in config.configs))


def require_valid_config(config: UnconditionalRevShareConfig) -> None:
    """Unconditional shares sum up to less than 10^6 ppm [4]."""
    total_ppm = unconditional_ppm(config)
    if total_ppm >= ONE_MILLION:
        raise InvalidConfig(f"total revshare percentage ppm {total_ppm} is greater than 100%")


def are_shares_safe(
    config: UnconditionalRevShareConfig,
    mapper: MarketMapperRevenueShareParams,
    lowest_taker_fee_ppm: int,
    lowest_maker_fee_ppm: int,
) -> bool:
    """Shares leave something, and the lowest fees cover the highest affiliate share (rounded up).

    The sum of the lowest fees is taken as u64: a negative one becomes huge and passes.
    """
    if wrap_u32(unconditional_ppm(config) + mapper.revenue_share_ppm) >= ONE_MILLION:
        return False
    net_fee_ppm = wrap_u64(lowest_taker_fee_ppm + lowest_maker_fee_ppm)
    return net_fee_ppm >= mul_ppm_ceil(lowest_taker_fee_ppm, SHARE_CAP_PPM)


def mapper_expiration(now_seconds: int, valid_days: int) -> int:
    """Unix second until which the mapper of a market created now has a share (u32 days to seconds wrap)."""
    return wrap_u64(now_seconds + wrap_u32(valid_days * SECONDS_A_DAY))


def affiliate_share(
    taker_fee: int, recipient: str, share_ppm: int, revenue_so_far: int, revenue_cap: int
) -> RevenueShare:
    """The affiliate's part of the taker fee, floored, and within the rest of the 30-day cap unless that is 0."""
    amount = mul_ppm_floor(taker_fee, share_ppm)
    if revenue_cap:
        amount = min(amount, revenue_cap - revenue_so_far)
    return RevenueShare(recipient, FeeSource.TAKER_FEE, ShareKind.AFFILIATE, amount, share_ppm)


def router_shares(fill: Fill, taker_ppm: int | None, maker_ppm: int | None) -> tuple[RevenueShare, ...]:
    """The order routers' parts, floored; a side whose ppm is None has none.

    The taker's router shares in min(taker fee, net fee), the maker's in a positive maker fee.
    """
    shares = []
    if taker_ppm is not None:
        base = min(fill.taker_fee, fill.taker_fee + fill.maker_fee)
        amount = mul_ppm_floor(base, taker_ppm)
        shares.append(RevenueShare(fill.taker_router, FeeSource.TAKER_FEE, ShareKind.ORDER_ROUTER, amount, taker_ppm))
    if maker_ppm is not None:
        amount = mul_ppm_floor(max(0, fill.maker_fee), maker_ppm)
        shares.append(RevenueShare(fill.maker_router, FeeSource.MAKER_FEE, ShareKind.ORDER_ROUTER, amount, maker_ppm))
    return tuple(shares)


def remaining_revenue(net_fee: int, first: tuple[RevenueShare, ...]) -> int:
    """What is left of the net fee after affiliate or router shares. Raises NothingLeftToShare [7] unless positive."""
    rest = net_fee - sum(share.quote_quantums for share in first)
    if rest <= 0:
        raise NothingLeftToShare
    return rest


def protocol_share(revenue: int, recipient: str, ppm: int, kind: ShareKind) -> RevenueShare:
    """A part of the net protocol revenue, floored."""
    return RevenueShare(recipient, FeeSource.NET_PROTOCOL_REVENUE, kind, mul_ppm_floor(revenue, ppm), ppm)


def gathered(net_fee: int, first: tuple[RevenueShare, ...], protocol: tuple[RevenueShare, ...]) -> RevenueShares:
    """All shares of a fill. Raises SharesAboveNetFees [6]."""
    shares = first + protocol
    if not shares:
        return NO_SHARES
    affiliate = first[0] if first and first[0].kind == ShareKind.AFFILIATE else None
    found = RevenueShares(shares, affiliate)
    if found.total() > net_fee:
        raise SharesAboveNetFees
    return found
