"""Numbers and texts of x/prices."""

from __future__ import annotations

from typing import Final

from vaultsim.errors import ChainError
from vaultsim.lib.maths import mul_ppm_floor, must_u64
from vaultsim.pb.dydxprotocol.prices import MarketParam, MarketPrice
from vaultsim.x.prices.errors import InvalidInput

MAX_PRICE_CHANGE_PPM: Final = 10_000
MAX_PAIR_SIDE_BYTES: Final = 256
DEFI_ASSET_PARTS: Final = 3


def validate_param(param: MarketParam) -> None:
    """Raises InvalidInput [1] for an empty pair or a least price change outside 1 … 9 999 ppm. Source: §8.3."""
    if not param.pair:
        raise InvalidInput("Pair cannot be empty")
    if not 0 < param.min_price_change_ppm < MAX_PRICE_CHANGE_PPM:
        raise InvalidInput(f"min_price_change_ppm {param.min_price_change_ppm} is not in 1 … 9999")


def validate_price_of_param(param: MarketParam, price: MarketPrice) -> None:
    """Raises InvalidInput [1] when the ids differ."""
    if param.id != price.id:
        raise InvalidInput(f"market param id {param.id} and market price id {price.id} differ")


def currency_pair(pair: str) -> str:
    """Currency pair "BASE/QUOTE" of the market pair "base-quote".

    Raises ChainError (without a code) unless there is exactly one dash with valid sides. Source: dydx-modules §8.3.
    """
    sides = pair.split("-")
    if len(sides) != 2:
        raise ChainError(f"incorrectly formatted currency pair: {pair}")
    base, quote = sides[0].upper(), sides[1].upper()
    for side in (base, quote):
        if not side:
            raise ChainError(f"empty side in currency pair {pair}")
        if len(side.encode("utf-8", "surrogateescape")) > MAX_PAIR_SIDE_BYTES:
            raise ChainError(f"side of more than {MAX_PAIR_SIDE_BYTES} bytes in currency pair {pair}")
        if "," in side and len(side.split(",")) != DEFI_ASSET_PARTS:
            raise ChainError(f"a side with commas must be token,address,chain in currency pair {pair}")
    return f"{base}/{quote}"


def min_price_change(old_price: int, min_price_change_ppm: int) -> int:
    """Least change of a price that may be published, floored (0 for small prices). Source: dydx-modules §8.4."""
    return must_u64(mul_ppm_floor(old_price, min_price_change_ppm))


def is_large_enough_change(old_price: int, new_price: int, min_price_change_ppm: int) -> bool:
    """Whether the new price may be published. Source: dydx-modules §8.4."""
    return abs(new_price - old_price) >= min_price_change(old_price, min_price_change_ppm)
