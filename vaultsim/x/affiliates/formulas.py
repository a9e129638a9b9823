"""Pure rules of x/affiliates. Source: dydx-modules §14."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from vaultsim.address import is_bech32
from vaultsim.lib.ints import wrap_u64
from vaultsim.pb.dydxprotocol.affiliates import AffiliateTiers, AffiliateWhitelist
from vaultsim.x.affiliates.errors import DuplicateWhitelisted, InvalidAddress, InvalidTiers, ShareAboveCap

SHARE_CAP_PPM: Final = 500_000


def require_valid_tiers(tiers: AffiliateTiers) -> None:
    """For every tier after the first: share within the cap [7], requirement above the one before [3]."""
    for before, tier in pairwise(tiers.tiers):
        if tier.taker_fee_share_ppm > SHARE_CAP_PPM:
            raise ShareAboveCap(
                f"taker fee share ppm {tier.taker_fee_share_ppm} is greater than the cap {SHARE_CAP_PPM}"
            )
        if tier.req_referred_volume_quote_quantums <= before.req_referred_volume_quote_quantums:
            raise InvalidTiers("volume must be strictly increasing")


def require_valid_whitelist(whitelist: AffiliateWhitelist) -> None:
    """Shares within the cap [7], addresses bech32 [5] and each there once [8]."""
    seen: set[str] = set()
    for tier in whitelist.tiers:
        if tier.taker_fee_share_ppm > SHARE_CAP_PPM:
            raise ShareAboveCap(
                f"taker fee share ppm {tier.taker_fee_share_ppm} is greater than the cap {SHARE_CAP_PPM}"
            )
        for address in tier.addresses:
            if not is_bech32(address):
                raise InvalidAddress(f"address to whitelist: {address}")
            if address in seen:
                raise DuplicateWhitelisted(f"address {address} is duplicated in affiliate whitelist")
            seen.add(address)


def tier_of(tiers: AffiliateTiers, referred_volume_quote_quantums: int, is_overridden: bool) -> tuple[int, int]:
    """(index, taker fee share ppm) of an affiliate; (0, 0) when there are no tiers.

    Overridden affiliates have the top tier, others the last one before the first requirement above their volume
    (at least the first).
    """
    if not tiers.tiers:
        return 0, 0
    index = len(tiers.tiers) - 1 if is_overridden else 0
    if not is_overridden:
        for position, tier in enumerate(tiers.tiers):
            if referred_volume_quote_quantums < tier.req_referred_volume_quote_quantums:
                break
            index = position
    return index, tiers.tiers[index].taker_fee_share_ppm


def attributable_volume(volume_quote_quantums: int, attributed_quote_quantums: int, cap_quote_quantums: int) -> int:
    """What of a fill still counts for the trader's affiliate; a cap of 0 is none. u64 sums wrap."""
    if cap_quote_quantums == 0:
        return volume_quote_quantums
    if attributed_quote_quantums >= cap_quote_quantums:
        return 0
    if wrap_u64(attributed_quote_quantums + volume_quote_quantums) > cap_quote_quantums:
        return cap_quote_quantums - attributed_quote_quantums
    return volume_quote_quantums
