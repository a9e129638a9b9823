"""Numbers of shares, releases and what positions cost. Source: mm-vault §3 (F1 to F6)."""

from __future__ import annotations

from typing import Final, NamedTuple

from vaultsim.lib.maths import floor_div

VIRTUAL_SHARES: Final = 1_000_000
VIRTUAL_ASSETS: Final = 1_000_000
"""Quote quantums that the virtual shares own; they make the first share cost one."""


def effective_supply(share_supply: int) -> int:
    """F1: all shares with the virtual ones."""
    return share_supply + VIRTUAL_SHARES


def effective_equity(equity: int) -> int:
    """F2: the vault's equity with the virtual assets, in quote quantums."""
    return equity + VIRTUAL_ASSETS


def shares_to_mint(amount: int, share_supply: int, equity: int) -> int:
    """F3: shares for a deposit at the price of the moment, floored; effective equity is positive."""
    return floor_div(effective_supply(share_supply) * amount, effective_equity(equity))


def release_value(shares: int, share_supply: int, equity: int) -> int:
    """F4: quote quantums that shares are worth, floored; the supply is that before they are burnt."""
    return floor_div(effective_equity(equity) * shares, effective_supply(share_supply))


class Position(NamedTuple):
    """Signed base quantums and the signed quote quantums paid for them (negative for a short)."""

    base_quantums: int
    quote_quantums: int


FLAT: Final = Position(0, 0)


def after_fill(position: Position, base_delta: int, quote_paid: int) -> Position:
    """A position after `base_delta` more for which `quote_paid` (signed alike) was paid.

    What is left of a position keeps its average entry price and what opens a new one has that of the fill; both are
    floored, so that the margin which follows is never overstated. Source: mm-vault §6.
    """
    size, cost = position
    left = size + base_delta
    if left == 0:
        return FLAT
    if size == 0 or (size > 0) == (base_delta > 0):
        return Position(left, cost + quote_paid)
    if (left > 0) == (size > 0):
        return Position(left, floor_div(cost * left, size))
    return Position(left, floor_div(quote_paid * left, base_delta))
