"""Orders of `vaultsim tx`: what the options say, as terms of an order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from vaultsim.cli.arguments import TimeInForceName
from vaultsim.errors import UserError

if TYPE_CHECKING:
    from vaultsim.cli.sending import Session
    from vaultsim.client.markets import Market
    from vaultsim.client.messages import OrderTerms

_IN_FORCE: Final = get_args(TimeInForceName)


def good_til(session: Session, block: int | None, seconds: int | None) -> tuple[int, int]:
    """The block and the unix second that an order is good until; one of them is 0. Raises UserError."""
    if block is not None and seconds is not None:
        raise UserError("--good-til-block is for short-term orders, --long-term for the others; give one of them")
    if seconds is None:
        return block or session.head().height + 10, 0
    return 0, session.head().unix_seconds + seconds


def order_terms(
    market: Market,
    side: str,
    size: str,
    price: str,
    until: tuple[int, int],
    time_in_force: TimeInForceName,
    is_reduce_only: bool,
) -> OrderTerms:
    """The terms of an order; until: see `good_til`. Raises UserError."""
    from vaultsim.client.messages import OrderTerms

    block, seconds = until
    return OrderTerms(
        is_buy=side == "buy",
        base_quantums=market.base_quantums(size),
        subticks=market.subticks(price),
        good_til_block=block,
        good_til_time=seconds,
        time_in_force=_IN_FORCE.index(time_in_force),
        is_reduce_only=is_reduce_only,
    )
