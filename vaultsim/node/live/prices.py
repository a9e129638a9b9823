"""Where the oracle prices of coming blocks come from, block after block."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from vaultsim.context import Context
from vaultsim.lib.ints import U64_MAX
from vaultsim.x.prices.formulas import is_large_enough_change, min_price_change
from vaultsim.x.prices.keeper import PricesKeeper


class PriceSource(Protocol):
    """A script of prices. What it returns and the chain would not take (unknown markets, too small moves) is left out
    of the block; the price daemon knows it all the same."""

    def prices(self, height: int, time_ns: int, known: Mapping[int, int]) -> Mapping[int, int]:
        """Oracle prices to set in the block `height`, by market; `known` are the present ones."""
        ...

    def capture(self) -> object:
        """Where the script is, for a snapshot; None for one that remembers nothing."""
        ...

    def restore(self, kept: object) -> None:
        """Goes back to where the script was, any number of times."""
        ...


def is_new_price(ctx: Context, keeper: PricesKeeper, market_id: int, price: int) -> bool:
    """Whether a price differs from the market's present one and the chain would take it."""
    present = keeper.find_market_price(ctx, market_id)
    return present is not None and price != present.price and price_refusal(ctx, keeper, market_id, price) is None


def price_refusal(ctx: Context, keeper: PricesKeeper, market_id: int, price: int) -> str | None:
    """Why the chain would not take a price, in one sentence; None when it would, or when it is the present one."""
    param, present = keeper.find_market_param(ctx, market_id), keeper.find_market_price(ctx, market_id)
    if param is None or present is None:
        return f"there is no oracle market {market_id}"
    if not 0 < price <= U64_MAX:
        return f"market {market_id}: {price} is no price; give a whole number from 1 to {U64_MAX}"
    least = min_price_change(present.price, param.min_price_change_ppm)
    if price != present.price and not is_large_enough_change(present.price, price, param.min_price_change_ppm):
        return f"market {market_id}: from {present.price} to {price} is less than the chain's least move, {least}"
    return None
