"""Pure rules of x/vest; times in whole milliseconds since 1970, rounded down."""

from __future__ import annotations

from typing import Final

from vaultsim.errors import ChainError
from vaultsim.lib.maths import floor_div
from vaultsim.pb.dydxprotocol.vest import VestEntry
from vaultsim.x.clock import timestamp_ns
from vaultsim.x.denoms import require_denom
from vaultsim.x.vest.errors import InvalidDenom, InvalidTimes, InvalidTreasury, InvalidVester

NANOSECONDS_PER_MS: Final = 1_000_000


def require_valid_entry(entry: VestEntry) -> None:
    """Both accounts are named [1001], [1002], the denom is well-formed [1003], it starts before it ends [1005]."""
    if not entry.vester_account:
        raise InvalidVester("vester account cannot be empty")
    if not entry.treasury_account:
        raise InvalidTreasury("treasury account cannot be empty")
    try:
        require_denom(entry.denom)
    except ChainError as problem:
        raise InvalidDenom(problem.log) from None
    if timestamp_ns(entry.start_time) >= timestamp_ns(entry.end_time):
        raise InvalidTimes(f"start_time = {entry.start_time}, end_time = {entry.end_time}")


def vested(entry: VestEntry, balance: int, previous_ns: int, now_ns: int) -> int:
    """What of a vester's balance is due, times in ns since 1970.

    The share of the time left that has passed since the previous block (or the start), floored; all of it at the end.
    """
    start, end = _ms(timestamp_ns(entry.start_time)), _ms(timestamp_ns(entry.end_time))
    previous, now = _ms(previous_ns), _ms(now_ns)
    if now <= start or end <= previous:
        return 0
    last = max(start, previous)
    passed, left = now - last, end - last
    return balance if passed >= left else floor_div(balance * passed, left)


def _ms(time_ns: int) -> int:
    return floor_div(time_ns, NANOSECONDS_PER_MS)
